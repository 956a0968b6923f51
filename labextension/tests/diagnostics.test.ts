import { Text as Doc } from '@codemirror/state';
import { describe, expect, test } from 'vitest';
import { ignored, ignoring } from '../src/diagnostics/ignored';
import { range } from '../src/diagnostics/places';
import { type Page, Sheet } from '../src/diagnostics/sheet';
import { matters, stampOf } from '../src/diagnostics/stamp-values';
import { Failure } from '../src/server';
import type { CellRemark } from '../src/wire/types';
import { Fake } from './fake';

const place = (line: number, column: number, end_line: number, end_column: number) => ({
  line,
  column,
  end_line,
  end_column
});

describe('places', () => {
  const doc = Doc.of(["x = '😀'; !pip", '日本 install', '']);
  test.each([
    [place(1, 9, 1, 13), '!pip'],
    [place(1, 5, 1, 6), '😀'],
    [place(2, 3, 2, 10), 'install'],
    [place(1, 13, 2, 2), '\n日本'],
    [place(1, 0, 1, 999), "x = '😀'; !pip"],
    [place(3, 0, 3, 0), '']
  ])('%j is %j', (where, expected) => {
    const found = range(doc, where);
    expect(found && doc.sliceString(found.from, found.to)).toBe(expected);
  });

  test.each([place(4, 0, 4, 1), place(0, 0, 1, 1), place(1, 5, 1, 2)])('%j is nowhere', where => {
    expect(range(doc, where)).toBeNull();
  });
});

describe('what a cell ignores', () => {
  test.each([null, 7, [], 'x', {}, { ignore: 7 }, { ignore: [1] }, { ignore: { a: 1 } }])(
    'nothing: %j',
    told => {
      expect(ignored(told)).toEqual({});
    }
  );

  test('one more beside what is there', () => {
    const told = ignoring({ other: 1, ignore: { a: 'why' } }, 'b', 'because');
    expect(told).toEqual({ other: 1, ignore: { a: 'why', b: 'because' } });
    expect(ignored(told)).toEqual({ a: 'why', b: 'because' });
    expect(ignoring(undefined, 'a', 'why')).toEqual({ ignore: { a: 'why' } });
  });
});

describe('a stamp', () => {
  test.each([undefined, null, 7, {}, { ignore: {} }, { packages: null }])('%j is none', told => {
    expect(stampOf(told)).toBeNull();
  });
  test('hints alone do not matter', () => {
    expect(stampOf({ schema: 1, packages: {} })).toEqual({ schema: 1, packages: {} });
    expect(matters([])).toBe(false);
    expect(matters([{ severity: 'info' }] as never)).toBe(false);
    expect(matters([{ severity: 'info' }, { severity: 'warning' }] as never)).toBe(true);
  });
});

const remark = (rule: string) => ({ rule }) as CellRemark;
const cells = (...sources: string[]) => sources.map((source, n) => ({ id: 'abc'[n], source }));

class Story {
  page: Page = { kernel: 'k', cells: cells('!pip install six') };
  readonly fake = new Fake();
  readonly changed: string[] = [];
  readonly sheet = new Sheet(
    this.fake.server,
    () => this.page,
    ids => this.changed.push([...ids].join(' '))
  );

  answer(told: Record<string, string[]>): Promise<void> {
    const found = Object.entries(told).map(([id, rules]) => ({ id, remarks: rules.map(remark) }));
    return this.fake.last.answer({ schema: 1, kind: 'cells', cells: found });
  }
}

describe('a sheet', () => {
  test('nothing is asked where no cell names an installer', async () => {
    const story = new Story();
    story.page = { kernel: 'k', cells: [] };
    expect(await story.sheet.remarks('a')).toEqual([]);
    story.sheet.check();
    story.sheet.expire();
    expect(story.fake.log).toEqual([]);
  });

  test('the same is asked once, and all cells together', async () => {
    const story = new Story();
    story.page.cells = cells('!pip install six', '%conda install xz');
    const both = [story.sheet.remarks('a'), story.sheet.remarks('b')];
    expect(story.fake.log).toEqual(['cells k a b']);
    await story.answer({ a: ['x'], b: ['y', 'z'] });
    expect((await Promise.all(both)).map(each => each.length)).toEqual([1, 2]);
    expect(story.changed).toEqual([]); // both were waiting
    expect(await story.sheet.remarks('a')).toHaveLength(1);
    expect(story.fake.asked).toHaveLength(1);
    expect([story.sheet.has('a'), story.sheet.has('c')]).toEqual([true, false]);
  });

  test('an answer that was overtaken is not waited for', async () => {
    const story = new Story();
    const first = story.sheet.remarks('a');
    const early = story.fake.last;
    story.page = { kernel: 'k', cells: cells('!pip install sixx') };
    const second = story.sheet.remarks('a');
    expect(early.signal?.aborted).toBe(true);
    await story.answer({ a: ['new'] });
    expect(await first).toEqual([remark('new')]);
    expect(await second).toEqual([remark('new')]);
  });

  test('other cells hear that something else is said of them', async () => {
    const story = new Story();
    story.page.cells = cells('!pip install six', '%conda install xz');
    const first = story.sheet.remarks('b');
    await story.answer({ a: ['x'], b: ['y'] });
    await first;
    expect(story.changed).toEqual(['a']);
    story.page = { kernel: 'k', cells: cells('!pip install six') };
    story.sheet.check();
    await story.answer({ a: ['x'] });
    expect(story.changed).toEqual(['a', 'b']);
  });

  test('an install makes it ask again', async () => {
    const story = new Story();
    void story.sheet.remarks('a');
    await story.answer({ a: ['x'] });
    story.sheet.expire();
    expect(story.fake.asked).toHaveLength(2);
    await story.answer({ a: [] });
    expect(story.changed).toEqual(['a']);
  });

  test('a server that fails says nothing, and one without the route is not asked again', async () => {
    const story = new Story();
    const first = story.sheet.remarks('a');
    await story.fake.last.refuse(new Failure('unreachable'));
    expect(await first).toEqual([]);
    story.sheet.expire();
    expect(story.fake.asked).toHaveLength(2);
    await story.fake.last.refuse(new Failure('missing'));
    story.sheet.expire();
    expect(await story.sheet.remarks('a')).toEqual([]);
    expect(story.fake.asked).toHaveLength(2);
  });
});
