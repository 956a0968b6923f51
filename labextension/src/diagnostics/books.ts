/** The notebooks and consoles that have an editor, each with what is said of its cells. */
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { ConsolePanel, IConsoleTracker } from '@jupyterlab/console';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Server } from '../server';
import { triggered } from '../trigger';
import type { NotebookCell } from '../wire/types';
import { ignored, own } from './ignored';
import { type Page, Sheet } from './sheet';

const PYTHON = /^text\/x-i?python$/;
const LONGEST = 100_000;
const SETTLED = 400;

/** Whether the cells of a model are Python, as far as is known by now: a new notebook hears it from its kernel. */
export function isPython(model: { mimeType: string }): boolean {
  return PYTHON.test(model.mimeType);
}

/** One notebook or console. */
export interface Book {
  readonly sheet: Sheet;
  /** Whether what is written into a cell's metadata is kept. */
  readonly keeps: boolean;
}

type Widget = NotebookPanel | ConsolePanel;

export class Books {
  /** `enabled` says whether anything is asked at all; `changed` hears of the cells of which something else is said. */
  constructor(
    private readonly _enabled: () => boolean,
    private readonly _server: Pick<Server, 'cells'>,
    private readonly _notebooks: INotebookTracker | null,
    private readonly _consoles: IConsoleTracker | null,
    private readonly _changed: (ids: ReadonlySet<string>) => void
  ) {}

  /** The book that a cell belongs to; null if it is in none that can be seen. */
  of(model: ICodeCellModel): Book | null {
    const notebook = model.sharedModel.notebook;
    const panel =
      notebook !== null
        ? this._notebooks?.find(each => each.content.model?.sharedModel === notebook)
        : this._consoles?.find(each => each.console.promptCell?.model === model);
    return panel ? this.open(panel) : null;
  }

  /** The book of a widget. */
  open(panel: Widget): Book {
    const known = this._books.get(panel);
    if (known) {
      return known;
    }
    const keeps = 'context' in panel;
    const page = () => {
      if (!this._enabled()) {
        return { kernel: null, cells: [] };
      }
      return keeps ? ofNotebook(panel) : ofConsole(panel);
    };
    const sheet = new Sheet(this._server, page, this._changed);
    const book = { sheet, keeps };
    this._books.set(panel, book);
    this._listen(panel, sheet);
    return book;
  }

  /** What is asked was switched on or off. */
  check(): void {
    for (const { sheet } of this._books.values()) {
      sheet.check();
    }
  }

  private _listen(panel: Widget, sheet: Sheet): void {
    let timer = 0;
    const later = () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => sheet.check(), SETTLED);
    };
    panel.sessionContext.kernelChanged.connect(later);
    if ('context' in panel) {
      panel.content.model?.cells.changed.connect(later);
    } else {
      panel.console.executed.connect(() => sheet.expire());
    }
    panel.disposed.connect(() => {
      window.clearTimeout(timer);
      sheet.dispose();
      this._books.delete(panel);
    });
  }

  private readonly _books = new Map<Widget, Book>();
}

function ofNotebook(panel: NotebookPanel): Page {
  const cells = [...(panel.content.model?.cells ?? [])].map((cell, index) =>
    asked(cell as ICodeCellModel, index)
  );
  return { kernel: kernelOf(panel), cells: cells.filter(cell => cell !== null) };
}

function ofConsole(panel: ConsolePanel): Page {
  const { cells, promptCell } = panel.console;
  const models = [...cells, ...(promptCell ? [promptCell] : [])].map(cell => cell.model as ICodeCellModel);
  return { kernel: kernelOf(panel), cells: models.map(asked).filter(cell => cell !== null) };
}

/** A cell as the server is asked about it; null for one that installs nothing. */
function asked(model: ICodeCellModel, index: number): NotebookCell | null {
  if (model.type !== 'code') {
    return null;
  }
  const source = model.sharedModel.getSource();
  if (source.length > LONGEST || !triggered(source)) {
    return null;
  }
  return { id: model.id, source, number: index + 1, ignored: ignored(own(model)) };
}

function kernelOf(panel: Widget): string | null {
  return panel.sessionContext.session?.kernel?.id ?? null;
}
