/** The panel where there is no report: each state says what it is and what can be done. */
import { refreshIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { clean, say, type Words } from '../language';
import type { Scene } from '../scene';
import type { Failure } from '../server';
import type { Mood, Shape } from '../words';
import { Button } from './button';
import { Coded } from './coded';
import { Sign, Spinner } from './marks';
import { useTools } from './tools';

interface State {
  shape: Shape | null; // null: it is under way
  mood: Mood;
  title: string;
  says: string;
  action?: 'again' | 'restart';
}

export function Empty({ scene }: { scene: Exclude<Scene, { is: 'report' }> }): JSX.Element {
  const { trans, model, actions } = useTools();
  const { shape, mood, title, says, action } = state(scene, trans, model.subject?.title ?? '');
  return (
    <div className="jp-eg-Empty" data-scene={scene.is}>
      {shape === null ? <Spinner /> : <Sign shape={shape} mood={mood} />}
      <div role="status" aria-live="polite">
        <h2>{title}</h2>
        <p>
          <Coded told={says} />
        </p>
      </div>
      {action === 'again' ? (
        <Button icon={refreshIcon} label={trans.__('Try again')} onClick={() => model.refresh()} />
      ) : null}
      {action === 'restart' ? (
        <Button icon={refreshIcon} label={trans.__('Restart kernel…')} onClick={() => actions.restart()} />
      ) : null}
    </div>
  );
}

function state(scene: Exclude<Scene, { is: 'report' }>, trans: Words, subject: string): State {
  switch (scene.is) {
    case 'nothing':
      return {
        shape: 'dash',
        mood: 'unknown',
        title: trans.__('No notebook is open'),
        says: trans.__('Open a notebook or a console: the environment of its kernel is checked here.')
      };
    case 'no-kernel':
      return {
        shape: 'dash',
        mood: 'unknown',
        title: trans.__('No kernel'),
        says: trans.__('%1 has no kernel. Choose one, and its environment is checked here.', clean(subject))
      };
    case 'starting':
      return {
        shape: null,
        mood: 'unknown',
        title: trans.__('The kernel is starting'),
        says: trans.__('Its environment is checked as soon as it runs.')
      };
    case 'loading':
      return {
        shape: null,
        mood: 'unknown',
        title: trans.__('Looking'),
        says: trans.__('Reading what conda and pip have written down.')
      };
    case 'dead':
      return {
        shape: 'dead',
        mood: 'unknown',
        title: trans.__('The kernel has died'),
        says: trans.__('Restart it to have its environment checked.'),
        action: 'restart'
      };
    case 'untold':
      return scene.answer.kernel?.where === 'remote'
        ? {
            shape: 'question',
            mood: 'unknown',
            title: trans.__('A kernel on another machine'),
            says: scene.answer.why
              ? say(scene.answer.why, trans)
              : trans.__('Its files are not on this server, and it could not be asked.'),
            action: 'again'
          }
        : {
            shape: 'question',
            mood: 'unknown',
            title: trans.__('Nothing can be said'),
            says: scene.answer.why
              ? say(scene.answer.why, trans)
              : trans.__('This kernel does not tell which environment it runs in.'),
            action: 'again'
          };
    case 'failed':
      return {
        shape: 'bang',
        mood: 'strained',
        title:
          scene.failure.kind === 'missing'
            ? trans.__('envguard is not in the server')
            : trans.__('The server did not answer'),
        says: told(scene.failure, trans),
        action: 'again'
      };
  }
}

/** Why the server did not answer, and what to do about it. */
export function told({ kind, says }: Failure, trans: Words): string {
  switch (kind) {
    case 'missing':
      return trans.__(
        'This panel came without its other half. Install jupyter-envguard where the Jupyter server runs, and start the server again.'
      );
    case 'forbidden':
      return says
        ? say(says, trans)
        : trans.__('You are not allowed to ask; perhaps you have been logged out.');
    case 'gone':
      return trans.__('The server does not know this kernel any more.');
    case 'unreachable':
      return trans.__('The server cannot be reached.');
    case 'conflict':
    case 'refused':
      return says ? say(says, trans) : trans.__('The server refused without a reason.');
  }
}
