/** What is told of taking an install back, as strings and small lists. */
import { clean, joined, type Words } from './language';
import type { UndoCheckpoint, UndoDone, UndoPlan, UndoProof } from './wire/types';

/** The command of a checkpoint as one would type it, without the folder of its program. */
export function commandOf({ command }: UndoCheckpoint, trans: Words): string {
  if (!command.length) {
    return trans.__('no command is known');
  }
  const [program, ...rest] = command;
  return clean([program.replace(/^.*[\\/](?=.)/, ''), ...rest].join(' '), 300);
}

/** How many files would go and come back. */
export function planCount(plan: UndoPlan, trans: Words): string {
  const told = [
    plan.removes.length ? trans._n('%1 file goes', '%1 files go', plan.removes.length) : '',
    plan.restores.length ? trans._n('%1 file comes back', '%1 files come back', plan.restores.length) : ''
  ].filter(Boolean);
  return told.join(trans.__(', ')) || trans.__('nothing has changed since');
}

/** How many files went and came back. */
export function doneCount(done: UndoDone, trans: Words): string {
  const told = [
    done.removed.length ? trans._n('%1 file removed', '%1 files removed', done.removed.length) : '',
    done.restored.length
      ? trans._n('%1 file brought back', '%1 files brought back', done.restored.length)
      : '',
    done.fetched.length
      ? trans._n(
          "%1 of them from conda's package cache",
          "%1 of them from conda's package cache",
          done.fetched.length
        )
      : ''
  ].filter(Boolean);
  return told.join(trans.__(', ')) || trans.__('nothing has changed since');
}

/** What shows that all is as it was. */
export function proofOf(proof: UndoProof, trans: Words): string[] {
  const same = proof.same
    ? trans.__('every path is as it was before: kind, mode, date and size')
    : trans.__('not as before: %1', joined(proof.differs, trans));
  const ways = [
    proof.by_books
      ? trans._n(
          "%1 by a hash in conda's or pip's books",
          "%1 by hashes in conda's or pip's books",
          proof.by_books
        )
      : '',
    proof.by_hash
      ? trans._n('%1 by the hash taken before', '%1 by the hashes taken before', proof.by_hash)
      : '',
    proof.by_date ? trans._n('%1 by size and date alone', '%1 by size and date alone', proof.by_date) : ''
  ].filter(Boolean);
  return ways.length
    ? [same, trans.__('what came back was held against: %1', ways.join(trans.__(', ')))]
    : [same];
}
