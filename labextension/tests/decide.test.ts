import type { Kernel } from '@jupyterlab/services';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Cell } from '../src/installs/cell';
import { decide, otherWays, type Question, type Tools } from '../src/installs/decide';
import { PATIENCE } from '../src/installs/doing';
import { Failure } from '../src/server';
import type { Install, Installs } from '../src/wire/types';
import { Fake } from './fake';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function install(severity: Install['severity'], ways: Partial<Install['ways']> = {}): Install {
  return {
    said: 'pip install six',
    severity,
    ways: { conda: null, kernel: null, ...ways }
  } as Install;
}

function told(...cells: Install[][]): Installs {
  return {
    schema: 1,
    kind: 'installs',
    prefix: '/envs/one',
    changes: { allowed: true, why: null },
    cells: cells.map((installs, index) => ({ id: `${index}`, installs }))
  };
}

function scene(mode: Tools['settings']['mode'], choice: { instead: readonly string[] } | null = null) {
  const fake = new Fake();
  const log: string[] = [];
  const notices = {
    runAgain: () => undefined,
    warned: () => log.push('warned'),
    blocked: () => log.push('blocked'),
    notLookedAt: () => log.push('not looked at')
  };
  const tools = {
    server: fake.server,
    settings: { mode, notify: false },
    notices,
    ask: ({ cells }: Question) => {
      log.push(`asked about ${cells.map(({ cell }) => cell.id).join(' ')}`);
      return Promise.resolve(choice && { cell: cells[0].cell, ...choice });
    },
    askAgain: () => Promise.resolve(false)
  } as unknown as Tools;
  const cell = (id: string): Cell =>
    ({
      kernel: { id: 'k' } as Kernel.IKernelConnection,
      id,
      source: 'pip',
      run: () => {
        log.push(`ran ${id}`);
        return Promise.resolve(true);
      },
      instead: (lines: readonly string[]) => void log.push(`${id} became ${lines.join(' ')}`)
    }) as unknown as Cell;
  return { fake, log, tools, cells: [cell('a'), cell('b')] };
}

test.each([
  ['ask', null, ['asked about b'], true],
  ['ask', { instead: ['%conda install six'] }, ['asked about b', 'b became %conda install six'], true],
  ['warn', null, ['warned'], false],
  ['block', null, ['blocked'], true],
  ['off', null, [], false]
] as const)('in the mode %s, with %j', async (mode, choice, said, stops) => {
  const { fake, log, tools, cells } = scene(mode, choice);
  const ways = decide(cells, tools);
  await fake.last.answer(told([], [install('error')]));
  const found = await ways;
  expect(log).toEqual(said);
  expect(found === null).toBe(stops);
  expect([...(found ?? new Map()).keys()].map(({ id }) => id)).toEqual(stops ? [] : ['b']);
});

test.each(['ask', 'warn', 'block'] as const)(
  'what nothing speaks against runs, in the mode %s',
  async mode => {
    const { fake, log, tools, cells } = scene(mode);
    const ways = decide(cells, tools);
    await fake.last.answer(told([install(null)], []));
    await (await ways)?.get(cells[0])?.();
    expect(log).toEqual(['ran a']);
  }
);

test.each([
  ['ask', new Failure('unreachable'), []],
  ['block', new Failure('unreachable'), ['not looked at']],
  ['block', new Failure('missing'), ['not looked at']],
  ['block', new Failure('conflict'), []]
] as const)('in the mode %s a server that fails keeps nothing from running', async (mode, failure, said) => {
  const { fake, log, tools, cells } = scene(mode);
  const ways = decide(cells, tools);
  await fake.last.refuse(failure);
  expect((await ways)?.size).toBe(0);
  expect(log).toEqual(said);
});

test('a server that takes its time keeps nothing from running', async () => {
  const { fake, tools, cells } = scene('ask');
  const ways = decide(cells, tools);
  await vi.advanceTimersByTimeAsync(PATIENCE);
  expect(fake.last.signal?.aborted).toBe(true);
  expect((await ways)?.size).toBe(0);
});

test('there is another way only if all installs of a cell have it', async () => {
  const { fake, tools, cells } = scene('ask');
  const [first, second] = [
    { conda: ['%conda install a'] },
    { conda: ['%conda install b'], kernel: ['%pip install b'] }
  ];
  const found = otherWays(tools.server, 'k', { cell: cells[0], installs: [] });
  await fake.last.answer(told([install('error', first), install(null), install('warning', second)]));
  expect(await found).toEqual({ conda: ['%conda install a', '%conda install b'], kernel: null });
});
