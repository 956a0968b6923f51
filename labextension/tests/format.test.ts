import { describe, expect, test } from 'vitest';
import { declared, driver, gpu, loaded } from '../src/cuda';
import {
  findingsCount,
  first,
  grave,
  lastLine,
  packagesCount,
  rulesCount,
  size,
  skippedByReason,
  slight
} from '../src/format';
import { commandOf, doneCount, planCount, proofOf } from '../src/undo';
import type { EnvguardCuda, EnvguardReport, Undo } from '../src/wire/types';
import { headline } from '../src/words';
import { golden, plain, REPORTS, trans, written } from './golden';

/** As Python wraps it: what stands in one line there, whatever the breaks. */
const flat = (text: string) => text.replace(/\s+/g, ' ');

describe.each(REPORTS)('%s', name => {
  const report = golden(name);

  test('counts are those that Python tells', () => {
    const text = flat(written(name));
    for (const told of [findingsCount, rulesCount, packagesCount]) {
      expect(text).toContain(told(report, trans));
    }
  });

  test('findings keep their order', () => {
    expect([...grave(report), ...slight(report)]).toHaveLength(report.findings.length);
    expect(report.findings.filter(each => each.severity !== 'info')).toEqual(grave(report));
  });

  test('what comes first is the first fix', () => {
    const told = first(report);
    expect(told?.finding).toBe(grave(report).find(each => each.fixes.length));
    expect(told?.fix).toBe(told?.finding.fixes[0]);
  });

  test('every rule that could not decide is told once', () => {
    const told = skippedByReason(report.skipped, trans).flatMap(([, rules]) => rules);
    expect(told.sort()).toEqual(report.skipped.map(each => each.rule).sort());
  });
});

test.each<[EnvguardReport['verdict'], EnvguardReport['phase'], string, string]>([
  ['sound', 'conda only', 'sound', 'check'],
  ['sound', 'conda then pip', 'handed over to pip', 'arrow'],
  ['sound', 'mixed back and forth', 'sound', 'check'],
  ['sound', 'not conda', 'sound', 'check'],
  ['strained', 'conda then pip', 'strained', 'bang'],
  ['strained', 'mixed back and forth', 'mixed', 'exchange'],
  ['broken', 'mixed back and forth', 'broken', 'cross'],
  ['unknown', 'unknown', 'unknown', 'question']
])('%s and %s is told in one word', (verdict, phase, word, shape) => {
  expect(headline(verdict, phase, trans)).toMatchObject({ word, shape });
});

test('no two headlines share a shape and a mood', () => {
  const told = (['sound', 'strained', 'broken', 'unknown'] as const).flatMap(verdict =>
    (['conda only', 'conda then pip', 'mixed back and forth'] as const).map(phase =>
      headline(verdict, phase, trans)
    )
  );
  const words = new Map(told.map(mark => [mark.shape, mark.word]));
  for (const mark of told) {
    expect(words.get(mark.shape)).toBe(mark.word);
  }
});

test('a traceback is told by its last line', () => {
  expect(lastLine('Traceback\n  x\nKeyError: 1\n')).toBe('KeyError: 1');
  expect(lastLine('')).toBe('');
});

test('sizes', () => {
  expect([0, 999, 1500, 25_000_000].map(bytes => size(bytes, trans))).toEqual([
    '0 bytes',
    '999 bytes',
    '1.5 kB',
    '25 MB'
  ]);
});

describe('what is undone', () => {
  test.each(['undo-done', 'undo-partly', 'undo-planned'])('%s is counted as Python counts', name => {
    const told = golden<Undo>(name);
    const text = flat(written(name));
    if (told.done) {
      expect(text).toContain(doneCount(told.done, trans));
      proofOf(told.done.proof, trans).forEach(line => expect(text).toContain(line));
    } else {
      expect(text).toContain(planCount(told.plan, trans));
    }
  });

  test('a command is told without the folder of its program', () => {
    const point = golden<Undo>('undo-planned').plan.checkpoint;
    expect(point).not.toBeNull();
    expect(commandOf({ ...point!, command: ['/e/bin/pip', 'install', 'x'] }, trans)).toBe('pip install x');
    expect(commandOf({ ...point!, command: [] }, trans)).toBe('no command is known');
  });
});

describe('CUDA', () => {
  test.each(['cuda-works', 'cuda-lost', 'cuda-cpu-build', 'cuda-unknown', 'cuda-absent'])(
    '%s as Python tells it',
    name => {
      const told = golden<EnvguardCuda>(name);
      const text = flat(plain(name)); // its table has no breaks
      for (const each of told.frameworks) {
        expect(text).toContain(declared(each, trans));
        loaded(each.resolved, each, 'not known', '–', trans).forEach(line => expect(text).toContain(line));
      }
      told.gpus.forEach(each => expect(text).toContain(gpu(each, trans)));
      expect(text).toContain(driver(told.driver, trans));
    }
  );
});
