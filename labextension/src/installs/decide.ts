/** What becomes of the cells of one run that may install something: asked of the server, then by the mode of the user. */
import { asFailure, type Server } from '../server';
import type { CellInstalls, Changes, Install, Installs, Text } from '../wire/types';
import type { Cell } from './cell';
import { PATIENCE, perform } from './doing';
import type { Way } from './gate';
import type { Answer } from './kernel';
import type { Notices } from './noticing';
import type { Settings } from './settings';

/** A cell with its installs. */
export interface Holding {
  cell: Cell;
  installs: readonly Install[];
}

/** What somebody is asked. */
export interface Question {
  /** Those that something speaks against. */
  cells: readonly Holding[];
  kernel: string;
  /** Whether the server may change environments. */
  changes: Changes;
}

/** What was chosen: how to run the cells, or lines in place of one of them; null: they are not run. */
export type Choice = { run: Answer } | { cell: Cell; instead: readonly string[] } | null;

export interface Tools {
  server: Server;
  settings: Settings;
  notices: Notices;
  /** Asks how cells are to be run. */
  ask(question: Question): Promise<Choice>;
  /** Asks whether a cell is to be run although it could not be taken back, and why it could not. */
  askAgain(cell: Cell, why: Text | null): Promise<boolean>;
}

export async function decide(cells: readonly Cell[], tools: Tools): Promise<ReadonlyMap<Cell, Way> | null> {
  const { server, settings, notices } = tools;
  const { mode } = settings;
  notices.runAgain(cells);
  const kernel = cells[0].kernel.id;
  const told = await inTime(signal =>
    server.installs(
      kernel,
      cells.map((cell, index) => ({ id: `${index}`, source: cell.source })),
      false,
      signal
    )
  ).catch((thrown: unknown) => {
    // of a kernel that runs elsewhere, or another language, there is nothing to be said
    if (mode === 'block' && asFailure(thrown).kind !== 'conflict') {
      notices.notLookedAt(cells[0]);
    }
    return null;
  });
  if (told === null) {
    return new Map();
  }
  const found = new Map(told.cells.map((each: CellInstalls) => [each.id, each.installs]));
  const holding = cells
    .map((cell, index): Holding => ({ cell, installs: found.get(`${index}`) ?? [] }))
    .filter(({ installs }) => installs.length);
  const against = holding.filter(({ installs }) => installs.some(({ severity }) => severity !== null));
  let answer: Answer | null = null;
  if (against.length && mode !== 'off') {
    if (mode === 'block') {
      notices.blocked(against, instead(tools, against, kernel));
      return null;
    }
    if (mode === 'warn') {
      notices.warned(against);
    } else {
      const choice = await tools.ask({ cells: against, kernel, changes: told.changes });
      if (choice === null) {
        return null;
      }
      if ('instead' in choice) {
        choice.cell.instead(choice.instead);
        return null;
      }
      answer = choice.run;
    }
  }
  return new Map(
    holding.map(each => [
      each.cell,
      () => perform(each, against.includes(each) ? answer : null, told.prefix, tools)
    ])
  );
}

/** What could be run instead of cells, each way with its lines; the way by conda is looked for, too. */
export async function otherWays(server: Server, kernel: string, { cell }: Holding): Promise<Ways> {
  const told = await server.installs(kernel, [{ id: '0', source: cell.source }], true);
  const installs = told.cells[0].installs.filter(({ severity }) => severity !== null);
  return { conda: together(installs, 'conda'), kernel: together(installs, 'kernel') };
}

/** Lines of a cell by each way that all of its installs have. */
export interface Ways {
  conda: readonly string[] | null;
  kernel: readonly string[] | null;
}

function together(installs: readonly Install[], way: 'conda' | 'kernel'): readonly string[] | null {
  const lines = installs.map(({ ways }) => ways[way]);
  return lines.length && lines.every(each => each?.length)
    ? [...new Set(lines.flatMap(each => each ?? []))]
    : null;
}

async function instead({ server }: Tools, against: readonly Holding[], kernel: string): Promise<Ways> {
  const none: Ways = { conda: null, kernel: null };
  return against.length === 1 ? otherWays(server, kernel, against[0]).catch(() => none) : none;
}

async function inTime(ask: (signal: AbortSignal) => Promise<Installs>): Promise<Installs> {
  const leave = new AbortController();
  const timer = setTimeout(() => leave.abort(), PATIENCE);
  try {
    return await ask(leave.signal);
  } finally {
    clearTimeout(timer);
  }
}
