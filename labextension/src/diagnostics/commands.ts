/** From remark to remark, and their fixes, by the keyboard. */
import { closeHoverTooltips, EditorView } from '@codemirror/view';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { CodeCell, ICodeCellModel } from '@jupyterlab/cells';
import type { IConsoleTracker } from '@jupyterlab/console';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { Menu } from '@lumino/widgets';
import { say, type Words } from '../language';
import type { CellRemark } from '../wire/types';
import type { Book, Books } from './books';
import { type Apply, fixes, LISTED, type Linting, sentence } from './lint';
import { range } from './places';

/** The command that lists the fixes of a remark. */
export const FIX = 'envguard:fix-remark';

interface Parts {
  books: Books;
  linting: Linting;
  apply: Apply;
  notebooks: INotebookTracker | null;
  consoles: IConsoleTracker | null;
}

/** A cell of the current notebook or console that something is said of. */
interface Spot {
  index: number;
  model: ICodeCellModel;
  remarks: CellRemark[];
  book: Book;
  reveal: () => Promise<void>;
}

export function addCommands(
  app: JupyterFrontEnd,
  palette: ICommandPalette | null,
  trans: Words,
  parts: Parts
): void {
  const { commands } = app;
  const some = () => spots(parts).length > 0;
  commands.addCommand('envguard:next-remark', {
    label: trans.__('Next Remark on an Install'),
    caption: trans.__(
      'Goes to the next command that something is said of, and lists the remarks on its cell'
    ),
    isEnabled: some,
    execute: () => next(parts)
  });
  commands.addCommand(FIX, {
    label: trans.__('Fix the Remark at the Cursor…'),
    caption: trans.__('What can be done about a remark on an install'),
    isEnabled: some,
    execute: () => offer(app, parts, trans)
  });
  commands.addCommand('envguard:apply-fix', {
    label: args => String(args.title ?? ''),
    execute: args => choices.get(Number(args.choice))?.()
  });
  commands.addCommand('envguard:close-remarks', {
    label: trans.__('Close the List of Remarks'),
    isVisible: () => false,
    execute: close
  });
  // JupyterLab takes Escape before the list hears of it
  commands.addKeyBinding({
    command: 'envguard:close-remarks',
    keys: ['Escape'],
    selector: `.cm-editor[${LISTED}]`
  });
  for (const command of ['envguard:next-remark', FIX]) {
    palette?.addItem({ command, category: trans.__('Environment') });
  }
}

/** The keys that run a command, as they are written in the settings of shortcuts; null: none do. */
export function keysOf({ commands }: JupyterFrontEnd, command: string): string | null {
  return commands.keyBindings.find(each => each.command === command)?.keys.join(' ') ?? null;
}

/** What the entries of the open menu do. */
const choices = new Map<number, () => void>();

async function next(parts: Parts): Promise<void> {
  const every = spots(parts);
  const here = current(parts);
  const rest = every.find(each => each.index > here.index) ?? every[0];
  const mine = every.find(each => each.index === here.index);
  const view = mine && parts.linting.view(mine.model);
  if (mine && view && (rest === mine || later(mine, view))) {
    await show(view);
    return;
  }
  if (rest) {
    await rest.reveal();
    const other = parts.linting.view(rest.model);
    if (other) {
      other.dispatch({ selection: { anchor: 0 } });
      await show(other);
    }
  }
}

/** Whether a cell has a remark behind the cursor. */
function later(spot: Spot, view: EditorView): boolean {
  const at = view.state.selection.main;
  const places = spot.remarks.map(each => range(view.state.doc, each)).filter(each => each !== null);
  return (
    places.some(each => each.from > at.from) ||
    (view.hasFocus && places.some(each => each.from === at.from && each.to > at.to))
  );
}

