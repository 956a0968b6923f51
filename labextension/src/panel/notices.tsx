/** What must be known about a report before it is read: the kernel is busy, has died, must be restarted. */
import { refreshIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { Scene } from '../scene';
import type { Shape, Mood } from '../words';
import { Button } from './button';
import { Coded, Sentence } from './coded';
import { Sign } from './marks';
import { told } from './states';
import { useTools } from './tools';

type Reported = Extract<Scene, { is: 'report' }>;

const REASONS = 3; // each is a finding, too

export function Notices({ answer, report, dead, failure }: Reported): JSX.Element {
  const { trans, actions } = useTools();
  const restart = report.restart;
  return (
    <>
      {failure !== null ? (
        <Notice shape="bang" mood="strained" title={trans.__('This may be out of date')}>
          <p>
            <Coded told={told(failure, trans)} />
          </p>
        </Notice>
      ) : null}
      {dead ? (
        <Notice shape="dead" mood="unknown" title={trans.__('The kernel has died')}>
          <p>
            {trans.__(
              'What you see was found in the files. Restart the kernel to have the running process checked, too.'
            )}
          </p>
          <Restart />
        </Notice>
      ) : answer.state === 'busy' ? (
        <Notice shape="dash" mood="unknown" title={trans.__('The kernel is busy')}>
          <p>{answer.why ? <Sentence text={answer.why} /> : null}</p>
          <p className="jp-eg-soft">
            {trans.__('It is asked when it has finished; this was found in the files.')}
          </p>
        </Notice>
      ) : answer.why !== null ? (
        <Notice shape="question" mood="unknown" title={trans.__('The running kernel was not asked')}>
          <p>
            <Sentence text={answer.why} />
          </p>
        </Notice>
      ) : null}
      {report.phase === 'not conda' ? (
        <Notice shape="info" mood="info" title={trans.__('Not a conda environment')}>
          <p>
            {trans.__(
              'There is no book of conda here to compare with; what pip wrote and what runs was checked.'
            )}
          </p>
        </Notice>
      ) : null}
      {restart !== null && restart.needed !== false && !dead ? (
        <Notice
          shape={restart.needed ? 'bang' : 'question'}
          mood={restart.needed ? 'strained' : 'unknown'}
          title={
            restart.needed
              ? trans.__('Restart the kernel')
              : trans.__('Whether a restart is needed could not be told')
          }
        >
          <ul>
            {restart.says.slice(0, REASONS).map((each, index) => (
              <li key={index}>
                <Sentence text={each} />
              </li>
            ))}
            {restart.says.length > REASONS ? (
              <li>{trans._n('and %1 more', 'and %1 more', restart.says.length - REASONS)}</li>
            ) : null}
          </ul>
          <div className="jp-eg-Actions">
            <Button
              icon={refreshIcon}
              label={trans.__('Restart kernel…')}
              onClick={() => actions.restart()}
            />
          </div>
        </Notice>
      ) : null}
    </>
  );
}

function Restart(): JSX.Element {
  const { trans, actions } = useTools();
  return (
    <div className="jp-eg-Actions">
      <Button icon={refreshIcon} label={trans.__('Restart kernel…')} onClick={() => actions.restart()} />
    </div>
  );
}

interface NoticeProps {
  shape: Shape;
  mood: Mood;
  title: string;
  children: React.ReactNode;
}

export function Notice({ shape, mood, title, children }: NoticeProps): JSX.Element {
  return (
    <section className={`jp-eg-Notice jp-eg-mod-${mood}`} aria-label={title}>
      <Sign shape={shape} mood={mood} />
      <div>
        <h3>{title}</h3>
        {children}
      </div>
    </section>
  );
}
