/** The dialog before a run: what the cells would do, what else could be done, and how they are to be run. */
import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import React from 'react';
import { copy } from '../lab/actions';
import { say, type Words } from '../language';
import { Model } from '../model';
import { Coded } from '../panel/coded';
import { keepFocus } from '../panel/focus';
import { ToolsProvider } from '../panel/tools';
import type { Server } from '../server';
import { Task } from '../task';
import type { Text } from '../wire/types';
import type { Cell } from './cell';
import { otherWays, type Choice, type Question, type Ways } from './decide';
import { Before } from './before';

/** Asks how cells are to be run; not at all is what it offers first, and what closing it means. */
export async function ask(question: Question, server: Server, trans: Words): Promise<Choice> {
  const body = new Body(question, server, trans);
  const { cells } = question;
  const protectable = cells.every(({ installs }) =>
    installs.every(({ severity, protectable }) => severity === null || protectable)
  );
  const buttons = [
    Dialog.cancelButton({ label: trans.__('Cancel') }),
    ...(protectable
      ? [
          Dialog.okButton({
            label: trans.__('Run protected'),
            caption: trans.__("conda's packages stay as they are, or the install fails"),
            className: PROTECTED
          })
        ]
      : []),
    Dialog.warnButton({ label: trans.__('Run') })
  ];
  const dialog = new Asking({
    title:
      cells.length > 1
        ? trans.__('Before these cells are run')
        : cells[0].cell.number !== null
          ? trans.__('Before cell %1 is run', cells[0].cell.number)
          : trans.__('Before this is run'),
    body,
    buttons,
    defaultButton: 0
  });
  dialog.addClass('jp-eg-Asking');
  let chosen: Choice = null;
  body.chosen = (cell, instead) => {
    chosen = { cell, instead };
    dialog.reject();
  };
  const leave = () => dialog.reject();
  cells.forEach(({ cell }) => cell.disposed.connect(leave));
  const { button } = await dialog.launch();
  cells.forEach(({ cell }) => cell.disposed.disconnect(leave));
  if (!button.accept) {
    return chosen;
  }
  return { run: button.className === PROTECTED ? 'protected' : body.undo ? 'undo' : 'run' };
}

/** Asks whether a cell is to be run although it could not be taken back. */
export async function askAgain(cell: Cell, why: Text | null, trans: Words): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('There is no way back'),
    body: (
      <p>
        <Coded
          told={
            why ? trans.__('It could not be made: %1.', say(why, trans)) : trans.__('It could not be made.')
          }
        />{' '}
        {cell.number === null
          ? trans.__('Run this all the same?')
          : trans.__('Run cell %1 all the same?', cell.number)}
      </p>
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Run') })
    ],
    defaultButton: 0
  });
  return button.accept;
}

const PROTECTED = 'jp-eg-mod-protected';

/** A dialog in whose body the Enter key is for what has the focus there; JupyterLab's would take it for the first button. */
class Asking extends Dialog<unknown> {
  constructor(options: Partial<Dialog.IOptions<unknown>>) {
    super(options);
    const title = this.node.querySelector('.jp-Dialog-header');
    if (title !== null) {
      title.id = 'jp-eg-asking-title'; // one dialog is open at a time
      this.node.setAttribute('aria-labelledby', title.id);
    }
  }

  handleEvent(event: Event): void {
    const inside = event.target instanceof Element && event.target.closest('.jp-Dialog-body') !== null;
    if (inside && event instanceof KeyboardEvent && event.type === 'keydown' && event.key === 'Enter') {
      return;
    }
    super.handleEvent(event);
  }
}

class Body extends ReactWidget {
  constructor(
    private readonly _question: Question,
    private readonly _server: Server,
    private readonly _trans: Words
  ) {
    super();
    this.addClass('jp-eg-Panel');
    this.addClass('jp-eg-Before');
    this._letFocusGo = keepFocus(this.node);
    const { cells, kernel } = _question;
    this._tasks = cells.map(({ installs }) => installs.map(() => new Task(_server)));
    this.undo =
      _question.changes.allowed && cells.every(({ installs }) => installs.every(each => each.undoable));
    if (cells.length === 1) {
      void otherWays(_server, kernel, cells[0]).then(
        ways => this._know(ways),
        () => this._know({ conda: null, kernel: null })
      );
    } else {
      this._ways = { conda: null, kernel: null };
    }
  }

  /** Whether a way back is to be made first. */
  undo: boolean;
  /** Takes the lines that are to stand in place of a cell. */
  chosen: (cell: Cell, lines: readonly string[]) => void = () => undefined;

  render(): JSX.Element {
    const { _question: question, _trans: trans } = this;
    const tools = {
      trans,
      model: new Model(this._server),
      actions: {
        copy,
        insert: () => undefined,
        run: async () => undefined,
        restart: async () => undefined
      }
    };
    return (
      <ToolsProvider value={tools}>
        <Before
          question={question}
          tasks={this._tasks}
          ways={this._ways}
          undo={this.undo}
          onUndo={undo => {
            this.undo = undo;
            this.update();
          }}
          onInstead={(cell, lines) => this.chosen(cell, lines)}
        />
      </ToolsProvider>
    );
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._tasks.flat().forEach(task => {
        task.clear();
        task.dispose();
      });
      this._letFocusGo();
    }
    super.dispose();
  }

  private _know(ways: Ways): void {
    if (!this.isDisposed) {
      this._ways = ways;
      this.update();
    }
  }

  private readonly _letFocusGo: () => void;
  private readonly _tasks: Task[][];
  private _ways: Ways | null = null;
}