async function show(view: EditorView): Promise<void> {
  view.focus();
  const { nextDiagnostic, openLintPanel } = await import('@codemirror/lint');
  await drawn(); // the notebook gives the focus to the cell that is edited now, and would take it from the list
  nextDiagnostic(view);
  view.dispatch({ effects: closeHoverTooltips }); // newer CodeMirrors open one, which would lie upon the list
  openLintPanel(view);
}

/** When the page has been drawn twice. */
function drawn(): Promise<void> {
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())));
}

async function close(): Promise<void> {
  const editor = document.activeElement?.closest<HTMLElement>('.cm-editor');
  const view = editor ? EditorView.findFromDOM(editor) : null;
  if (view) {
    const { closeLintPanel } = await import('@codemirror/lint');
    closeLintPanel(view);
    view.focus();
  }
}

/** A menu of the fixes at the cursor, or of the cell's first remark. */
function offer(app: JupyterFrontEnd, parts: Parts, trans: Words): void {
  const here = current(parts);
  const spot = spots(parts).find(each => each.index === here.index);
  const view = spot && parts.linting.view(spot.model);
  if (!spot || !view) {
    return;
  }
  const source = view.state.doc.toString();
  const line = view.state.doc.lineAt(view.state.selection.main.head).number;
  const near = spot.remarks.filter(each => each.line <= line && line <= each.end_line);
  const menu = new Menu({ commands: app.commands });
  menu.addClass('jp-eg-Fixes');
  menu.title.label = trans.__('Fixes');
  choices.clear();
  for (const remark of near.length > 0 ? near : spot.remarks.slice(0, 1)) {
    if (choices.size > 0) {
      menu.addItem({ type: 'separator' });
    }
    for (const fix of fixes(remark, spot.book.keeps)) {
      const choice = choices.size;
      choices.set(choice, () => parts.apply(spot.model, view, remark, fix, source));
      menu.addItem({ command: 'envguard:apply-fix', args: { choice, title: say(fix.title, trans) } });
    }
    menu.node.setAttribute('aria-label', sentence(remark, trans));
  }
  const place = view.coordsAtPos(view.state.selection.main.head) ?? view.dom.getBoundingClientRect();
  menu.aboutToClose.connect(() => view.focus());
  menu.open(place.left, place.bottom);
  menu.activateNextItem();
}

function current({ notebooks, consoles }: Parts): { index: number } {
  const notebook = notebooks?.currentWidget ?? null;
  if (notebook && !front(consoles, notebooks)) {
    return { index: notebook.content.activeCellIndex };
  }
  return { index: consoles?.currentWidget?.console.cells.length ?? -1 };
}

/** Whether the console was used last, where there are both. */
function front(consoles: IConsoleTracker | null, notebooks: INotebookTracker | null): boolean {
  const inside = document.activeElement;
  const console = consoles?.currentWidget ?? null;
  return console !== null && (!notebooks?.currentWidget || console.node.contains(inside));
}

function spots(parts: Parts): Spot[] {
  const { books, notebooks, consoles } = parts;
  if (front(consoles, notebooks)) {
    const panel = consoles?.currentWidget;
    const prompt = panel?.console.promptCell;
    const book = panel ? books.open(panel) : null;
    const remarks = (prompt && book?.sheet.told.get(prompt.model.id)) || [];
    return prompt && book && remarks.length > 0
      ? [
          {
            index: panel?.console.cells.length ?? 0,
            model: prompt.model,
            remarks,
            book,
            reveal: async () => undefined
          }
        ]
      : [];
  }
  const panel = notebooks?.currentWidget;
  if (!panel) {
    return [];
  }
  const book = books.open(panel);
  return panel.content.widgets.flatMap((cell, index) => {
    const remarks = book.sheet.told.get(cell.model.id) ?? [];
    const reveal = async () => {
      panel.content.activeCellIndex = index;
      panel.content.mode = 'edit';
      await panel.content.scrollToCell(cell, 'auto');
      await cell.ready;
    };
    return remarks.length > 0 ? [{ index, model: (cell as CodeCell).model, remarks, book, reveal }] : [];
  });
}
