/** What is told of a report, as strings and small lists; the order is always the report's. */
import { clean, joined, say, type Words } from './language';
import type {
  Change,
  CudaDriver,
  CudaFramework,
  CudaGpu,
  CudaLibrary,
  EnvguardReport,
  Finding,
  Fix,
  Skipped,
  UndoCheckpoint,
  UndoDone,
  UndoPlan,
  UndoProof
} from './wire/types';
import { originWord, safetyWord, wayWord } from './words';

/** What to do first: a fix, and the finding that it belongs to. */
export interface First {
  finding: Finding;
  fix: Fix;
}

/** The first fix of the first error or warning that has one. */
export function first(report: EnvguardReport): First | null {
  for (const finding of grave(report)) {
    if (finding.fixes.length) {
      return { finding, fix: finding.fixes[0] };
    }
  }
  return null;
}

/** Errors and warnings. */
export function grave(report: EnvguardReport): Finding[] {
  return report.findings.filter(finding => finding.severity !== 'info');
}

/** What is only good to know. */
export function slight(report: EnvguardReport): Finding[] {
  return report.findings.filter(finding => finding.severity === 'info');
}

/** How many of each severity, the zeros left out. */
export function findingsCount(report: EnvguardReport, trans: Words): string {
  const { error, warning, info, known } = report.counts;
  const told = [
    error ? trans._n('%1 error', '%1 errors', error) : '',
    warning ? trans._n('%1 warning', '%1 warnings', warning) : '',
    info ? trans._n('%1 info', '%1 info', info) : ''
  ].filter(Boolean);
  return (
    told.join(trans.__(', ')) || (known === null ? trans.__('no findings') : trans.__('no new findings'))
  );
}

/** How many rules were checked, and how many could not be. */
export function rulesCount(report: EnvguardReport, trans: Words): string {
  const { checked, skipped, failed } = report.counts;
  return [
    trans._n('%1 rule checked', '%1 rules checked', checked),
    skipped ? trans._n('%1 could not decide', '%1 could not decide', skipped) : '',
    failed ? trans._n('%1 failed', '%1 failed', failed) : ''
  ]
    .filter(Boolean)
    .reduce((said, each) => trans.__('%1, %2', said, each));
}

/** How many packages each of the two books holds. */
export function packagesCount(report: EnvguardReport, trans: Words): string {
  const { conda_packages, pip_distributions } = report.environment;
  return [
    trans._n('%1 package from conda', '%1 packages from conda', conda_packages),
    trans._n('%1 from pip', '%1 from pip', pip_distributions)
  ].join(trans.__(', '));
}

/** What else the headline says of the environment. */
export function traits(report: EnvguardReport, trans: Words): string[] {
  const { base, writable, python_version, platform } = report.environment;
  return [
    python_version ? trans.__('Python %1', clean(python_version)) : trans.__('no Python'),
    platform ? clean(platform) : '',
    base ? trans.__('the base environment') : '',
    writable ? '' : trans.__('not writable for you')
  ].filter(Boolean);
}

/** How careful to be with a fix, and whether the kernel must be restarted. */
export function cautions(fix: Fix, trans: Words): string {
  const told = [safetyWord(fix.safety, trans)];
  return (fix.restart ? [...told, trans.__('restart the kernel afterwards')] : told).join(trans.__('; '));
}

/** The reasons why rules could not decide, each with its rules. */
export function skippedByReason(skipped: readonly Skipped[], trans: Words): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const each of skipped) {
    const reason = say(each.reason, trans);
    groups.set(reason, [...(groups.get(reason) ?? []), each.rule]);
  }
  return [...groups];
}

/** The line of a traceback that names the error. */
export function lastLine(traceback: string): string {
  return clean(traceback.trim().split(/\r?\n/).pop() ?? '');
}

/** A time as the source wrote it, to the minute. */
export function minute(when: string | null, trans: Words): string {
  return when ? clean(when.replace('T', ' ').slice(0, 16)) : trans.__('no date');
}

