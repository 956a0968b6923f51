/** The panel from top to bottom: the headline, what to do first, the findings, and what can be looked up or tried. */
import { copyIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { cautions, first as firstOf, grave, localTime, rulesCount, slight, traits } from '../format';
import { clean } from '../language';
import type { Part } from '../part';
import { scene as sceneOf, type Scene } from '../scene';
import type { Watch } from '../watch';
import type { Finding } from '../wire/types';
import { Alert } from './alert';
import { Button } from './button';
import { Coded, Sentence } from './coded';
import { Commands } from './commands';
import { Cuda } from './cuda';
import { FindingCard, Remark } from './finding';
import { Fold } from './fold';
import { Forecast } from './forecast';
import { Headline } from './headline';
import { History } from './history';
import { Spinner } from './marks';
import { Notices } from './notices';
import { Rest } from './rest';
import { Empty, told } from './states';
import { ToolsProvider, useTools, type Tools } from './tools';
import { Undo } from './undo';

const SHOWN = 20; // a report of hundreds would make the browser slow

export function View(tools: Tools): JSX.Element {
  const scene = sceneOf(tools.model);
  const watch = tools.model.watch;
  return (
    <ToolsProvider value={tools}>
      {scene.is === 'report' && watch !== null ? (
        <Reported key={watch.kernel} scene={scene} watch={watch} />
      ) : (
        <Empty scene={scene as Exclude<Scene, { is: 'report' }>} />
      )}
    </ToolsProvider>
  );
}

function Reported({ scene, watch }: { scene: Extract<Scene, { is: 'report' }>; watch: Watch }): JSX.Element {
  const { trans, actions } = useTools();
  const { answer, report } = scene;
  const first = firstOf(report);
  const platform = report.environment.platform;
  const about = slight(report);
  return (
    <div
      className="jp-eg-Report"
      data-scene="report"
      data-state={answer.state}
      aria-busy={watch.asking !== null}
    >
      <Headline answer={answer} report={report} asking={watch.asking} />
      <Notices {...scene} />
      {first ? (
        <section className="jp-eg-First" aria-label={trans.__('Do this first')}>
          <h3>{trans.__('Do this first')}</h3>
          <p>
            <Sentence text={first.fix.title} />
          </p>
          <p className="jp-eg-soft">
            {trans.__('for %1 %2', first.finding.code, clean(first.finding.subject))} ·{' '}
            {cautions(first.fix, trans)}
          </p>
          <Commands steps={first.fix.steps} platform={platform} safety={first.fix.safety} />
        </section>
      ) : null}
      <Findings findings={grave(report)} platform={platform} above={first?.fix} />
      {about.length ? (
        <Fold className="jp-eg-Section" summary={<h3>{trans.__('Good to know (%1)', about.length)}</h3>}>
          {about.slice(0, SHOWN).map(finding => (
            <Remark key={finding.fingerprint} finding={finding} platform={platform} above={first?.fix} />
          ))}
          {about.length > SHOWN ? (
            <p className="jp-eg-soft">{trans._n('and %1 more', 'and %1 more', about.length - SHOWN)}</p>
          ) : null}
        </Fold>
      ) : null}
      <Fold className="jp-eg-Section" open summary={<h3>{trans.__('How it came to be')}</h3>}>
        <Fetched part={watch.timeline} stamp={answer.stamp} quiet>
          {timeline => <History events={timeline?.events ?? report.timeline} notes={timeline?.notes ?? []} />}
        </Fetched>
      </Fold>
      <Fold className="jp-eg-Section jp-eg-mod-forecast" summary={<h3>{trans.__('Before you install')}</h3>}>
        <Forecast watch={watch} />
      </Fold>
      <Fold
        className="jp-eg-Section jp-eg-mod-undo"
        summary={
          <h3>
            {answer.undoable
              ? trans.__('Take an install back (%1)', answer.undoable)
              : trans.__('Take an install back')}
          </h3>
        }
      >
        {() => (
          <Fetched part={watch.undo} stamp={answer.stamp}>
            {list => (list ? <Undo told={list} changes={answer.changes} watch={watch} /> : null)}
          </Fetched>
        )}
      </Fold>
      <Fold className="jp-eg-Section" summary={<h3>{trans.__('CUDA')}</h3>}>
        {() => (
          <Fetched part={watch.cuda} stamp={answer.stamp}>
            {cuda => (cuda ? <Cuda told={cuda} /> : null)}
          </Fetched>
        )}
      </Fold>
      <div className="jp-eg-Rest">
        <Rest report={report} />
      </div>
      <footer className="jp-eg-Footer jp-eg-soft">
        <p>{[...traits(report, trans), rulesCount(report, trans)].join(' · ')}</p>
        <p>
          <code>{clean(report.environment.prefix, null)}</code>
          <Button
            bare
            icon={copyIcon}
            label={trans.__('Copy the path')}
            done={trans.__('Copied')}
            onClick={() => actions.copy(report.environment.prefix)}
          />
        </p>
        <p>{trans.__('envguard %1, %2', clean(report.envguard), localTime(report.made_at))}</p>
      </footer>
    </div>
  );
}

interface FindingsProps {
  findings: readonly Finding[];
  platform: string | null;
  above?: Finding['fixes'][number];
}

function Findings({ findings, platform, above }: FindingsProps): JSX.Element | null {
  const { trans } = useTools();
  const [all, setAll] = React.useState(false);
  const section = React.useRef<HTMLElement>(null);
  React.useEffect(() => {
    if (all) {
      section.current?.querySelectorAll('article')[SHOWN]?.focus(); // the button that was there is gone
    }
  }, [all]);
  if (!findings.length) {
    return null;
  }
  const shown = all ? findings : findings.slice(0, SHOWN);
  const rest = findings.length - shown.length;
  return (
    <section ref={section} className="jp-eg-Section" aria-label={trans.__('Findings')}>
      <h3>{trans.__('Findings')}</h3>
      {shown.map(finding => (
        <FindingCard key={finding.fingerprint} finding={finding} platform={platform} above={above} />
      ))}
      {rest ? (
        <button type="button" className="jp-eg-Link" onClick={() => setAll(true)}>
          {trans._n('… %1 more finding', '… %1 more findings', rest)}
        </button>
      ) : null}
    </section>
  );
}

interface FetchedProps<T> {
  part: Part<T>;
  /** Whenever it changes, what was fetched is out of date. */
  stamp: string;
  /** Whether there is something to show without it. */
  quiet?: boolean;
  children: (value: T | null) => React.ReactNode;
}

/** What a part holds, asked for once this is drawn. */
function Fetched<T>({ part, stamp, quiet, children }: FetchedProps<T>): JSX.Element {
  const { trans } = useTools();
  React.useEffect(() => part.want(), [part, stamp]);
  if (part.value === null && !quiet) {
    return part.failure !== null ? (
      <Alert>
        <Coded told={told(part.failure, trans)} />
      </Alert>
    ) : (
      <p className="jp-eg-soft" role="status">
        <Spinner /> {trans.__('loading …')}
      </p>
    );
  }
  return <>{children(part.value)}</>;
}
