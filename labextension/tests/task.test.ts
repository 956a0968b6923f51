import { beforeEach, expect, test, vi } from 'vitest';
import { Failure } from '../src/server';
import { Task } from '../src/task';
import { Fake, job } from './fake';

const REQUEST = { job: 'forecast', kernel: 'k', command: 'pip install x' } as const;
let fake: Fake;
let task: Task;

beforeEach(() => {
  fake = new Fake();
  task = new Task(fake.server);
});

test('a job is followed to its end', async () => {
  const states: (string | undefined)[] = [];
  task.changed.connect(() => states.push(task.job?.state));
  void task.start(REQUEST);
  expect(task.running).toBe(true);
  await fake.last.answer(job('queued'));
  await fake.last.answer(job('running'));
  await fake.last.answer(job('done'));
  expect([fake.log, states, task.running]).toEqual([
    ['begin forecast', 'job j', 'job j'],
    [undefined, 'queued', 'running', 'done'],
    false
  ]);
});

test('one that is cancelled is not followed any more', async () => {
  void task.start(REQUEST);
  await fake.last.answer(job('running'));
  void task.cancel();
  await fake.last.answer(job('cancelled'));
  expect([fake.log, task.job?.state, task.running]).toEqual([
    ['begin forecast', 'job j', 'cancel j'],
    'cancelled',
    false
  ]);
});

test('one that is forgotten is cancelled', async () => {
  void task.start(REQUEST);
  await fake.last.answer(job('running'));
  task.clear();
  expect([fake.log[2], task.job, task.running]).toEqual(['cancel j', null, false]);
});

test('one that is forgotten before it has begun is cancelled when it has', async () => {
  void task.start(REQUEST);
  task.clear();
  await fake.last.answer(job('queued'));
  expect([fake.log, task.job]).toEqual([['begin forecast', 'cancel j'], null]);
});

test('a refusal is told', async () => {
  void task.start(REQUEST);
  await fake.last.refuse(new Failure('refused'));
  expect([task.failure?.kind, task.running]).toEqual(['refused', false]);
});

test('a server that is away for a moment ends nothing', async () => {
  vi.useFakeTimers();
  void task.start(REQUEST);
  await fake.last.answer(job('running'));
  await fake.last.refuse(new TypeError('network'));
  await vi.advanceTimersByTimeAsync(1000);
  await fake.last.answer(job('done'));
  expect(task.job?.state).toBe('done');
  vi.useRealTimers();
});

test('a job is followed to its end, or given up', async () => {
  vi.useFakeTimers();
  const { server, asked } = fake;
  const patience = { answer: 3, end: 10 };
  const early = Task.ended(server, REQUEST, patience);
  await fake.last.answer(job('done', { result: null }));
  expect((await early).job?.state).toBe('done');

  const unanswered = Task.ended(server, REQUEST, patience);
  await vi.advanceTimersByTimeAsync(3);
  expect((await unanswered).result).toBe(null);
  await asked[1].answer(job('queued'));
  expect(fake.last.what).toBe('cancel j'); // it came too late

  const long = Task.ended(server, REQUEST, patience);
  await fake.last.answer(job('running'));
  await vi.advanceTimersByTimeAsync(10);
  expect((await long).result).toBe(null);
  expect(fake.last.what).toBe('cancel j');

  const says = { id: 'no', args: {}, text: 'no' };
  const refused = Task.ended(server, REQUEST, patience);
  await fake.last.refuse(new Failure('refused', says));
  expect((await refused).why).toBe(says);
  vi.useRealTimers();
});
