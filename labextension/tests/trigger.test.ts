import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { triggered } from '../src/trigger';

const COMMANDS = join(__dirname, '..', '..', 'tests', 'commands');

function table<T>(name: string): T {
  return JSON.parse(readFileSync(join(COMMANDS, name), 'utf-8')) as T;
}

const { rows } = table<{ rows: { source: string; triggered: boolean }[] }>('triggers.json');
const { cells } = table<{ cells: { source: string }[] }>('cells.json');

test.each(rows)('%j', row => {
  expect(triggered(row.source)).toBe(row.triggered);
});

test('every cell in which a command is found is looked at', () => {
  expect(cells.length).toBeGreaterThan(150);
  expect(cells.filter(cell => !triggered(cell.source))).toEqual([]);
});
