/** What stands for and against CUDA: the verdict, who uses it, the driver and the GPUs. */
import React from 'react';
import { declared, driver, frameworkName, gpu, loaded, origin, wayOf } from '../cuda';
import { cautions } from '../format';
import { clean, joined, labelled } from '../language';
import type { CudaFramework, CudaLibrary, EnvguardCuda } from '../wire/types';
import { cudaMark } from '../words';
import { Sentence } from './coded';
import { Commands } from './commands';
import { EvidenceList, FindingCard, So } from './finding';
import { Fold } from './fold';
import { Grid } from './grid';
import { Marked } from './marks';
import { useTools } from './tools';

export function Cuda({ told }: { told: EnvguardCuda }): JSX.Element {
  const { trans } = useTools();
  const { verdict, environment, frameworks } = told;
  const nothing = trans.__('–');
  return (
    <>
      <p>
        <Marked mark={cudaMark(verdict.state, trans)} />
        {trans.__(': ')}
        <Sentence text={verdict.message} />
        {verdict.certainty === 'likely' && verdict.fixes.length ? (
          <span className="jp-eg-soft"> ({trans.__('likely')})</span>
        ) : null}
      </p>
      {verdict.consequence ? <So text={verdict.consequence} /> : null}
      {verdict.fixes.map((fix, index) => (
        <div key={index} className="jp-eg-Way">
          <p>
            <strong>{labelled(trans.__('fix:'))}</strong>
            <Sentence text={fix.title} /> <span className="jp-eg-soft">· {cautions(fix, trans)}</span>
          </p>
          <Commands steps={fix.steps} platform={environment.platform} safety={fix.safety} />
        </div>
      ))}
      {verdict.evidence.length ? <EvidenceList evidence={verdict.evidence} /> : null}
      {frameworks.length ? (
        <>
          <h4>{trans.__('Who uses CUDA')}</h4>
          <Grid
            label={trans.__('Who uses CUDA')}
            columns={[
              trans.__('framework'),
              trans.__('asked of conda'),
              trans.__('built for'),
              trans.__('would load'),
              trans.__('in memory'),
              trans.__('owner')
            ]}
            rows={frameworks.map(each => [
              [frameworkName(each)],
              each.asked.length ? each.asked.map(asked => clean(asked)) : [nothing],
              [declared(each, trans)],
              loaded(each.resolved, each, trans.__('not known'), nothing, trans),
              loaded(each.mapped, each, trans.__('not asked'), trans.__('not loaded'), trans),
              [origin(each.origin, trans)]
            ])}
          />
          {frameworks.map((each, index) => (
            <Libraries key={index} framework={each} />
          ))}
        </>
      ) : null}
      <h4>{trans.__('Driver and GPUs')}</h4>
      <ul>
        <li>
          <strong>{trans.__('driver')}</strong>
          {trans.__(': ')}
          {driver(told.driver, trans)}
        </li>
        {told.gpus.map(each => (
          <li key={each.index}>
            <strong>{trans.__('GPU %1', each.index)}</strong>
            {trans.__(': ')}
            {gpu(each, trans)}
          </li>
        ))}
      </ul>
      {told.findings.length || told.remarks.length || told.failed.length ? (
        <h4>{trans.__('What else is known')}</h4>
      ) : null}
      {told.findings.map(finding => (
        <FindingCard key={finding.fingerprint} finding={finding} platform={environment.platform} />
      ))}
      {told.remarks.length ? (
        <ul>
          {told.remarks.map((remark, index) => (
            <li key={index}>
              <Sentence text={remark} />
            </li>
          ))}
        </ul>
      ) : null}
      {told.failed.length ? (
        <p>{trans.__('a rule crashed, which is a bug of envguard: %1', joined(told.failed, trans))}</p>
      ) : null}
    </>
  );
}

function Libraries({ framework }: { framework: CudaFramework }): JSX.Element | null {
  const { trans } = useTools();
  const groups: [string, CudaLibrary[]][] = [
    [trans.__('would load'), framework.resolved ?? []],
    [trans.__('in memory'), framework.mapped ?? []]
  ];
  if (!framework.arch.length && !groups.some(([, those]) => those.length)) {
    return null;
  }
  return (
    <Fold className="jp-eg-Evidence" summary={trans.__('%1: its libraries', frameworkName(framework))}>
      {groups.map(([title, those]) =>
        those.length ? (
          <React.Fragment key={title}>
            <p className="jp-eg-soft">{title}</p>
            <ul>
              {those.map((each, index) => (
                <li key={index}>
                  <strong>{[clean(each.name), clean(each.version ?? '')].filter(Boolean).join(' ')}</strong> ·{' '}
                  {wayOf(each, trans)}
                  {each.path ? <code className="jp-eg-Source">{clean(each.path)}</code> : null}
                </li>
              ))}
            </ul>
          </React.Fragment>
        ) : null
      )}
      {framework.arch.length ? (
        <p className="jp-eg-soft">{trans.__('holds code for %1', joined(framework.arch, trans))}</p>
      ) : null}
    </Fold>
  );
}
