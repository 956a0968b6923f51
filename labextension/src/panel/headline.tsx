/** The report in one second: its word and sign, the environment, and how much of it is known. */
import { refreshIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { findingsCount, localTime, packagesCount } from '../format';
import { clean } from '../language';
import type { EnvguardReport, KernelReport } from '../wire/types';
import { headline, meaning, phaseWord } from '../words';
import { Button } from './button';
import { Spinner, Sign } from './marks';
import { useTools } from './tools';

interface Props {
  answer: KernelReport;
  report: EnvguardReport;
  asking: 'disk' | 'live' | null;
}

export function Headline({ answer, report, asking }: Props): JSX.Element {
  const { trans, model } = useTools();
  const { verdict, phase, environment } = report;
  const mark = headline(verdict, phase, trans);
  return (
    <header className={`jp-eg-Headline jp-eg-mod-${mark.mood}`}>
      <div className="jp-eg-Headline-row">
        <Sign shape={mark.shape} mood={mark.mood} className="jp-eg-mod-large" />
        <div role="status" aria-live="polite" className="jp-eg-Headline-told">
          <h2>
            <span className="jp-eg-Verdict">{mark.word}</span>
          </h2>
          <p className="jp-eg-Name" title={clean(environment.prefix, null)}>
            <bdi>{clean(environment.name)}</bdi>
          </p>
        </div>
        <Button
          bare
          icon={refreshIcon}
          label={trans.__('Check again')}
          disabled={asking !== null}
          onClick={() => model.refresh()}
        />
      </div>
      <p className="jp-eg-Meaning">
        <strong>{findingsCount(report, trans)}</strong>
        {trans.__(': ')}
        {meaning(verdict, phase, trans)}
      </p>
      <ul className="jp-eg-Facts jp-eg-soft">
        <li>{phaseWord(phase, trans)}</li>
        <li>{packagesCount(report, trans)}</li>
        <li className="jp-eg-Known">
          {asking === null ? null : <Spinner />}
          <span data-state={answer.state}>{known(answer, report, asking, trans)}</span>
        </li>
      </ul>
    </header>
  );
}

function known(
  { state }: KernelReport,
  { made_at }: EnvguardReport,
  asking: Props['asking'],
  trans: ReturnType<typeof useTools>['trans']
): string {
  if (asking !== null) {
    return asking === 'live' ? trans.__('asking the kernel …') : trans.__('looking …');
  }
  const when = localTime(made_at);
  return state === 'live' ? trans.__('files and running kernel, %1', when) : trans.__('files only, %1', when);
}
