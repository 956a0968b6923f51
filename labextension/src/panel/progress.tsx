/** How far a job is, with a way to stop it. */
import React from 'react';
import type { Task } from '../task';
import { Alert } from './alert';
import { Button } from './button';
import { Coded, Sentence } from './coded';
import { Spinner } from './marks';
import { told } from './states';
import { useTools } from './tools';

interface Props {
  task: Task;
  /** What it is about, while the server says nothing of its own. */
  label: string;
  /** Whether it may be stopped in the middle. */
  stoppable?: boolean;
}

export function Progress({ task, label, stoppable = true }: Props): JSX.Element | null {
  const { trans } = useTools();
  const { job, failure, running } = task;
  if (running) {
    const { says, done, of } = job?.progress ?? { says: null, done: null, of: null };
    return (
      <div className="jp-eg-Progress" role="status">
        <Spinner />
        <span>
          {says ? (
            <Sentence text={says} />
          ) : job?.state === 'queued' ? (
            trans.__('waiting for its turn …')
          ) : (
            label
          )}
        </span>
        {of ? <progress value={done ?? 0} max={of} aria-label={label} /> : null}
        {stoppable ? <Button label={trans.__('Cancel')} onClick={() => task.cancel()} /> : null}
      </div>
    );
  }
  if (failure !== null) {
    return (
      <Alert>
        <Coded told={told(failure, trans)} />
      </Alert>
    );
  }
  if (job?.state === 'failed') {
    return (
      <Alert>{job.error ? <Sentence text={job.error} /> : trans.__('it failed without a reason')}</Alert>
    );
  }
  if (job?.state === 'cancelled') {
    return <p role="status">{trans.__('cancelled')}</p>;
  }
  return null;
}
