/**
 * What stands around the run of a cell that installs.
 *
 * Where the kernel has a guard of its own, that is told what was answered, so that nobody is asked twice, and it does what
 * was answered; else the server makes the way back and says which variables protect, which are set in the kernel for as
 * long as the cell runs. What was to run with a way back or protected does not run without.
 */
import { Task } from '../task';
import type { Server } from '../server';
import type { Cell } from './cell';
import type { Holding, Tools } from './decide';
import { guarded, told, withVariables, type Answer } from './kernel';
import type { InstallBegun, InstallEnded, Text } from '../wire/types';

/** Milliseconds that a cell waits for an answer of the server; after that it runs as if nobody had asked. */
export const PATIENCE = 3000;
/** Milliseconds for which a cell waits until it is noted how it was before; and where it must not run without that. */
const NOTED = { answer: PATIENCE, end: 15_000 };
const NEEDED = { answer: PATIENCE, end: 300_000 };

/** Runs a cell in the way that was answered, if anybody was asked; whether it has come to a good end. */
export async function perform(
  { cell, installs }: Holding,
  answer: Answer | null,
  prefix: string,
  tools: Tools
): Promise<boolean> {
  const { server, settings, notices } = tools;
  if (answer === null && !settings.notify) {
    return cell.run();
  }
  const { kernel, source } = cell;
  const byGuard = answer === null ? await guarded(kernel) : await told(kernel, source, answer);
  if (byGuard === null) {
    cell.wait(false);
    return false; // a cell before it has failed, or the kernel was restarted
  }
  const needed = !byGuard && (answer === 'undo' || answer === 'protected');
  let begun: InstallBegun | null = null;
  let why: Text | null = null;
  if (needed || settings.notify) {
    [begun, why] = await begin(cell, needed ? answer : null, byGuard, server);
  }
  let back: (() => Promise<void>) | null = null;
  if (needed && answer === 'undo' && !begun?.undo) {
    if (!(await tools.askAgain(cell, begun?.no_undo ?? why))) {
      return forgone(cell, begun, server);
    }
    if (begun === null && settings.notify) {
      [begun] = await begin(cell, null, byGuard, server);
    }
  } else if (needed && answer === 'protected') {
    back = begun?.variables ? await withVariables(kernel, begun.variables) : null;
    if (back === null) {
      notices.unprotected(cell, why);
      return forgone(cell, begun, server);
    }
  }
  if (cell.isDisposed) {
    await back?.();
    return forgone(cell, begun, server);
  }
  let ran = false;
  try {
    ran = await cell.run();
  } finally {
    await back?.();
    if (begun !== null) {
      void end(cell, begun, ran ? null : true, server).then(ended => {
        if (ended?.worse && settings.notify) {
          notices.worse(cell, installs, prefix, ended);
        }
      });
    }
  }
  return ran;
}

async function begin(
  { kernel, id, source }: Cell,
  answer: Answer | null,
  byGuard: boolean,
  server: Server
): Promise<[InstallBegun | null, Text | null]> {
  const { result, why } = await Task.ended(
    server,
    {
      job: 'install-begin',
      kernel: kernel.id,
      cells: [{ id, source }],
      undo: answer === 'undo',
      protect: answer === 'protected',
      by: byGuard ? 'guard' : 'server'
    },
    answer === null ? NOTED : NEEDED
  );
  return [result?.kind === 'install-begun' ? result : null, why];
}

async function end(
  { kernel, id, path }: Cell,
  begun: InstallBegun,
  failed: boolean | null,
  server: Server
): Promise<InstallEnded | null> {
  const { result } = await Task.ended(server, {
    job: 'install-end',
    kernel: kernel.id,
    token: begun.token,
    failed,
    cell: id,
    notebook: path
  });
  return result?.kind === 'install-ended' ? result : null;
}

/** What was begun is ended, although the cell has not run. */
function forgone(cell: Cell, begun: InstallBegun | null, server: Server): boolean {
  if (begun !== null) {
    void end(cell, begun, null, server);
  }
  cell.wait(false);
  cell.forgo();
  return false;
}
