import React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { say } from '../src/language';
import { Model } from '../src/model';
import { Cuda } from '../src/panel/cuda';
import { Told } from '../src/panel/forecast';
import { History } from '../src/panel/history';
import { ToolsProvider, type Tools } from '../src/panel/tools';
import { View } from '../src/panel/view';
import { Failure } from '../src/server';
import type {
  EnvguardCuda,
  EnvguardForecast,
  EnvguardReport,
  EnvguardTimeline,
  KernelReport
} from '../src/wire/types';
import { Fake } from './fake';
import { answer, golden, REPORTS, trans } from './golden';

const actions: Tools['actions'] = {
  copy: async () => undefined,
  insert: () => undefined,
  run: async () => undefined,
  restart: async () => undefined
};

async function shown(told: KernelReport | Failure | null, status = 'idle'): Promise<string> {
  const fake = new Fake();
  const model = new Model(fake.server);
  model.watched = true;
  model.follow({ kind: 'notebook', title: 'a.ipynb', kernel: 'k', status });
  if (told !== null) {
    await (told instanceof Failure ? fake.last.refuse(told) : fake.last.answer(told));
  }
  return renderToStaticMarkup(<View trans={trans} model={model} actions={actions} />);
}

function inside(part: JSX.Element): string {
  const model = new Model(new Fake().server);
  return renderToStaticMarkup(<ToolsProvider value={{ trans, model, actions }}>{part}</ToolsProvider>);
}

const escaped = (told: string) => renderToStaticMarkup(<>{told}</>);

describe.each(REPORTS)('%s', name => {
  test('every grave finding is told with its consequence', async () => {
    const report = golden(name);
    const html = await shown(answer(report));
    for (const finding of report.findings.filter(each => each.severity !== 'info').slice(0, 20)) {
      expect(html).toContain(escaped(say(finding.message, trans)));
      if (finding.consequence) {
        expect(html).toContain(escaped(say(finding.consequence, trans)));
      }
    }
  });
});

test('markup in names is text', async () => {
  const html = [
    await shown(answer(golden('hostile'))),
    inside(<Told told={golden<EnvguardForecast>('forecast-hostile')} />),
    inside(<Cuda told={golden<EnvguardCuda>('cuda-hostile')} />),
    inside(<History events={golden<EnvguardTimeline>('timeline-hostile').events} notes={[]} />)
  ];
  for (const each of html) {
    expect(each).toContain('&lt;script&gt;');
    expect(each).not.toMatch(/<script|<img|onerror=|\u202e|\u001b/);
  }
});

test.each<[string, KernelReport | Failure | null, string, string]>([
  ['loading', null, 'idle', 'Looking'],
  ['missing', new Failure('missing'), 'idle', 'envguard is not in the server'],
  ['forbidden', new Failure('forbidden'), 'idle', 'logged out'],
  ['dead', null, 'dead', 'The kernel has died'],
  [
    'remote',
    answer(null, { state: 'unknown', kernel: { id: 'k', name: 'r', display_name: 'R', where: 'remote' } }),
    'idle',
    'A kernel on another machine'
  ],
  ['untold', answer(null, { state: 'silent' }), 'idle', 'Nothing can be said'],
  ['busy', answer(golden('sound'), { state: 'busy' }), 'busy', 'The kernel is busy'],
  [
    'not conda',
    answer({ ...golden<EnvguardReport>('sound'), phase: 'not conda' }),
    'idle',
    'Not a conda environment'
  ],
  [
    'restart',
    answer({ ...golden<EnvguardReport>('sound'), restart: { needed: true, names: ['numpy'], says: [] } }),
    'idle',
    'Restart the kernel'
  ]
])('the state %s says what it is', async (_, told, status, words) => {
  expect(await shown(told, status)).toContain(words);
});

test('without a notebook the panel says what it waits for', () => {
  const model = new Model(new Fake().server);
  const html = renderToStaticMarkup(<View trans={trans} model={model} actions={actions} />);
  expect(html).toContain('No notebook is open');
});

test('no sign stands without a word, and none is read aloud', async () => {
  const html = await shown(answer(golden('strained')));
  const signs = html.match(/<svg[^>]*>/g) ?? [];
  expect(signs.length).toBeGreaterThan(2);
  expect(signs.filter(each => !each.includes('aria-hidden="true"'))).toEqual([]);
});