/** When a report was made, in the reader's own time, written as in the language that JupyterLab has. */
export function localTime(when: string): string {
  const date = new Date(when);
  return Number.isNaN(date.getTime())
    ? clean(when)
    : date.toLocaleTimeString(globalThis.document?.documentElement.lang || [], {
        hour: '2-digit',
        minute: '2-digit'
      });
}

/** A change of one package. */
export function changed({ name, before, after }: Change): string {
  return before && after
    ? `${clean(name)} ${clean(before)} → ${clean(after)}`
    : [clean(name), clean(before ?? after ?? '')].filter(Boolean).join(' ');
}

export function size(bytes: number, trans: Words): string {
  const units = [trans.__('bytes'), 'kB', 'MB', 'GB'];
  let n = bytes;
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) {
    n /= 1000;
    unit += 1;
  }
  return `${unit ? n.toFixed(n < 10 ? 1 : 0) : n} ${units[unit]}`;
}

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

/** Name and version of what uses CUDA. */
export function frameworkName({ framework, version }: CudaFramework): string {
  return [framework, version]
    .filter(Boolean)
    .map(part => clean(part as string))
    .join(' ');
}

export function origin(name: string, trans: Words): string {
  return originWord(name, trans) ?? clean(name);
}

/** The CUDA it was built for. */
export function declared({ declared: version, cpu }: CudaFramework, trans: Words): string {
  return version ? clean(version) : cpu ? trans.__('no CUDA') : trans.__('not known');
}

const NAMED = ['cudart', 'cudnn']; // by them people speak of a version

/** The libraries that matter: by which a version is known, what is missing, and what somebody else brought. */
export function loaded(
  libraries: readonly CudaLibrary[] | null,
  { origin: own }: CudaFramework,
  unknown: string,
  none: string,
  trans: Words
): string[] {
  if (libraries === null || !libraries.length) {
    return [libraries === null ? unknown : none];
  }
  const wanted = libraries.filter(each => NAMED.includes(each.family) || each.origin !== own);
  const told = wanted.length ? wanted : libraries.slice(0, 1);
  const lines = [...new Set(told.map(each => inCell(each, own, trans)))];
  const rest = libraries.length - told.length;
  return rest > 0 ? [...lines, trans._n('and %1 more', 'and %1 more', rest)] : lines;
}

function inCell(library: CudaLibrary, own: string, trans: Words): string {
  if (library.path === null && library.origin === 'none') {
    return trans.__('%1: not found', clean(library.family));
  }
  const said = `${clean(library.family)} ${clean(library.version ?? '?')}`;
  return library.origin === own ? said : `${said} (${origin(library.origin, trans)})`;
}

/** A library in full: whose it is and how it is found. */
export function wayOf(library: CudaLibrary, trans: Words): string {
  return [
    origin(library.origin, trans),
    library.owner ? clean(library.owner) : '',
    library.way ? (wayWord(library.way, trans) ?? '') : '',
    library.needed_by ? trans.__('needed by %1', clean(library.needed_by)) : ''
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The driver in a line. */
export function driver(told: CudaDriver | null, trans: Words): string {
  if (told === null) {
    return trans.__('was not asked');
  }
  if (told.failed !== null) {
    return trans.__('could not be asked: %1', clean(told.failed));
  }
  if (told.library === null) {
    return trans.__('none: %1', clean(told.missing ?? 'libcuda.so.1'));
  }
  return [
    told.release ? clean(told.release) : '',
    told.cuda ? trans.__('runs CUDA %1', clean(told.cuda)) : '',
    told.module && told.module !== told.release ? trans.__('kernel module %1', clean(told.module)) : '',
    told.answer ? trans.__('cuInit answers %1', told.answer) : '',
    clean(told.library)
  ]
    .filter(Boolean)
    .join(' · ');
}

/** A GPU in a line. */
export function gpu(told: CudaGpu, trans: Words): string {
  const unfit = joined(told.unfit, trans);
  return [
    clean(told.name),
    told.capability ? trans.__('capability %1', clean(told.capability)) : '',
    unfit
      ? told.unfit.length === 1
        ? trans.__('%1 was not built for it', unfit)
        : trans.__('%1 were not built for it', unfit)
      : ''
  ]
    .filter(Boolean)
    .join(' · ');
}
