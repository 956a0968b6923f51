import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellLine, inTerminal, line, places } from '../src/shell';
import type { Step } from '../src/wire/types';
import { golden, REPORTS, written } from './golden';

type Case = [string[], Step['where'], string, string];
const CASES = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'tests', 'labextension', 'commands.json'), 'utf-8')
) as Case[];

test.each(CASES)('%j %s %s is the line that Python writes', (argv, where, platform, told) => {
  expect(line({ argv, where }, platform)).toBe(told);
});

describe.each(REPORTS)('%s', name => {
  test('every command stands in the report that Python writes', () => {
    const report = golden(name);
    const text = written(name);
    const grave = report.findings.filter(each => each.severity !== 'info').slice(0, 3);
    for (const step of grave.flatMap(each => each.fixes).flatMap(fix => fix.steps)) {
      expect(text).toContain(line(step, report.environment.platform));
    }
  });
});

test('neighbours for the same place stand together', () => {
  const step = (word: string, where: Step['where']): Step => ({ argv: [word], where });
  const told = places([
    step('a', 'terminal'),
    step('b', 'terminal'),
    step('c', 'cell'),
    step('d', 'terminal')
  ]);
  expect(told.map(place => [place.where, place.steps.map(each => each.argv[0])])).toEqual([
    ['terminal', ['a', 'b']],
    ['cell', ['c']],
    ['terminal', ['d']]
  ]);
});

test.each<[string[], Step['where'], string]>([
  [
    ['/e/bin/python', '-m', 'pip', 'uninstall', '--yes', 'x'],
    'terminal',
    '!/e/bin/python -m pip uninstall --yes x'
  ],
  [
    ['/c/bin/conda', 'install', '--prefix', '/e', 'x<2'],
    'terminal',
    "!/c/bin/conda install --yes --prefix /e 'x<2'"
  ],
  [['conda', 'install', 'x'], 'terminal', '%conda install --yes x'],
  [['mamba', 'remove', '-y', 'x'], 'terminal', '%mamba remove -y x'],
  [['conda', 'config', '--set', 'a', 'b'], 'terminal', '%conda config --set a b'],
  [['%pip', 'install', 'x'], 'cell', '%pip install x'],
  [['conda', 'install', 'x'], 'cell', '%conda install x'],
  [[], 'cell', '']
])('%j (%s) in a cell, where nobody can answer a question', (argv, where, told) => {
  expect(cellLine({ argv, where }, 'linux-64')).toBe(told);
});

test('in a terminal what follows runs only if what went before did well', () => {
  expect(inTerminal(['a', 'b'], 'linux-64')).toBe('a && b');
  expect(inTerminal(['a', 'b'], 'win-64')).toBe('a\rb');
});
