/** What is not a finding and must not be passed over: crashed, suppressed, not read, not decided. */
import React from 'react';
import { lastLine, skippedByReason } from '../format';
import { clean, joined } from '../language';
import type { EnvguardReport } from '../wire/types';
import { Coded, Sentence } from './coded';
import { Fold } from './fold';
import { Sign } from './marks';
import { useTools } from './tools';

const SHOWN = 50;

export function Rest({ report }: { report: EnvguardReport }): JSX.Element {
  const { trans } = useTools();
  const { failed, suppressed, problems, skipped } = report;
  return (
    <>
      {failed.length ? (
        <Fold
          summary={
            <>
              <Sign shape="cross" mood="broken" />{' '}
              {trans._n(
                '%1 rule failed: a bug of envguard, please report it',
                '%1 rules failed: a bug of envguard, please report it',
                failed.length
              )}
            </>
          }
        >
          <Entries entries={failed.map(({ rule, error }) => [rule, lastLine(error)])} />
        </Fold>
      ) : null}
      {suppressed.length ? (
        <Fold
          summary={trans._n(
            '%1 finding is suppressed by this project',
            '%1 findings are suppressed by this project',
            suppressed.length
          )}
        >
          <Entries
            entries={suppressed.map(({ finding, reason, until }) => [
              `${finding.code} ${finding.subject}`,
              [clean(reason), until ? trans.__('until %1', clean(until)) : ''].filter(Boolean).join(' · ')
            ])}
          />
        </Fold>
      ) : null}
      {problems.length ? (
        <Fold
          summary={trans._n('%1 problem met while reading', '%1 problems met while reading', problems.length)}
        >
          <Entries entries={problems.map(({ source, reason }) => [source, <Sentence text={reason} />])} />
        </Fold>
      ) : null}
      {skipped.length ? (
        <Fold summary={trans._n('%1 rule could not decide', '%1 rules could not decide', skipped.length)}>
          <ul>
            {skippedByReason(skipped, trans).map(([reason, rules]) => (
              <li key={reason}>
                <Coded told={reason} /> <code className="jp-eg-Source">{joined(rules, trans, 600)}</code>
              </li>
            ))}
          </ul>
        </Fold>
      ) : null}
    </>
  );
}

function Entries({ entries }: { entries: readonly [string, React.ReactNode][] }): JSX.Element {
  const { trans } = useTools();
  return (
    <ul>
      {entries.slice(0, SHOWN).map(([what, why], index) => (
        <li key={index}>
          <code>{clean(what)}</code>
          {trans.__(': ')}
          {why}
        </li>
      ))}
      {entries.length > SHOWN ? (
        <li>{trans._n('and %1 more', 'and %1 more', entries.length - SHOWN)}</li>
      ) : null}
    </ul>
  );
}
