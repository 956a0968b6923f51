/**
 * What the panel and the status bar show: the notebook or console that is followed, and what is known of its kernel.
 *
 * Nothing is asked of the server before there is a kernel to ask about and somebody who looks.
 */
import { Signal } from '@lumino/signaling';
import { asFailure, type Failure, type Server } from './server';
import { Watch } from './watch';
import type { RulePage, ServerStatus } from './wire/types';

/** A notebook or console. */
export interface Subject {
  kind: 'notebook' | 'console';
  /** The name of its file or tab. */
  title: string;
  /** The id of its kernel; null while there is none. */
  kernel: string | null;
  /** What JupyterLab says of the kernel: idle, busy, starting, dead … */
  status: string;
}

/** How many kernels are remembered, for a quick return to their notebooks. */
const REMEMBERED = 8;

export class Model {
  constructor(private readonly _server: Server) {}

  /** Whenever anything below has changed. */
  readonly changed = new Signal<this, void>(this);
  subject: Subject | null = null;
  /** What is known of its kernel; null where there is none. */
  watch: Watch | null = null;
  /** What the server offers; null until it has said so. */
  offers: ServerStatus | null = null;
  /** Whether a cell that was run is a reason to look. */
  afterCells = true;

  /** Follows another notebook or console, or the same one with another kernel or another status. */
  follow(subject: Subject | null): void {
    const before = this.subject;
    this.subject = subject;
    const kernel = subject?.kernel ?? null;
    if (kernel !== (this.watch?.kernel ?? null)) {
      this.watch?.leave();
      this.watch = kernel === null ? null : this._remember(kernel);
      this.watch?.heard(subject?.status ?? '');
      this._look();
    } else if (subject && subject.status !== before?.status) {
      this.watch?.heard(subject.status);
    }
    this.changed.emit();
  }

  /** Whether anybody looks: a panel in sight, or the item in the status bar. */
  set watched(watched: boolean) {
    if (watched !== this._watched) {
      this._watched = watched;
      this._look();
    }
  }

  /** A cell has been run to its end in a kernel. */
  ran(kernel: string | null): void {
    if (this.afterCells && this._watched && this.watch !== null && this.watch.kernel === kernel) {
      void this.watch.glance();
    }
  }

  refresh(): void {
    if (this.watch !== null) {
      this._ask();
      void this.watch.look(true);
    }
  }

  /** The page of a rule; each is fetched once. */
  rule(id: string): Promise<RulePage> {
    const known = this._rules.get(id);
    if (known) {
      return known;
    }
    const asked = this._server.rule(id).catch((thrown: unknown): never => {
      this._rules.delete(id);
      throw asFailure(thrown) satisfies Failure;
    });
    this._rules.set(id, asked);
    return asked;
  }

  dispose(): void {
    this._watches.forEach(watch => watch.dispose());
    Signal.clearData(this);
  }

  private _look(): void {
    if (!this._watched || this.watch === null) {
      return;
    }
    this._ask();
    void this.watch.glance();
  }

  private _ask(): void {
    if (this.offers === null && !this._asking) {
      this._asking = true;
      this._server
        .status()
        .then(
          offers => {
            this.offers = offers;
            this.changed.emit();
          },
          () => undefined // the report is refused for the same reason, which the panel tells
        )
        .finally(() => {
          this._asking = false;
        });
    }
  }

  private _remember(kernel: string): Watch {
    const known = this._watches.get(kernel);
    const watch = known ?? new Watch(kernel, this._server);
    if (!known) {
      watch.changed.connect(() => {
        if (watch === this.watch) {
          this.changed.emit();
        }
      });
    }
    this._watches.delete(kernel);
    this._watches.set(kernel, watch); // the last one is the newest
    for (const [id, old] of this._watches) {
      if (this._watches.size <= REMEMBERED) {
        break;
      }
      if (!old.undoing.running) {
        this._watches.delete(id);
        old.dispose();
      }
    }
    return watch;
  }

  private _watched = false;
  private _asking = false;
  private readonly _watches = new Map<string, Watch>();
  private readonly _rules = new Map<string, Promise<RulePage>>();
}
