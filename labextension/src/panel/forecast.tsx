/** What an install would do, asked for by a click; and what came of the question. */
import React from 'react';
import { clean, joined, labelled } from '../language';
import type { EnvguardForecast, Foreseen } from '../wire/types';
import type { Watch } from '../watch';
import { forecastMark, severityMark } from '../words';
import { Button } from './button';
import { Sentence } from './coded';
import { Commands } from './commands';
import { EvidenceList, FindingCard } from './finding';
import { Fold } from './fold';
import { Grid } from './grid';
import { Marked, Sign } from './marks';
import { Progress } from './progress';
import { useTools } from './tools';

export function Forecast({ watch }: { watch: Watch }): JSX.Element {
  const { trans } = useTools();
  const { forecast } = watch;
  const [command, setCommand] = React.useState('');
  const id = React.useId();
  const result = forecast.job?.state === 'done' ? forecast.job.result : null;
  return (
    <>
      <form
        className="jp-eg-Ask"
        onSubmit={event => {
          event.preventDefault();
          if (command.trim() && !forecast.running) {
            void watch.foretell(command.trim());
          }
        }}
      >
        <label htmlFor={id} className="jp-eg-soft">
          {trans.__('What would this command do? Nothing is installed.')}
        </label>
        <div className="jp-eg-Ask-row">
          <input
            id={id}
            type="text"
            className="jp-eg-Input"
            autoFocus // it was unfolded to be typed into
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            placeholder={trans.__('pip install …')}
            value={command}
            onChange={event => setCommand(event.target.value)}
          />
          <button
            type="submit"
            className="jp-eg-Button"
            aria-disabled={!command.trim() || forecast.running || undefined}
          >
            {trans.__('Foretell')}
          </button>
        </div>
      </form>
      <Progress task={forecast} label={trans.__('asking the resolver …')} />
      {result?.kind === 'forecast' ? (
        <>
          <Told told={result} />
          <div className="jp-eg-Actions">
            <Button label={trans.__('Close')} onClick={() => forecast.clear()} />
          </div>
        </>
      ) : null}
    </>
  );
}

