/** One job of the server, begun by a click: asked for, followed to its end, cancelled. */
import { Signal } from '@lumino/signaling';
import { asFailure, type Failure, type Server } from './server';
import type { Job, JobRequest, Text } from './wire/types';

const PATIENCE = 5; // requests in a row that may fail before a job is given up
const PAUSE = 1000;

export class Task {
  constructor(private readonly server: Server) {}

  /** Whenever anything below has changed. */
  readonly changed = new Signal<this, void>(this);
  job: Job | null = null;
  failure: Failure | null = null;

  /** Whether the job has been asked for and has not come to its end. */
  get running(): boolean {
    return this._asking || this.job?.state === 'queued' || this.job?.state === 'running';
  }

  /** A job that has been followed to its end, or given up: `patience` is for the first answer, and for the end. */
  static async ended(
    server: Server,
    request: JobRequest,
    patience?: { answer: number; end: number }
  ): Promise<Task> {
    const task = new Task(server);
    const timers: ReturnType<typeof setTimeout>[] = [];
    const late = new Promise<void>(resolve => {
      if (patience !== undefined) {
        timers.push(
          setTimeout(() => task.job === null && resolve(), patience.answer),
          setTimeout(resolve, patience.end)
        );
      }
    });
    await Promise.race([task.start(request), late]);
    timers.forEach(clearTimeout);
    if (task.running) {
      task.clear();
    }
    task.dispose();
    return task;
  }

  /** What came of the job; null before its end, and if it has failed. */
  get result(): Job['result'] {
    return this.job?.state === 'done' ? this.job.result : null;
  }

  /** Why it has failed or was refused; null if it was not, or without a reason. */
  get why(): Text | null {
    return this.failure?.says ?? this.job?.error ?? null;
  }

  /** Begins a job in place of the last one, and resolves at its end. */
  async start(request: JobRequest): Promise<void> {
    this._stop();
    const leave = new AbortController();
    this._leave = leave;
    this._asking = true;
    this.job = this.failure = null;
    this.changed.emit();
    try {
      const job = await this.server.begin(request);
      if (leave.signal.aborted) {
        void this.server.cancel(job.id).catch(() => undefined);
        return;
      }
      this._asking = false;
      this._take(job);
      await this._follow(job.id, leave.signal);
    } catch (thrown) {
      this._fail(thrown, leave.signal);
    }
  }

  async cancel(): Promise<void> {
    const id = this.job?.id;
    if (id === undefined || !this.running) {
      return this.clear();
    }
    try {
      this._take(await this.server.cancel(id));
    } catch (thrown) {
      this._fail(thrown);
    }
  }

  /** Forgets the job; one that may still run is cancelled. */
  clear(): void {
    const id = this.running ? this.job?.id : undefined;
    this._stop();
    this.job = this.failure = null;
    this.changed.emit();
    if (id !== undefined) {
      void this.server.cancel(id).catch(() => undefined);
    }
  }

  /** Follows the job no longer, and leaves it alone. */
  dispose(): void {
    this._stop();
    Signal.clearData(this);
  }

  private async _follow(id: string, signal: AbortSignal): Promise<void> {
    for (let failed = 0; this.running && !signal.aborted;) {
      try {
        const job = await this.server.job(id, signal);
        failed = 0;
        if (!signal.aborted) {
          this._take(job);
        }
      } catch (thrown) {
        failed += 1;
        if (signal.aborted || asFailure(thrown).kind !== 'unreachable' || failed > PATIENCE) {
          throw thrown;
        }
        await new Promise(resolve => setTimeout(resolve, PAUSE));
      }
    }
  }

  private _take(job: Job): void {
    this.job = job;
    this.changed.emit();
  }

  private _fail(thrown: unknown, signal?: AbortSignal): void {
    if (signal?.aborted) {
      return;
    }
    this._stop();
    this.job = null;
    this.failure = asFailure(thrown);
    this.changed.emit();
  }

  private _stop(): void {
    this._leave?.abort();
    this._leave = null;
    this._asking = false;
  }

  private _leave: AbortController | null = null;
  private _asking = false;
}
