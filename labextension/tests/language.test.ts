import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clean, fill, joined, labelled, say, type Words } from '../src/language';
import { translated } from '../src/lab/schema';
import type { Text } from '../src/wire/types';
import { golden, texts, trans } from './golden';

const DOCUMENTS = readdirSync(join(__dirname, '..', '..', 'tests', 'render', 'golden'))
  .filter(name => name.endsWith('.json'))
  .map(name => name.slice(0, -'.json'.length));

describe('the texts of every golden document', () => {
  test.each(DOCUMENTS)('%s: template and arguments give the sentence that Python gives', name => {
    const told = texts(golden(name));
    for (const each of told) {
      if (typeof each.args.n !== 'number' || each.args.n === 1) {
        expect(fill(each.id, each.args, trans)).toBe(each.text);
      }
      expect(say(each, trans)).toBe(each.text);
    }
  });
});

test('a catalog decides over the sentence that came along', () => {
  const german: Words = {
    ...trans,
    gettext: id => (id === '{name} is old' ? '{name} ist alt {{}} {other}' : id)
  };
  expect(say({ id: '{name} is old', args: { name: 'six' }, text: 'six is old' }, german)).toBe(
    'six ist alt {} {other}'
  );
  expect(say({ id: 'new', args: {}, text: 'new' }, german)).toBe('new');
});

test('an entry that counts is asked for with its number, and words of ours inside a sentence are translated', () => {
  const dutch: Words = {
    ...trans,
    _n: (id, many, n) =>
      id === '{n} file of {what}' ? `{n} ${n === 1 ? 'bestand' : 'bestanden'} van {what}` : many,
    gettext: id => (id === 'the user' ? 'de gebruiker' : id)
  };
  const what = { id: 'the user', args: {}, text: 'the user' };
  const told = (n: number) => say({ id: '{n} file of {what}', args: { n, what }, text: 'English' }, dutch);
  expect([told(1), told(3)]).toEqual(['1 bestand van de gebruiker', '3 bestanden van de gebruiker']);
});

test('Chinese words inside a Chinese sentence have no spaces around them, names have', () => {
  const words: Record<string, string> = {
    'for {x} it is': '对 {x} 而言',
    this: '此文件',
    'a GPU': '一块 GPU'
  };
  const chinese: Words = { ...trans, gettext: id => words[id] ?? id };
  const told = (x: Text['args'][string]) => say({ id: 'for {x} it is', args: { x }, text: '' }, chinese);
  expect(told({ id: 'this', args: {}, text: 'this' })).toBe('对此文件而言');
  expect(told({ id: 'a GPU', args: {}, text: 'a GPU' })).toBe('对一块 GPU 而言');
  expect(told('numpy')).toBe('对 numpy 而言');
  expect(told('我的 包')).toBe('对 我的 包 而言');
});

test('the words of a schema are translated, its names and defaults are not', () => {
  const schema = {
    title: 'A',
    'jupyter.lab.menus': { main: [{ command: 'title' }] },
    properties: { description: { type: 'string', title: 'B', default: 'C', enum: ['D'] } }
  };
  expect(translated(schema, { __: (id: string) => `<${id}>` })).toEqual({
    title: '<A>',
    'jupyter.lab.menus': { main: [{ command: 'title' }] },
    properties: { description: { type: 'string', title: '<B>', default: 'C', enum: ['D'] } }
  });
});

test.each([
  ['plain', 'plain'],
  ['\u001b[31mred', '\\x1b[31mred'],
  ['a\r\nb\tc', 'a\\r\\nb\\tc'],
  ['\u202egnp.exe', '\\u202egnp.exe'],
  ['\u{e0041}', '\\U000e0041'],
  ['\udcff', '\\udcff'],
  ['no\u00a0break', 'no\\xa0break'],
  ['日本', '日本'],
  ['x'.repeat(201), `${'x'.repeat(199)}…`]
])('clean(%j)', (value, told) => {
  expect(clean(value)).toBe(told);
});

test('of many names the first ones are told, and how many more there are', () => {
  expect(joined(['a', 'b'], trans)).toBe('a, b');
  expect(joined(['a'.repeat(30), 'b'.repeat(30), 'c'], trans, 40)).toBe(`${'a'.repeat(30)} and 2 more`);
  expect(joined([], trans)).toBe('');
});

test.each([
  ['fix:', 'fix: '],
  ['修复：', '修复：']
])('%s is set off from what it announces', (word, set) => {
  expect(labelled(word)).toBe(set);
});
