/** One finding: the fact, what follows from it, the ways out, and what it rests on. */
import React from 'react';
import { cautions } from '../format';
import { clean, labelled, say } from '../language';
import { severityMark } from '../words';
import type { Evidence, Finding, Fix, RulePage, Text } from '../wire/types';
import { Sentence } from './coded';
import { Commands } from './commands';
import { Fold } from './fold';
import { Spinner, Sign } from './marks';
import { Page } from './page';
import { useTools } from './tools';

interface Props {
  finding: Finding;
  platform: string | null;
  /** The fix that stands above already. */
  above?: Fix;
  /** Only what it is and what follows: its ways out are for later. */
  quoted?: boolean;
}

export function FindingCard({ finding, platform, above, quoted }: Props): JSX.Element {
  const { trans } = useTools();
  const mark = severityMark(finding.severity, trans);
  return (
    <article className={`jp-eg-Finding jp-eg-mod-${mark.mood}`} tabIndex={-1}>
      <h4>
        <Sign shape={mark.shape} mood={mark.mood} />
        <span className="jp-eg-hidden">
          {mark.word}
          {trans.__(': ')}
        </span>
        <bdi className="jp-eg-Subject">{clean(finding.subject)}</bdi>
        <span className="jp-eg-soft jp-eg-Code" title={finding.rule}>
          {finding.code}
          {finding.certainty === 'likely' ? ` · ${trans.__('likely')}` : ''}
        </span>
      </h4>
      <p>
        <Sentence text={finding.message} />
      </p>
      <Details finding={finding} platform={platform} above={above} quoted={quoted} />
    </article>
  );
}

/** A finding that is only good to know: one line, the rest behind it. */
export function Remark({ finding, platform, above }: Props): JSX.Element {
  const { trans } = useTools();
  const named = say(finding.message, trans).includes(clean(finding.subject));
  return (
    <Fold
      className="jp-eg-Aside"
      summary={
        <>
          {named ? null : (
            <>
              <bdi className="jp-eg-Subject">{clean(finding.subject)}</bdi>
              {trans.__(': ')}
            </>
          )}
          <Sentence text={finding.message} /> <span className="jp-eg-soft jp-eg-Code">{finding.code}</span>
        </>
      }
    >
      <Details finding={finding} platform={platform} above={above} />
    </Fold>
  );
}

function Details({ finding, platform, above, quoted }: Props): JSX.Element {
  const { trans } = useTools();
  const [first, ...others] = finding.fixes;
  return (
    <>
      {finding.consequence ? <So text={finding.consequence} /> : null}
      {quoted || !first ? null : (
        <>
          <Way fix={first} platform={platform} above={above} />
          {others.length ? (
            <Fold summary={trans._n('%1 other way', '%1 other ways', others.length)}>
              {others.map((fix, index) => (
                <Way key={index} fix={fix} platform={platform} above={above} />
              ))}
            </Fold>
          ) : null}
        </>
      )}
      {finding.evidence.length ? <EvidenceList evidence={finding.evidence} /> : null}
      <Explanation rule={finding.rule} />
    </>
  );
}

/** What follows. */
export function So({ text }: { text: Text }): JSX.Element {
  const { trans } = useTools();
  return (
    <p className="jp-eg-So">
      <span aria-hidden="true">→ </span>
      <span className="jp-eg-hidden">{labelled(trans.__('so:'))}</span>
      <Sentence text={text} />
    </p>
  );
}

/** One way out: what it is, how careful to be, and its commands. */
function Way({ fix, platform, above }: { fix: Fix; platform: string | null; above?: Fix }): JSX.Element {
  const { trans } = useTools();
  const same = above !== undefined && JSON.stringify(fix) === JSON.stringify(above);
  return (
    <div className="jp-eg-Way">
      <p>
        <strong>{labelled(trans.__('fix:'))}</strong>
        {same ? (
          trans.__('see “Do this first”')
        ) : (
          <>
            <Sentence text={fix.title} /> <span className="jp-eg-soft">· {cautions(fix, trans)}</span>
          </>
        )}
      </p>
      {same ? null : <Commands steps={fix.steps} platform={platform} safety={fix.safety} />}
    </div>
  );
}

export function EvidenceList({ evidence }: { evidence: readonly Evidence[] }): JSX.Element {
  const { trans } = useTools();
  return (
    <Fold
      className="jp-eg-Evidence"
      summary={trans._n('%1 piece of evidence', '%1 pieces of evidence', evidence.length)}
    >
      <ul>
        {evidence.map(({ says, source }, index) => (
          <li key={index}>
            <Sentence text={says} /> <code className="jp-eg-Source">{clean(source)}</code>
          </li>
        ))}
      </ul>
    </Fold>
  );
}

/** The page of a rule, fetched when it is unfolded. */
function Explanation({ rule }: { rule: string }): JSX.Element {
  const { trans, model } = useTools();
  const [told, setTold] = React.useState<RulePage | 'lost' | null>(null);
  const here = React.useRef(true);
  React.useEffect(
    () => () => {
      here.current = false;
    },
    []
  );
  const fetch = () => {
    model.rule(rule).then(
      page => here.current && setTold(page),
      () => here.current && setTold('lost')
    );
  };
  return (
    <Fold
      className="jp-eg-Evidence"
      summary={
        <>
          {trans.__('about this rule')} <code className="jp-eg-soft">{clean(rule)}</code>
        </>
      }
      onOpen={fetch}
    >
      {told === null ? (
        <p className="jp-eg-soft">
          <Spinner /> {trans.__('loading …')}
        </p>
      ) : told === 'lost' ? (
        <p className="jp-eg-soft">{trans.__('the server did not tell')}</p>
      ) : (
        <Page title={told.title} page={told.page} />
      )}
    </Fold>
  );
}