export function Told({ told }: { told: EnvguardForecast }): JSX.Element {
  const { trans } = useTools();
  const platform = told.environment?.platform ?? null;
  const mark = forecastMark(told.verdict, trans);
  return (
    <section className={`jp-eg-Plan jp-eg-mod-${mark.mood}`} role="status" aria-label={trans.__('forecast')}>
      <p>
        <Marked mark={mark} />
        {trans.__(': ')}
        <code>{clean(told.command.join(' '), 300)}</code>
      </p>
      {told.refusal ? (
        <p>
          <Sentence text={told.refusal} />
        </p>
      ) : null}
      <p>
        <strong>{counts(told, trans)}</strong>
        <span className="jp-eg-soft">
          {' · '}
          {told.depth === 'full'
            ? trans.__('as its resolver would do it')
            : trans.__('at a glance: dependencies were not looked up')}
        </span>
      </p>
      {told.folder !== null ? (
        <p className="jp-eg-soft">{trans.__('would go into %1', clean(told.folder))}</p>
      ) : told.environment && told.is_kernel === false ? (
        <p className="jp-eg-soft">{trans.__('would change %1', clean(told.environment.prefix))}</p>
      ) : null}
      {told.remarks.map((remark, index) => {
        const { word, shape, mood } = severityMark(remark.severity, trans);
        return (
          <article key={index} className={`jp-eg-Finding jp-eg-mod-${mood}`}>
            <p>
              <Sign shape={shape} mood={mood} />{' '}
              <span className="jp-eg-hidden">
                {word}
                {trans.__(': ')}
              </span>
              <Sentence text={remark.message} />
            </p>
            {remark.evidence.length ? <EvidenceList evidence={remark.evidence} /> : null}
          </article>
        );
      })}
      <Changes told={told} />
      {told.new_findings.length ? (
        <>
          <h4>{trans.__('What a report would say afterwards')}</h4>
          {told.new_findings.map(finding => (
            <FindingCard key={finding.fingerprint} finding={finding} platform={platform} quoted />
          ))}
        </>
      ) : null}
      {told.cleared_findings.length ? (
        <>
          <h4>{trans.__('What it would settle')}</h4>
          <ul>
            {told.cleared_findings.map(finding => (
              <li key={finding.fingerprint}>
                <bdi className="jp-eg-Subject">{clean(finding.subject)}</bdi>
                {trans.__(': ')}
                <Sentence text={finding.message} /> <span className="jp-eg-soft">{finding.code}</span>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {told.alternatives.length ? (
        <>
          <h4>{trans.__('Other ways')}</h4>
          {told.alternatives.map((way, index) => (
            <div key={index} className="jp-eg-Way">
              <p>
                <Sentence text={way.title} />{' '}
                <span className="jp-eg-soft">
                  ·{' '}
                  {way.proven === null
                    ? trans.__('not tried')
                    : way.proven
                      ? trans.__('tried in a dry run')
                      : trans.__('a dry run failed')}
                  {way.says ? trans.__(': ') : null}
                  {way.says ? <Sentence text={way.says} /> : null}
                </span>
              </p>
              <Commands steps={way.steps} platform={platform} safety="review" />
            </div>
          ))}
        </>
      ) : null}
      {told.unknown.length ? (
        <Fold
          className="jp-eg-Evidence"
          summary={trans.__('What could not be foretold')}
          open={told.verdict === 'unknown'}
        >
          <ul>
            {told.unknown.map((each, index) => (
              <li key={index}>
                <Sentence text={each} />
              </li>
            ))}
          </ul>
        </Fold>
      ) : null}
    </section>
  );
}

/** What would be replaced, removed and added. */
export function Changes({ told }: { told: EnvguardForecast }): JSX.Element {
  const { trans } = useTools();
  const nothing = trans.__('–');
  const row = (each: Foreseen, otherwise: string) => [
    [clean(each.name, 60)],
    [each.was ? clean(each.was, 40) : nothing],
    [each.version ? clean(each.version, 40) : otherwise],
    [each.owner === 'conda' ? trans.__('conda') : each.owner === 'pip' ? trans.__('pip') : nothing],
    [each.dependants.length ? joined(each.dependants, trans, 60) : nothing]
  ];
  const rows = [
    ...told.replaces.map(each => row(each, trans.__('another version'))),
    ...told.removes.map(each => row(each, trans.__('removed')))
  ];
  const added = told.installs.map(each => [each.name, each.version].filter(Boolean).join(' '));
  return (
    <>
      {rows.length ? (
        <Grid
          label={trans.__('What would change')}
          columns={[
            trans.__('package'),
            trans.__('now'),
            trans.__('afterwards'),
            trans.__('owner now'),
            trans.__('needed by')
          ]}
          rows={rows}
        />
      ) : null}
      {added.length ? (
        <p>
          {labelled(trans.__('new:'))}
          {joined(added, trans)}
        </p>
      ) : null}
      {told.stale.length ? (
        <p>
          {trans.__(
            'loaded in the kernel, and no longer what is on disk then: %1',
            joined(told.stale, trans)
          )}
        </p>
      ) : null}
    </>
  );
}

/** How many packages that are. */
export function counts(told: EnvguardForecast, trans: ReturnType<typeof useTools>['trans']): string {
  const said = [
    told.replaces.length ? trans._n('%1 replaced', '%1 replaced', told.replaces.length) : '',
    told.removes.length ? trans._n('%1 removed', '%1 removed', told.removes.length) : '',
    told.installs.length ? trans._n('%1 new', '%1 new', told.installs.length) : ''
  ].filter(Boolean);
  const nothing =
    told.verdict === 'unknown'
      ? trans.__('what would change is not known')
      : trans.__('nothing would change');
  return said.join(trans.__(', ')) || nothing;
}
