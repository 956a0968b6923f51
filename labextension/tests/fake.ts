/** A server that answers what a test puts in its mouth, when the test wants it to. */
import type { Server } from '../src/server';
import type { Job, JobRequest, KernelReport } from '../src/wire/types';

export interface Asked {
  what: string;
  signal?: AbortSignal;
  answer: (told: unknown) => Promise<void>;
  refuse: (error: Error) => Promise<void>;
}

export class Fake {
  readonly asked: Asked[] = [];

  /** What has been asked, in words. */
  get log(): string[] {
    return this.asked.map(each => each.what);
  }

  get last(): Asked {
    return this.asked[this.asked.length - 1];
  }

  readonly server: Server = {
    status: () => this._ask('status'),
    report: (kernel, { live, fresh }, signal) =>
      this._ask<KernelReport>([kernel, live && 'live', fresh && 'fresh'].filter(Boolean).join(' '), signal),
    timeline: (kernel, signal) => this._ask(`${kernel} timeline`, signal),
    cuda: (kernel, signal) => this._ask(`${kernel} cuda`, signal),
    undo: (kernel, signal) => this._ask(`${kernel} undo`, signal),
    installs: (kernel, cells, ways, signal) =>
      this._ask(
        [kernel, 'installs', ...cells.map(cell => cell.id), ways && 'ways'].filter(Boolean).join(' '),
        signal
      ),
    rule: id => this._ask(`rule ${id}`),
    begin: (request: JobRequest) => this._ask<Job>(`begin ${request.job}`),
    job: (id, signal) => this._ask<Job>(`job ${id}`, signal),
    cancel: id => this._ask<Job>(`cancel ${id}`)
  };

  private _ask<T>(what: string, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = async () => {
        for (let turn = 0; turn < 10; turn++) {
          await Promise.resolve();
        }
      };
      this.asked.push({
        what,
        signal,
        answer: told => {
          resolve(told as T);
          return settle();
        },
        refuse: error => {
          reject(error);
          return settle();
        }
      });
      signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
  }
}

export function job(state: Job['state'], more: Partial<Job> = {}): Job {
  return {
    schema: 1,
    kind: 'job',
    id: 'j',
    job: 'forecast',
    state,
    progress: { says: null, done: null, of: null },
    result: null,
    error: null,
    environment_id: '0123456789abcdef',
    ...more
  };
}
