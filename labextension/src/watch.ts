/**
 * What is known of one kernel, and when it is asked for again.
 *
 * The files are looked at first, since that takes no time and no kernel; then the running process. Each look takes the
 * place of the one before, and each kernel has its own watch: an answer that comes late shows nothing wrong.
 */
import { Signal } from '@lumino/signaling';
import { Part } from './part';
import { asFailure, type Failure, type Server } from './server';
import { Task } from './task';
import type { EnvguardCuda, EnvguardTimeline, JobRequest, KernelReport, UndoList } from './wire/types';

/** How long a kernel must have been idle before it is asked: it is idle between two cells of a run, too. */
export const SETTLED = 600;
/** After how long a kernel that was busy or restarted is asked although nothing tells that it is idle; longer each time. */
export const PATIENCE = 5_000;
const LONGEST = 60_000;

export class Watch {
  constructor(
    readonly kernel: string,
    private readonly _server: Server
  ) {
    const changed = () => this.changed.emit();
    this.timeline = new Part(signal => _server.timeline(kernel, signal), changed);
    this.cuda = new Part(signal => _server.cuda(kernel, signal), changed);
    this.undo = new Part(signal => _server.undo(kernel, signal), changed);
    this.forecast = new Task(_server);
    this.plan = new Task(_server);
    this.undoing = new Task(_server);
    for (const task of [this.forecast, this.plan, this.undoing]) {
      task.changed.connect(changed);
    }
  }

  /** Whenever anything below has changed. */
  readonly changed = new Signal<this, void>(this);
  answer: KernelReport | null = null;
  failure: Failure | null = null;
  /** disk: the files are being looked at; live: the kernel is being asked, too. */
  asking: 'disk' | 'live' | null = null;
  readonly timeline: Part<EnvguardTimeline>;
  readonly cuda: Part<EnvguardCuda>;
  readonly undo: Part<UndoList>;
  readonly forecast: Task;
  readonly plan: Task;
  readonly undoing: Task;

  /** Looks at the files and then at the process; `fresh`: at both anew. */
  look(fresh = false): Promise<void> {
    return this._turn(fresh ? 'live' : 'disk', async (ask, take) => {
      const answer = await ask({ fresh, live: fresh });
      take(answer);
      if (answer.state === 'disk') {
        this.asking = 'live';
        this.changed.emit();
        take(await ask({ live: true }));
      }
    });
  }

  /** Looks whether anything has changed, and shows nothing before it is known what. */
  glance(): Promise<void> {
    if (this.answer === null) {
      return this.look();
    }
    return this._turn(null, async (ask, take) => {
      const answer = await ask({});
      take(answer.state === 'disk' ? await ask({ live: true }) : answer);
    });
  }

  /** The kernel has become idle, or another status. */
  heard(status: string): void {
    this._status = status;
    if (status === 'restarting' || status === 'autorestarting') {
      this._restarted = true;
      this._later(PATIENCE); // one that died by itself may be idle without anybody's hearing of it
    } else if (status === 'dead' && this.answer !== null) {
      void this.look();
    } else if (status === 'idle' && (this._restarted || this.answer?.state === 'busy')) {
      this._later(SETTLED);
    } else if (status === 'busy') {
      this._later(null);
    }
  }

  /** Takes an install back, and looks what has become of it. */
  async takeBack(checkpoint: string): Promise<void> {
    await this.undoing.start(this._request({ job: 'undo', checkpoint }));
    if (this.undoing.job?.state !== 'cancelled') {
      this.undo.expire();
      this.undo.want();
      await this.look(true);
    }
  }

  /** What taking an install back would do. */
  async planUndo(checkpoint: string): Promise<void> {
    this.undoing.clear();
    await this.plan.start(this._request({ job: 'undo-plan', checkpoint }));
  }

  /** What a command would do. */
  foretell(command: string): Promise<void> {
    return this.forecast.start(this._request({ job: 'forecast', command }));
  }

  /** Nobody looks at this kernel any more: what was asked is not waited for. */
  leave(): void {
    this._leave?.abort();
    this._leave = null;
    this.asking = null;
    this._later(null);
  }

  dispose(): void {
    this.leave();
    [this.forecast, this.plan, this.undoing].forEach(task => task.dispose());
    Signal.clearData(this);
  }

  private async _turn(
    asking: Watch['asking'],
    go: (
      ask: (how: { live?: boolean; fresh?: boolean }) => Promise<KernelReport>,
      take: (answer: KernelReport) => void
    ) => Promise<void>
  ): Promise<void> {
    this.leave();
    const { signal } = (this._leave = new AbortController());
    const current = <T>(value: T): T => {
      if (signal.aborted) {
        throw new DOMException('another look has taken the place of this one', 'AbortError');
      }
      return value;
    };
    if (asking !== null) {
      this.asking = asking;
      this.changed.emit();
    }
    try {
      await go(
        async how => current(await this._server.report(this.kernel, how, signal)),
        answer => this._take(answer)
      );
    } catch (thrown) {
      if (!signal.aborted) {
        this.failure = asFailure(thrown);
      }
    }
    if (!signal.aborted) {
      this._leave = null;
      this.asking = null;
      this._waitForIdle();
      this.changed.emit();
    }
  }

  /** Plans to ask a kernel again that was busy; while JupyterLab knows it to be, it tells when it is idle. */
  private _waitForIdle(): void {
    if (this.answer?.state !== 'busy') {
      this._patience = PATIENCE;
    } else if (this._status !== 'busy') {
      this._later(this._patience);
      this._patience = Math.min(2 * this._patience, LONGEST);
    }
  }

  /** Looks after a while, in place of what was planned before; null: not at all. */
  private _later(pause: number | null): void {
    if (this._timer !== null) {
      clearTimeout(this._timer);
      this._timer = null;
    }
    if (pause !== null) {
      this._timer = setTimeout(() => {
        this._timer = null;
        this._restarted = false;
        void this.look();
      }, pause);
    }
  }

  private _take(answer: KernelReport): void {
    if (answer.stamp !== this.answer?.stamp) {
      [this.timeline, this.cuda, this.undo].forEach(part => part.expire());
    }
    this.failure = null;
    this.answer = answer;
    this.changed.emit();
  }

  private _request(job: Omit<JobRequest, 'kernel'>): JobRequest {
    return { ...job, kernel: this.kernel };
  }

  private _leave: AbortController | null = null;
  private _timer: ReturnType<typeof setTimeout> | null = null;
  private _status = '';
  private _restarted = false;
  private _patience = PATIENCE;
}
