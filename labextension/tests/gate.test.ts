import { expect, test } from 'vitest';
import { Gate, type Passing, type Way } from '../src/installs/gate';

class Cell implements Passing {
  constructor(
    readonly name: string,
    readonly log: string[],
    readonly well = true
  ) {}

  isDisposed = false;
  mayFail = false;
  waits = false;
  installs = false;

  run = (): Promise<boolean> => {
    this.log.push(this.name);
    return Promise.resolve(this.well);
  };

  wait(waits: boolean): void {
    this.waits = waits;
  }

  forgo(): void {
    this.log.push(`not ${this.name}`);
  }
}

function scene(): {
  log: string[];
  gate: Gate<Cell>;
  asked: string[][];
  cell: (name: string, how?: { installs?: boolean; well?: boolean }) => Cell;
  answer: (told: 'run' | 'cancel' | 'broken') => Promise<void>;
} {
  const log: string[] = [];
  const asked: string[][] = [];
  let settle: (told: 'run' | 'cancel' | 'broken') => void = () => undefined;
  const gate = new Gate<Cell>({
    concerns: cell => cell.installs,
    decide: async cells => {
      asked.push(cells.map(({ name }) => name));
      const told = await new Promise<'run' | 'cancel' | 'broken'>(resolve => (settle = resolve));
      if (told === 'broken') {
        throw new Error('a bug');
      }
      return told === 'cancel'
        ? null
        : new Map<Cell, Way>(
            cells.map(cell => [
              cell,
              () => {
                log.push(`around ${cell.name}`);
                return cell.run();
              }
            ])
          );
    }
  });
  return {
    log,
    gate,
    asked,
    cell: (name, { installs = false, well = true } = {}) =>
      Object.assign(new Cell(name, log, well), { installs }),
    answer: async told => {
      settle(told);
      await turns();
    }
  };
}

async function turns(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve));
}

test('a cell that installs nothing runs in the same turn', () => {
  const { gate, cell, log, asked } = scene();
  void gate.pass('k', cell('a'));
  expect(log).toEqual(['a']);
  expect(asked).toEqual([]);
});

test('those of one run are asked about together, and keep their order', async () => {
  const { gate, cell, log, asked, answer } = scene();
  const all = ['a', 'b', 'c', 'd'].map(name =>
    gate.pass('k', cell(name, { installs: name === 'b' || name === 'd' }))
  );
  await turns();
  expect(asked).toEqual([['b', 'd']]);
  expect(log).toEqual(['a']);
  await answer('run');
  expect(log).toEqual(['a', 'around b', 'b', 'c', 'around d', 'd']);
  expect(await Promise.all(all)).toEqual([true, true, true, true]);
});

test('what is cancelled takes those behind it with it, also what was run later', async () => {
  const { gate, cell, log, answer } = scene();
  const first = gate.pass('k', cell('a', { installs: true }));
  await turns();
  const second = gate.pass('k', cell('b'));
  await answer('cancel');
  expect(await Promise.all([first, second])).toEqual([false, false]);
  expect(log).toEqual(['not a', 'not b']);
  expect(await gate.pass('k', cell('c'))).toBe(true);
});

test('what comes while another waits runs after it; another kernel does not wait', async () => {
  const { gate, cell, log, answer } = scene();
  void gate.pass('k', cell('a', { installs: true }));
  await turns();
  void gate.pass('k', cell('b'));
  void gate.pass('other', cell('c'));
  expect(log).toEqual(['c']);
  await answer('run');
  expect(log).toEqual(['c', 'around a', 'a', 'b']);
});

test.each([
  [
    'that was sent before it in the same turn',
    ['bad', 'install', 'last'],
    ['bad', 'not install', 'not last']
  ],
  [
    'between two installs',
    ['install', 'bad', 'install 2'],
    ['around install', 'install', 'bad', 'not install 2']
  ]
])('an install does not run after a cell that has failed %s', async (_, names, log) => {
  const told = scene();
  names.forEach(
    name =>
      void told.gate.pass(
        'k',
        told.cell(name, { installs: name.startsWith('install'), well: name !== 'bad' })
      )
  );
  await turns();
  await told.answer('run');
  expect(told.log).toEqual(log);
});

test('nothing runs after an install that has failed', async () => {
  const { gate, cell, log, answer } = scene();
  const last = cell('b');
  const all = [gate.pass('k', cell('a', { installs: true, well: false })), gate.pass('k', last)];
  await turns();
  await answer('run');
  expect(log).toEqual(['around a', 'a', 'not b']);
  expect(await Promise.all(all)).toEqual([false, false]);
  expect(last.waits).toBe(false);
});

test('an error that a cell may end in stops nothing', async () => {
  const { gate, cell, log, answer } = scene();
  const before = cell('a', { well: false });
  const install = cell('b', { installs: true, well: false });
  before.mayFail = install.mayFail = true;
  const all = [before, install, cell('c'), cell('d', { installs: true })].map(each => gate.pass('k', each));
  await turns();
  await answer('run');
  expect(log).toEqual(['a', 'around b', 'b', 'c', 'around d', 'd']);
  expect(await Promise.all(all)).toEqual([false, false, true, true]);
});

test('a bug of ours lets everything run', async () => {
  const { gate, cell, log, answer } = scene();
  const said = console.error;
  console.error = () => undefined;
  void gate.pass('k', cell('a', { installs: true }));
  await turns();
  await answer('broken');
  console.error = said;
  expect(log).toEqual(['a']);
});

test('a cell that is gone is left out', async () => {
  const { gate, cell, log, answer } = scene();
  const gone = cell('b');
  const all = [
    gate.pass('k', cell('a', { installs: true })),
    gate.pass('k', gone),
    gate.pass('k', cell('c'))
  ];
  await turns();
  gone.isDisposed = true;
  await answer('run');
  expect(log).toEqual(['around a', 'a', 'c']);
  expect(await Promise.all(all)).toEqual([true, false, true]);
});
