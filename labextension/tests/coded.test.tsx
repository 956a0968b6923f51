import React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { pieces, piecesOf } from '../src/coded';
import { Model } from '../src/model';
import { Coded, Sentence } from '../src/panel/coded';
import { ToolsProvider } from '../src/panel/tools';
import type { Text } from '../src/wire/types';
import { Fake } from './fake';
import { trans } from './golden';

test.each([
  ['nothing special', ['nothing special']],
  ['use `pip check`, then `conda list`', ['use ', 'pip check', ', then ', 'conda list', '']],
  ['`alone`', ['', 'alone', '']],
  ['one ` alone', ['one ` alone']],
  ['use `pip check` in a`b', ['use `pip check` in a`b']],
  ['', ['']]
])('the code of %j', (told, cut) => {
  expect(pieces(told)).toEqual(cut);
});

function text(id: string, args: Text['args']): Text {
  return { id, args, text: id.replace(/\{(\w+)\}/g, (_, name: string) => String(args[name])) } as Text;
}

test.each<[string, Text['args'], number]>([
  ['run `envguard undo {id}`', { id: '7' }, 3],
  ['run `envguard undo {id}`', { id: '7`' }, 1],
  ['run `envguard undo {id}`', { id: '`7`' }, 1],
  ['run `envguard undo {id}`', { id: ['a', 'b`c`'] }, 1],
  ['{why}', { why: text('{name}', { name: '`x`' }) }, 1]
])('%s with %j', (id, args, n) => {
  expect(piecesOf(text(id, args), trans)).toHaveLength(n);
});

test('code is an element, markup is text', () => {
  const hostile = '<img src=x onerror=alert(1)>';
  const model = new Model(new Fake().server);
  const actions = {
    copy: async () => undefined,
    insert: () => undefined,
    run: async () => undefined,
    restart: async () => undefined
  };
  const drawn = (part: JSX.Element) =>
    renderToStaticMarkup(<ToolsProvider value={{ trans, model, actions }}>{part}</ToolsProvider>);
  expect(drawn(<Coded told="a `b <i>` c" />)).toBe('a <code>b &lt;i&gt;</code> c');
  expect(drawn(<Coded told="`a-b --undo`" />)).toBe(
    '<code>a-b <span class="jp-eg-Option">--undo</span></code>'
  );
  expect(drawn(<Sentence text={text('run `undo {id}`', { id: hostile })} />)).toBe(
    'run <code>undo &lt;img src=x onerror=alert(1)&gt;</code>'
  );
  expect(drawn(<Sentence text={text('run `undo {id}`', { id: `\`${hostile}\`` })} />)).toBe(
    'run `undo `&lt;img src=x onerror=alert(1)&gt;``'
  );
});
