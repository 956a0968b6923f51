import { describe, expect, test } from 'vitest';
import { brief, changes, few, isGap, laneOf, outcome, rows } from '../src/history';
import type { EnvguardTimeline, Event } from '../src/wire/types';
import { golden, trans } from './golden';

const mixed = golden<EnvguardTimeline>('timeline-mixed');
const NAMES = [
  'timeline-mixed',
  'timeline-remembered',
  'timeline-copied',
  'timeline-hostile',
  'timeline-empty'
];

describe.each(NAMES)('%s', name => {
  const { events, handover } = golden<EnvguardTimeline>(name);

  test('every event has its lane, and knows from which the way comes', () => {
    const told = rows(events);
    expect(told.map(row => row.event)).toEqual(events);
    told.forEach((row, index) => expect(row.from).toBe(index ? told[index - 1].lane : null));
  });

  test("pip's lane has begun with the hand-over", () => {
    if (handover !== null && name !== 'timeline-hostile') {
      expect(rows(events)[handover].pipBegun).toBe(true);
      expect(laneOf(events[handover])).toBe('pip');
    }
  });

  test('a row says something', () => {
    for (const event of events) {
      expect(brief(event, trans) + outcome(event, trans).join()).not.toBe('');
    }
  });
});

const event = (more: Partial<Event>): Event => ({
  ...mixed.events[0],
  action: 'install',
  mark: null,
  ...more
});
const MANY = Array.from({ length: 40 }, (_, index) =>
  event({
    mark: index === 9 ? 'handover' : index === 20 ? 'violation' : null,
    actor: index < 9 ? 'conda' : 'pip'
  })
);

test('of many events the first, the hand-over, the violations and the last are drawn, the others counted', () => {
  const lines = few(rows(MANY));
  const drawn = lines.flatMap(line => (isGap(line) ? [] : [line.index]));
  expect(drawn).toHaveLength(12);
  expect(drawn).toEqual(expect.arrayContaining([0, 9, 20, 39]));
  expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  const left = lines.reduce((sum, line) => sum + (isGap(line) ? line.left : 0), 0);
  expect(left + drawn.length).toBe(40);
});

test('of few events all are drawn', () => {
  expect(few(rows(MANY.slice(0, 12))).some(isGap)).toBe(false);
});

test('changes are told by kind, the first three by name until the row is unfolded', () => {
  const told = event({
    changes: ['a', 'b', 'c', 'd'].map(name => ({ name, before: name === 'd' ? '1' : null, after: '2' }))
  });
  expect(changes(told, false, trans)).toEqual(['changed d 1 → 2', 'added a 2, b 2, c 2']);
  const four = event({ changes: ['a', 'b', 'c', 'd'].map(name => ({ name, before: '1', after: null })) });
  expect(changes(four, false, trans)).toEqual(['removed a 1, b 1, c 1 and 1 more']);
  expect(changes(four, true, trans)).toEqual(['removed a 1, b 1, c 1, d 1']);
});
