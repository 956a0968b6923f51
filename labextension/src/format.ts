/** What is told of a report, as strings and small lists; the order is always the report's. */
import { clean, say, type Words } from './language';
import type { Change, EnvguardReport, Finding, Fix, Skipped } from './wire/types';
import { safetyWord } from './words';

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

/** A number of bytes, in the unit in which it is read most easily. */
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
