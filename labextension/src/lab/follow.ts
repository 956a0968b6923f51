/** Tells the model which notebook or console is the current one, what its kernel does, and when a cell has been run. */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { ConsolePanel, IConsoleTracker } from '@jupyterlab/console';
import { type INotebookTracker, type NotebookPanel, NotebookActions } from '@jupyterlab/notebook';
import type { Widget } from '@lumino/widgets';
import type { Model } from '../model';

/** Milliseconds after which a session that began no kernel has none. */
const PATIENCE = 2000;

/** The current notebook or console, with its session. */
export type Current =
  | { kind: 'notebook'; widget: NotebookPanel; session: ISessionContext }
  | { kind: 'console'; widget: ConsolePanel; session: ISessionContext };

export class Follower {
  constructor(
    private readonly _model: Model,
    private readonly _notebooks: INotebookTracker | null,
    private readonly _consoles: IConsoleTracker | null
  ) {
    _notebooks?.currentChanged.connect(this._onNotebook, this);
    _consoles?.currentChanged.connect(this._onConsole, this);
    NotebookActions.executed.connect(this._onExecuted, this);
    this._onNotebook();
    if (this._current === null) {
      this._onConsole();
    }
  }

  get current(): Current | null {
    return this._current;
  }

  private _onNotebook(): void {
    const widget = this._notebooks?.currentWidget ?? null;
    if (widget) {
      this._attach({ kind: 'notebook', widget, session: widget.sessionContext });
    } else if (this._current?.kind === 'notebook') {
      this._detach();
      this._onConsole();
    }
  }

  private _onConsole(): void {
    const widget = this._consoles?.currentWidget ?? null;
    if (widget) {
      this._attach({ kind: 'console', widget, session: widget.sessionContext });
    } else if (this._current?.kind === 'console') {
      this._detach();
      this._onNotebook();
    }
  }

  private _attach(current: Current): void {
    if (current.widget === this._current?.widget) {
      return;
    }
    this._detach();
    this._current = current;
    const { session, widget } = current;
    session.kernelChanged.connect(this._tell, this);
    session.statusChanged.connect(this._tell, this);
    session.sessionChanged.connect(this._tell, this);
    widget.title.changed.connect(this._tell, this);
    widget.disposed.connect(this._onDisposed, this);
    if (current.kind === 'console') {
      current.widget.console.executed.connect(this._onConsoleExecuted, this);
    }
    this._tell();
  }

  private _detach(): void {
    if (this._current === null) {
      return;
    }
    const { session, widget } = this._current;
    session.kernelChanged.disconnect(this._tell, this);
    session.statusChanged.disconnect(this._tell, this);
    session.sessionChanged.disconnect(this._tell, this);
    widget.title.changed.disconnect(this._tell, this);
    widget.disposed.disconnect(this._onDisposed, this);
    if (this._current.kind === 'console') {
      this._current.widget.console.executed.disconnect(this._onConsoleExecuted, this);
    }
    this._current = null;
    this._tell();
  }

  private _onDisposed(widget: Widget): void {
    if (widget === this._current?.widget) {
      this._detach();
      this._onNotebook();
      if (this._current === null) {
        this._onConsole();
      }
    }
  }

  private _onExecuted(
    _: unknown,
    { notebook, cell }: { notebook: unknown; cell: { model: { type: string } } }
  ): void {
    if (
      this._current?.kind === 'notebook' &&
      notebook === this._current.widget.content &&
      cell.model.type === 'code'
    ) {
      this._model.ran(kernelOf(this._current.session));
    }
  }

  private _onConsoleExecuted(): void {
    if (this._current !== null) {
      this._model.ran(kernelOf(this._current.session));
    }
  }

  private _tell(): void {
    clearTimeout(this._timer);
    const current = this._current;
    if (current && kernelless(current.session)) {
      this._timer = setTimeout(() => this._follow('unknown'), PATIENCE);
    }
    this._follow(current?.session.kernelDisplayStatus ?? '');
  }

  private _follow(status: string): void {
    const current = this._current;
    if (current?.widget.isDisposed) {
      return;
    }
    this._model.follow(
      current && {
        kind: current.kind,
        title: current.widget.title.label,
        kernel: kernelOf(current.session),
        status
      }
    );
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;

  private _current: Current | null = null;
}

/**
 * Whether nothing is on its way to become a kernel. Its status stays `initializing` where the user has chosen to have none, of
 * which nothing is told; but at first it is so for a moment everywhere.
 */
function kernelless(session: ISessionContext): boolean {
  return session.kernelDisplayStatus === 'initializing' && session.hasNoKernel;
}

function kernelOf(session: ISessionContext): string | null {
  return session.session?.kernel?.id ?? null;
}
