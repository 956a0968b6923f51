/**
 * The plugins through which cells go on their way to the kernel.
 *
 * There can be one provider of each token. JupyterLab takes the one that is registered last, and it registers extensions
 * after its own plugins: so ours takes the place of JupyterLab's without disabling it, and a user who disables ours has
 * JupyterLab's again, not a notebook in which nothing runs. Another extension that provides an executor disables
 * JupyterLab's, as its documentation says; then ours stands back, whichever of the two is registered last.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { CodeCell } from '@jupyterlab/cells';
import { ConsolePanel, IConsoleCellExecutor, runCell as runInConsole } from '@jupyterlab/console';
import { PageConfig } from '@jupyterlab/coreutils';
import { INotebookCellExecutor, NotebookPanel, runCell as runInNotebook } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { Widget } from '@lumino/widgets';
import type { Cell } from './cell';
import { IInstalls } from './token';

const AREAS = ['main', 'down', 'left', 'right'];

const notebookExecutor: JupyterFrontEndPlugin<INotebookCellExecutor> = {
  id: '@jupyter-envguard/labextension:notebook-executor',
  description: 'Looks at the cells of notebooks that install something before they run.',
  autoStart: true,
  provides: unlessReplaced('@jupyterlab/notebook-extension:cell-executor', INotebookCellExecutor),
  optional: [IInstalls],
  activate: (app: JupyterFrontEnd, installs: IInstalls | null): INotebookCellExecutor =>
    Object.freeze({
      runCell: (options: INotebookCellExecutor.IRunCellOptions) => {
        const kernel = kernelOf(options);
        return installs === null || kernel === null || options.cell.model.type !== 'code'
          ? runInNotebook(options)
          : installs.pass(inNotebook(app, options, kernel));
      }
    })
};

const consoleExecutor: JupyterFrontEndPlugin<IConsoleCellExecutor> = {
  id: '@jupyter-envguard/labextension:console-executor',
  description: 'Looks at what is typed into consoles and installs something before it runs.',
  autoStart: true,
  provides: unlessReplaced('@jupyterlab/console-extension:cell-executor', IConsoleCellExecutor),
  optional: [IInstalls],
  activate: (app: JupyterFrontEnd, installs: IInstalls | null): IConsoleCellExecutor =>
    Object.freeze({
      runCell: (options: IConsoleCellExecutor.IRunCellOptions) => {
        const kernel = kernelOf(options);
        return installs === null || kernel === null
          ? runInConsole(options)
          : installs.pass(inConsole(app, options, kernel));
      }
    })
};

export const executors: JupyterFrontEndPlugin<unknown>[] = [notebookExecutor, consoleExecutor];

/** A token to provide; none where another extension has disabled JupyterLab's own provider to take its place. */
function unlessReplaced<T>(own: string, token: T): T | undefined {
  return PageConfig.Extension.isDisabled(own) ? undefined : token;
}

/** The kernel that a cell would run in; null where JupyterLab has something to say before it does. */
function kernelOf({
  sessionContext
}: Pick<INotebookCellExecutor.IRunCellOptions, 'sessionContext'>): Kernel.IKernelConnection | null {
  return !sessionContext || sessionContext.isTerminating || sessionContext.pendingInput
    ? null
    : (sessionContext.session?.kernel ?? null);
}

function inNotebook(
  app: JupyterFrontEnd,
  options: INotebookCellExecutor.IRunCellOptions,
  kernel: Kernel.IKernelConnection
): Cell {
  const cell = options.cell as CodeCell;
  const { notebook, sessionContext } = options;
  const panel = () =>
    found(
      app,
      (each): each is NotebookPanel => each instanceof NotebookPanel && each.content.model === notebook
    );
  const place = () =>
    cell.isDisposed ? -1 : notebook.sharedModel.cells.findIndex(each => each === cell.model.sharedModel);
  return {
    ...common(cell, kernel),
    kind: 'notebook',
    path: sessionContext?.session?.path ?? null,
    get source() {
      return sourceOf(cell);
    },
    get isDisposed() {
      return cell.isDisposed;
    },
    get mayFail() {
      const tags: unknown = cell.isDisposed ? null : cell.model.getMetadata('tags');
      return Array.isArray(tags) && tags.includes('raises-exception');
    },
    get number() {
      const at = place();
      return at < 0 ? null : at + 1;
    },
    run: () => runInNotebook(options),
    instead: lines => {
      const at = place() + 1;
      notebook.sharedModel.insertCell(at, {
        cell_type: 'code',
        source: lines.join('\n'),
        metadata: { trusted: true } // it has no output yet
      });
      const content = panel()?.content;
      if (content) {
        content.activeCellIndex = at;
        content.deselectAll();
      }
    },
    forgo: () => undefined,
    show: () => activate(app, panel())
  };
}

function inConsole(
  app: JupyterFrontEnd,
  options: IConsoleCellExecutor.IRunCellOptions,
  kernel: Kernel.IKernelConnection
): Cell {
  const { cell, sessionContext } = options;
  const panel = () =>
    found(
      app,
      (each): each is ConsolePanel => each instanceof ConsolePanel && each.sessionContext === sessionContext
    );
  const write = (source: string, over: boolean) => {
    const prompt = panel()?.console.promptCell?.model.sharedModel;
    if (prompt && (over || !prompt.getSource().trim())) {
      prompt.setSource(source);
    }
  };
  return {
    ...common(cell, kernel),
    kind: 'console',
    path: null,
    mayFail: false,
    number: null,
    get source() {
      return sourceOf(cell);
    },
    get isDisposed() {
      return cell.isDisposed;
    },
    run: () => runInConsole(options),
    instead: lines => write(lines.join('\n'), true),
    forgo: () => write(sourceOf(cell), false),
    show: () => activate(app, panel())
  };
}

function common(
  cell: CodeCell,
  kernel: Kernel.IKernelConnection
): Pick<Cell, 'kernel' | 'id' | 'disposed' | 'wait'> {
  return {
    kernel,
    id: cell.model.id,
    disposed: cell.disposed,
    wait: waits => {
      if (!cell.isDisposed) {
        cell.model.executionState = waits ? 'running' : 'idle';
      }
    }
  };
}

function sourceOf(cell: CodeCell): string {
  return cell.isDisposed ? '' : cell.model.sharedModel.getSource();
}

function found<W extends Widget>(app: JupyterFrontEnd, is: (widget: Widget) => widget is W): W | null {
  for (const area of AREAS) {
    try {
      for (const widget of app.shell.widgets(area)) {
        if (is(widget)) {
          return widget;
        }
      }
    } catch {
      continue; // a shell that has no such area
    }
  }
  return null;
}

function activate(app: JupyterFrontEnd, widget: Widget | null): void {
  if (widget !== null) {
    app.shell.activateById(widget.id);
  }
}
