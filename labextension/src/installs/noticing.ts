/** What is told beside the notebook: before a run, where nobody is asked, and after one that has made it worse. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { clean, more, say, type Words } from '../language';
import type { Install, InstallEnded, Text } from '../wire/types';
import type { Cell } from './cell';
import type { Holding, Ways } from './decide';

/** JupyterLab cuts a longer message. */
const LONGEST = 140;
/** Milliseconds for which a warning is in sight; it stays among the notifications. */
const SEEN = 12_000;

export class Notices {
  constructor(
    private readonly _commands: JupyterFrontEnd['commands'],
    private readonly _trans: Words
  ) {}

  /** What was told before earlier runs of these cells does not hold any more. */
  runAgain(cells: readonly Cell[]): void {
    for (const key of cells.map(keyOf)) {
      const told = this._told.get(key);
      if (told !== undefined) {
        Notification.dismiss(told);
        this._told.delete(key);
      }
    }
  }

  /** Mode warn: what speaks against the installs of cells that run now. */
  warned(against: readonly Holding[]): void {
    const id = Notification.warning(this._against(against), {
      autoClose: SEEN,
      actions: [this._look(against[0])]
    });
    this._told.set(keyOf(against[0].cell), id);
  }

  /** Mode block: why cells do not run; what could be run instead is offered as soon as it is known. */
  blocked(against: readonly Holding[], ways: Promise<Ways>): void {
    const { _trans: trans } = this;
    const { cell } = against[0];
    const actions = [this._look(against[0])];
    const lead = trans.__('Not run: %1', '').length;
    const id = Notification.error(trans.__('Not run: %1', this._against(against, lead)), {
      autoClose: false,
      actions
    });
    this._told.set(keyOf(cell), id);
    void ways.then(({ conda, kernel }) => {
      const other = (lines: readonly string[] | null, label: string): Notification.IAction[] =>
        lines === null ? [] : [{ label, callback: () => !cell.isDisposed && cell.instead(lines) }];
      Notification.update({
        id,
        actions: [
          ...other(conda, trans.__('Use conda instead')),
          ...other(kernel, trans.__('Use this environment')),
          ...actions
        ]
      });
    });
  }

  /** Mode block: cells run although nobody has looked at them. */
  notLookedAt(cell: Cell): void {
    Notification.warning(this._trans.__('%1 runs without having been looked at.', this._name(cell)), {
      autoClose: SEEN
    });
  }

  /** A cell that was to run protected cannot be. */
  unprotected(cell: Cell, why: Text | null): void {
    const { _trans: trans } = this;
    const told = why
      ? trans.__('%1 was not run, as it cannot be protected: %2', this._name(cell), say(why, trans))
      : trans.__('%1 was not run, as it cannot be protected.', this._name(cell));
    Notification.error(cut(told, 0, trans), { autoClose: false });
  }

  /** An install has made the environment worse. */
  worse(
    cell: Cell,
    installs: readonly Install[],
    prefix: string,
    { new_findings, checkpoint }: InstallEnded
  ): void {
    const { _trans: trans } = this;
    const [first] = new_findings;
    const name = clean(prefix.replace(/[\\/]+$/, '').replace(/^.*[\\/]/, ''), 24);
    const said = clean(installs[0].said, 40);
    const told = first
      ? trans.__('%1 is worse since %2: %3', name, said, say(first.message, trans))
      : trans.__('%1 is worse since %2.', name, said);
    const show = () => {
      if (!cell.isDisposed) {
        cell.show();
      }
    };
    const actions: Notification.IAction[] = [];
    if (checkpoint !== null) {
      actions.push({
        label: trans.__('Undo…'),
        displayType: 'accent',
        callback: () => {
          show();
          void this._commands.execute('envguard:undo', { kernel: cell.kernel.id, checkpoint });
        }
      });
    }
    actions.push({
      label: trans.__('Show'),
      callback: () => {
        show();
        void this._commands.execute('envguard:open');
      }
    });
    Notification.warning(cut(told, new_findings.length - 1, trans), {
      autoClose: false,
      actions: actions.filter(() => this._commands.hasCommand('envguard:open'))
    });
  }

  /** `lead`: how many letters stand before it. */
  private _against(against: readonly Holding[], lead = 0): string {
    const { _trans: trans } = this;
    const grave = against.flatMap(({ installs }) => installs).filter(({ severity }) => severity !== null);
    const [first] = grave;
    const told = trans.__('%1: %2', clean(first.said, 60), say(first.objections[0], trans));
    return cut(
      told,
      grave.reduce((n, { objections }) => n + objections.length, 0) - 1,
      trans,
      LONGEST - lead
    );
  }

  private _look({ cell, installs }: Holding): Notification.IAction {
    const { said } = installs.find(({ severity }) => severity !== null) ?? installs[0];
    return {
      label: this._trans.__('Look closer'),
      callback: () => {
        if (!cell.isDisposed) {
          cell.show();
        }
        if (this._commands.hasCommand('envguard:forecast')) {
          void this._commands.execute('envguard:forecast', { command: said });
        }
      }
    };
  }

  private readonly _told = new Map<string, string>();

  private _name({ number }: Cell): string {
    return number === null ? this._trans.__('This cell') : this._trans.__('Cell %1', number);
  }
}

function keyOf({ kernel, id }: Cell): string {
  return `${kernel.id} ${id}`;
}

/** A message with how many more there are, short enough to be shown whole. */
function cut(told: string, rest: number, trans: Words, longest = LONGEST): string {
  const tail = rest > 0 ? ` ${more(rest, trans)}` : '';
  const room = longest - tail.length;
  return `${told.length > room ? `${told.slice(0, room - 1)}…` : told}${tail}`;
}
