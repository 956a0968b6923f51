import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Failure } from '../src/server';
import { PATIENCE, SETTLED, Watch } from '../src/watch';
import { Fake, job } from './fake';
import { answer, golden } from './golden';

const sound = golden('sound');
const broken = golden('broken');
let fake: Fake;
let watch: Watch;

beforeEach(() => {
  vi.useFakeTimers();
  fake = new Fake();
  watch = new Watch('k', fake.server);
});

afterEach(() => {
  watch.dispose();
  vi.useRealTimers();
});

test('the files first, then the process', async () => {
  void watch.look();
  expect([fake.log, watch.asking]).toEqual([['k'], 'disk']);
  await fake.last.answer(answer(sound, { state: 'disk' }));
  expect([fake.log, watch.asking, watch.answer?.state]).toEqual([['k', 'k live'], 'live', 'disk']);
  await fake.last.answer(answer(broken, { state: 'live' }));
  expect([watch.asking, watch.answer?.state, watch.answer?.report?.verdict]).toEqual([
    null,
    'live',
    'broken'
  ]);
});

test('what is known of the process already is not asked for again', async () => {
  void watch.look();
  await fake.last.answer(answer(sound, { state: 'live' }));
  expect([fake.log, watch.asking]).toEqual([['k'], null]);
});

test('anew, both are asked for at once', () => {
  void watch.look(true);
  expect([fake.log, watch.asking]).toEqual([['k live fresh'], 'live']);
});

test('a later look takes the place of an earlier one, whose answer is dropped', async () => {
  void watch.look();
  const early = fake.last;
  void watch.look(true);
  expect(early.signal?.aborted).toBe(true);
  await fake.last.answer(answer(sound, { stamp: 'late' }));
  await early.answer(answer(broken, { stamp: 'early' }));
  expect([watch.answer?.stamp, watch.failure]).toEqual(['late', null]);
});

test('nothing is shown before it is known what has changed', async () => {
  void watch.look();
  await fake.last.answer(answer(sound));
  void watch.glance();
  expect([fake.log, watch.asking]).toEqual([['k', 'k'], null]);
  await fake.last.answer(answer(broken, { state: 'disk', stamp: 'second' }));
  expect(watch.answer?.report?.verdict).toBe('sound');
  await fake.last.answer(answer(broken, { stamp: 'second' }));
  expect([watch.answer?.report?.verdict, fake.log]).toEqual(['broken', ['k', 'k', 'k live']]);
});

test('a busy kernel is asked when it has been idle for a while, not between two cells', async () => {
  void watch.look();
  await fake.last.answer(answer(sound, { state: 'busy' }));
  watch.heard('idle');
  vi.advanceTimersByTime(SETTLED - 1);
  watch.heard('busy');
  vi.advanceTimersByTime(SETTLED);
  expect(fake.log).toEqual(['k']);
  watch.heard('idle');
  vi.advanceTimersByTime(SETTLED);
  expect(fake.log).toEqual(['k', 'k']);
});

test('a kernel of which nothing tells that it is idle is asked again after a while, and then after a longer one', async () => {
  void watch.look();
  await fake.last.answer(answer(sound, { state: 'busy' }));
  vi.advanceTimersByTime(PATIENCE);
  await fake.last.answer(answer(sound, { state: 'busy' }));
  vi.advanceTimersByTime(PATIENCE);
  expect(fake.log).toEqual(['k', 'k']);
  vi.advanceTimersByTime(PATIENCE);
  expect(fake.log).toEqual(['k', 'k', 'k']);
});

test('a kernel that was asked is left alone when it becomes idle', async () => {
  void watch.look();
  await fake.last.answer(answer(sound));
  watch.heard('idle');
  vi.advanceTimersByTime(10 * SETTLED);
  expect(fake.log).toEqual(['k']);
});

test('after a restart it is asked again', async () => {
  void watch.look();
  await fake.last.answer(answer(sound));
  watch.heard('restarting');
  watch.heard('starting');
  watch.heard('idle');
  vi.advanceTimersByTime(SETTLED);
  expect(fake.log).toEqual(['k', 'k']);
});

test('a restart of which no end is told is followed by a look, too', async () => {
  void watch.look();
  await fake.last.answer(answer(sound));
  watch.heard('autorestarting');
  watch.heard('unknown');
  vi.advanceTimersByTime(SETTLED);
  expect(fake.log).toEqual(['k']);
  vi.advanceTimersByTime(PATIENCE);
  expect(fake.log).toEqual(['k', 'k']);
});

test('why there is no answer is kept beside the last one', async () => {
  void watch.look();
  await fake.last.answer(answer(sound));
  void watch.look();
  await fake.last.refuse(new Failure('forbidden'));
  expect([watch.failure?.kind, watch.answer?.report?.verdict, watch.asking]).toEqual([
    'forbidden',
    'sound',
    null
  ]);
  void watch.look();
  await fake.last.refuse(new TypeError('network'));
  expect(watch.failure?.kind).toBe('unreachable');
});

test('a part is fetched once, and again when the environment has changed', async () => {
  void watch.look();
  await fake.last.answer(answer(sound));
  watch.cuda.want();
  watch.cuda.want();
  await fake.last.answer({ kind: 'cuda' });
  watch.cuda.want();
  expect(fake.log).toEqual(['k', 'k cuda']);
  void watch.look();
  await fake.last.answer(answer(sound, { stamp: 'second' }));
  expect(watch.cuda.value).not.toBeNull();
  watch.cuda.want();
  expect(fake.log).toEqual(['k', 'k cuda', 'k', 'k cuda']);
});

test('an undo is followed by a look at what has become of it', async () => {
  void watch.takeBack('20240101T000000Z-abcdef');
  await fake.last.answer(job('running', { job: 'undo' }));
  expect(fake.log).toEqual(['begin undo', 'job j']);
  await fake.last.answer(job('done', { job: 'undo' }));
  expect(fake.log).toEqual(['begin undo', 'job j', 'k undo', 'k live fresh']);
});
