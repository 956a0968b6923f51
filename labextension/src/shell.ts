/**
 * The steps of a fix as lines to copy, to run in a terminal, or to put into a cell.
 *
 * Each is quoted for the place it goes to, since the names in it are foreign; as envguard/render/commands.py does it,
 * which tests hold it against.
 */
import { clean } from './language';
import type { Fix, Step } from './wire/types';

type Quote = (argument: string) => string;

export interface Place {
  where: Step['where'];
  steps: readonly Step[];
}

const MAGICS = ['pip', 'conda', 'mamba', 'micromamba'];
const SPLITTING = ['%conda', '%mamba', '%micromamba']; // they join their line again without quotes
const MODULE = /^[A-Za-z_][A-Za-z0-9_]*$/; // a step of Python is `import` and the modules
const ASKING = ['install', 'remove', 'create', 'update', 'uninstall', 'upgrade'];

/** The steps of a fix in their order, those for the same place together. */
export function places(steps: Fix['steps']): Place[] {
  const told: { where: Step['where']; steps: Step[] }[] = [];
  for (const step of steps) {
    const last = told[told.length - 1];
    if (last?.where === step.where) {
      last.steps.push(step);
    } else {
      told.push({ where: step.where, steps: [step] });
    }
  }
  return told;
}

/** A step as the line that a person copies. */
export function line(step: Step, platform: string | null): string {
  const quote = quoting(platform);
  const argv = step.argv.map(argument => clean(argument, null));
  return step.where === 'cell' && argv.length ? inCell(argv, quote) : argv.map(quote).join(' ');
}

/** A step as a line of a notebook cell, where nobody can answer the question that conda would ask. */
export function cellLine(step: Step, platform: string | null): string {
  const argv = step.argv.map(argument => clean(argument, null));
  return argv.length ? inCell(step.where === 'cell' ? argv : agreed(argv), quoting(platform)) : '';
}

/** Several lines as one for a terminal: what follows runs only if what went before did well. */
export function inTerminal(lines: readonly string[], platform: string | null): string {
  return lines.join(onWindows(platform) ? '\r' : ' && ');
}

function agreed(argv: readonly string[]): readonly string[] {
  const [program, verb, ...rest] = argv;
  const name = program.replace(/^.*[\\/]/, '').replace(/\.(exe|bat)$/i, '');
  const asks =
    SPLITTING.includes(`%${name}`) && ASKING.includes(verb) && !/^(-y|--yes)$/m.test(rest.join('\n'));
  return asks ? [program, verb, '--yes', ...rest] : argv;
}

function inCell(argv: readonly string[], quote: Quote): string {
  if (argv[0] === 'import' && argv.slice(1).every(name => MODULE.test(name))) {
    return `import ${argv.slice(1).join(', ')}`;
  }
  const head = argv[0].replace(/^!+/, '');
  const magic = MAGICS.includes(head) ? `%${head}` : head;
  if (!magic.startsWith('%')) {
    return `!${braced([head, ...argv.slice(1)].map(quote).join(' '))}`;
  }
  const rest = argv.slice(1).map(SPLITTING.includes(magic) ? each => again(each, quote(each)) : quote);
  // IPython fills braces in the line of a magic, and once more in the shell command that the magic makes of it
  return [magic, braced(braced(rest.join(' ')))].join(' ').trimEnd();
}

function braced(told: string): string {
  return told.replace(/\{/g, '{{').replace(/\}/g, '}}');
}

function again(argument: string, quoted: string): string {
  return quoted === argument ? argument : `"${quoted.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;
}

function quoting(platform: string | null): Quote {
  return onWindows(platform) ? forWindows : forPosix;
}

function onWindows(platform: string | null): boolean {
  return (platform ?? '').toLowerCase().startsWith('win');
}

function forPosix(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replace(/'/g, `'"'"'`)}'`;
}

/** Quotes for cmd.exe, where single quotes mean nothing, in a way that PowerShell reads the same. */
function forWindows(argument: string): string {
  if (/^[\w.:/\\+=@~-]+$/.test(argument)) {
    return argument;
  }
  return `"${argument.replace(/"/g, '""').replace(/[`$“”„]/g, '`$&')}"`;
}
