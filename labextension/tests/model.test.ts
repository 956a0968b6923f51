import { beforeEach, expect, test } from 'vitest';
import { Model, type Subject } from '../src/model';
import { refusal } from '../src/request';
import { scene } from '../src/scene';
import { Failure } from '../src/server';
import { Fake } from './fake';
import { answer, golden } from './golden';

const sound = golden('sound');
let fake: Fake;
let model: Model;

beforeEach(() => {
  fake = new Fake();
  model = new Model(fake.server);
});

function notebook(kernel: string | null, status = 'idle'): Subject {
  return { kind: 'notebook', title: 'a.ipynb', kernel, status };
}

test('nothing is asked before there is a kernel and somebody who looks', () => {
  model.follow(notebook(null));
  model.watched = true;
  expect(fake.log).toEqual([]);
  model.watched = false;
  model.follow(notebook('k'));
  model.ran('k');
  expect(fake.log).toEqual([]);
  model.watched = true;
  expect(fake.log).toEqual(['status', 'k']);
});

test('what the server offers is asked once', async () => {
  model.watched = true;
  model.follow(notebook('k'));
  await fake.asked[0].answer({ terminals: true });
  model.follow(notebook('other'));
  expect([fake.log, model.offers]).toEqual([['status', 'k', 'other'], { terminals: true }]);
});

test('an answer for the notebook before is shown in that one alone', async () => {
  model.watched = true;
  model.follow(notebook('a'));
  const early = fake.last;
  model.follow(notebook('b'));
  expect(early.signal?.aborted).toBe(true);
  await fake.last.answer(answer(sound, { stamp: 'b' }));
  await early.answer(answer(sound, { stamp: 'a' }));
  expect(model.watch?.answer?.stamp).toBe('b');
});

test('back at a notebook what was known of it stands there at once', async () => {
  model.watched = true;
  model.follow(notebook('a'));
  await fake.last.answer(answer(sound, { stamp: 'a' }));
  model.follow(notebook('b'));
  model.follow(notebook('a'));
  expect(scene(model)).toMatchObject({ is: 'report', answer: { stamp: 'a' } });
});

test('a cell that was run is a reason to look, unless the user does not want it', () => {
  model.watched = true;
  model.follow(notebook('k'));
  model.ran('k');
  model.ran('another');
  expect(fake.log).toEqual(['status', 'k', 'k']);
  model.afterCells = false;
  model.ran('k');
  expect(fake.log).toHaveLength(3);
});

test('the page of a rule is fetched once, and again if that failed', async () => {
  const asked = model.rule('x');
  const refused = expect(asked).rejects.toBeInstanceOf(Failure);
  await fake.last.refuse(new TypeError('network'));
  await refused;
  void model.rule('x');
  void model.rule('x');
  expect(fake.log).toEqual(['rule x', 'rule x']);
});

test('every state has its scene', async () => {
  expect(scene(model).is).toBe('nothing');
  model.follow(notebook(null, 'starting'));
  expect(scene(model).is).toBe('starting');
  model.follow(notebook(null, 'unknown'));
  expect(scene(model).is).toBe('no-kernel');
  model.watched = true;
  model.follow(notebook('k'));
  expect(scene(model).is).toBe('loading');
  await fake.last.refuse(new Failure('missing'));
  expect(scene(model)).toMatchObject({ is: 'failed', failure: { kind: 'missing' } });
  model.refresh();
  await fake.last.answer(answer(null, { state: 'unknown' }));
  expect(scene(model).is).toBe('untold');
  model.refresh();
  await fake.last.answer(answer(sound));
  expect(scene(model)).toMatchObject({ is: 'report', dead: false });
  model.follow(notebook('k', 'dead'));
  expect(scene(model)).toMatchObject({ is: 'report', dead: true });
  model.follow(notebook('other', 'dead'));
  expect(scene(model).is).toBe('dead');
});

test.each([
  [404, { kind: 'error', message: null }, 'gone'],
  [404, { message: 'Not Found' }, 'missing'],
  [404, null, 'missing'],
  [403, { message: 'Forbidden' }, 'forbidden'],
  [401, null, 'forbidden'],
  [429, { kind: 'error', message: null }, 'refused'],
  [500, null, 'refused']
])('%i with %j is %s', (status, told, kind) => {
  expect(refusal(status, told).kind).toBe(kind);
});
