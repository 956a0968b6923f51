/** Taking an install back: what can be, what that would do, and what came of it. */
import { undoIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { minute, size } from '../format';
import { clean, joined, more, say } from '../language';
import type { Changes, Job, Undo as UndoDocument, UndoCheckpoint, UndoLeft, UndoList } from '../wire/types';
import { commandOf, doneCount, planCount, proofOf } from '../undo';
import { checkpointWord } from '../words';
import type { Watch } from '../watch';
import { Button } from './button';
import { Coded, Sentence } from './coded';
import { Grid } from './grid';
import { Progress } from './progress';
import { useTools } from './tools';

const SHOWN = 8;

interface Props {
  told: UndoList;
  changes: Changes;
  watch: Watch;
}

export function Undo({ told, changes, watch }: Props): JSX.Element {
  const { trans } = useTools();
  const { plan, undoing } = watch;
  const done = resultOf(undoing.job);
  const planned = resultOf(plan.job);
  const points = [...told.checkpoints].reverse();
  return (
    <>
      {told.reason ? (
        <p>
          <Sentence text={told.reason} />
        </p>
      ) : null}
      {changes.allowed || !points.length ? null : (
        <p className="jp-eg-soft">
          {changes.why ? <Sentence text={changes.why} /> : trans.__('This server changes no environment.')}
        </p>
      )}
      <Progress task={plan} label={trans.__('looking what that would do …')} />
      {planned !== null && !undoing.running && done === null ? (
        <Plan told={planned} changes={changes} watch={watch} />
      ) : null}
      <Progress task={undoing} label={trans.__('taking it back …')} stoppable={false} />
      {done !== null ? <Done told={done} watch={watch} /> : null}
      {points.length ? (
        <ol className="jp-eg-Points">
          {points.map(point => (
            <Point
              key={point.id}
              point={point}
              unfinished={told.unfinished.includes(point.id)}
              busy={plan.running || undoing.running}
              onClick={() => watch.planUndo(point.id)}
            />
          ))}
        </ol>
      ) : (
        <p className="jp-eg-soft">
          <Coded
            told={
              told.wanted
                ? trans.__('There is nothing to take back yet; a way back is made before each install.')
                : trans.__('No way back is made before installs; `envguard enable --undo` changes that.')
            }
          />
        </p>
      )}
    </>
  );
}

interface PointProps {
  point: UndoCheckpoint;
  unfinished: boolean;
  busy: boolean;
  onClick: () => Promise<void>;
}

function Point({ point, unfinished, busy, onClick }: PointProps): JSX.Element {
  const { trans } = useTools();
  const state =
    unfinished && point.state === 'begun'
      ? trans.__('never came to its end')
      : checkpointWord(point.state, trans);
  const names = point.changes.map(change => change.name);
  return (
    <li>
      <code>{commandOf(point, trans)}</code>
      <p className="jp-eg-soft">
        {[
          minute(point.when, trans),
          names.length > 3 ? trans._n('%1 package', '%1 packages', names.length) : joined(names, trans),
          point.failed ? trans.__('failed') : '',
          state,
          point.state === 'undone' ? '' : size(point.size, trans)
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {point.state === 'undone' ? null : (
        <Button icon={undoIcon} label={trans.__('Take back…')} disabled={busy} onClick={onClick} />
      )}
    </li>
  );
}

function Plan({ told, changes, watch }: { told: UndoDocument; changes: Changes; watch: Watch }): JSX.Element {
  const { trans } = useTools();
  const { plan } = told;
  const point = plan.checkpoint;
  const possible = point !== null && !plan.refused.length;
  const heading = React.useRef<HTMLHeadingElement>(null);
  React.useEffect(() => heading.current?.focus(), []);
  return (
    <section className="jp-eg-Plan" aria-label={trans.__('What taking back would do')}>
      <h4 ref={heading} tabIndex={-1}>
        {possible ? trans.__('What taking back would do') : trans.__('This is not taken back')}
      </h4>
      {point ? <code>{commandOf(point, trans)}</code> : null}
      {plan.refused.map((each, index) => (
        <p key={index}>
          <Sentence text={each} />
        </p>
      ))}
      {plan.also.length ? (
        <>
          <p>{trans.__('Taken back with it, as they came later:')}</p>
          <ul>
            {plan.also.map(each => (
              <li key={each.id}>
                <code>{commandOf(each, trans)}</code>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {possible ? (
        <>
          {plan.changes.length ? (
            <Grid
              label={trans.__('What that means')}
              columns={[trans.__('package'), trans.__('now'), trans.__('afterwards')]}
              rows={plan.changes.map(change => [
                [clean(change.name, 60)],
                [change.before ? clean(change.before, 40) : trans.__('–')],
                [change.after ? clean(change.after, 40) : trans.__('removed')]
              ])}
            />
          ) : null}
          <p>
            <strong>{planCount(plan, trans)}</strong>
          </p>
        </>
      ) : null}
      {plan.remarks.map((each, index) => (
        <p key={index}>
          <Sentence text={each} />
        </p>
      ))}
      <Left left={plan.left} />
      <div className="jp-eg-Actions">
        {possible ? (
          <Button
            main
            icon={undoIcon}
            label={trans.__('Take it back')}
            disabled={!changes.allowed}
            title={changes.allowed || !changes.why ? undefined : say(changes.why, trans)}
            onClick={() => {
              watch.plan.clear();
              return watch.takeBack(point.id);
            }}
          />
        ) : null}
        <Button
          label={possible ? trans.__('Leave it') : trans.__('Close')}
          onClick={() => watch.plan.clear()}
        />
      </div>
    </section>
  );
}

function Done({ told, watch }: { told: UndoDocument; watch: Watch }): JSX.Element {
  const { trans } = useTools();
  const { done, plan } = told;
  const whole = done !== null && done.proof.same && !done.left.length;
  const title =
    done === null
      ? trans.__('not taken back')
      : whole
        ? trans.__('taken back')
        : trans.__('taken back in part');
  return (
    <section className="jp-eg-Plan" role="status" aria-label={title}>
      <h4>{title}</h4>
      {plan.checkpoint ? <code>{commandOf(plan.checkpoint, trans)}</code> : null}
      {done === null ? (
        plan.refused.map((each, index) => (
          <p key={index}>
            <Sentence text={each} />
          </p>
        ))
      ) : (
        <>
          <p>
            <strong>{doneCount(done, trans)}</strong>
          </p>
          {proofOf(done.proof, trans).map((each, index) => (
            <p key={index}>{each}</p>
          ))}
          <Left left={done.left} />
        </>
      )}
      <div className="jp-eg-Actions">
        <Button label={trans.__('Close')} onClick={() => watch.undoing.clear()} />
      </div>
    </section>
  );
}

function Left({ left }: { left: readonly UndoLeft[] }): JSX.Element | null {
  const { trans } = useTools();
  if (!left.length) {
    return null;
  }
  return (
    <>
      <p>{trans.__('What does not come back:')}</p>
      <ul>
        {left.slice(0, SHOWN).map((each, index) => (
          <li key={index}>
            <code>{clean(each.path)}</code>
            {trans.__(': ')}
            <Sentence text={each.reason} />
          </li>
        ))}
        {left.length > SHOWN ? <li>{more(left.length - SHOWN, trans)}</li> : null}
      </ul>
    </>
  );
}

function resultOf(job: Job | null): UndoDocument | null {
  return job?.state === 'done' && job.result?.kind === 'undo' ? job.result : null;
}
