/** Commands, with what can be done with them where they belong. */
import { addBelowIcon, copyIcon, refreshIcon, terminalIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { cellLine, inTerminal, line, places, type Place } from '../shell';
import { whereWord } from '../words';
import type { Fix, Step } from '../wire/types';
import { Button } from './button';
import { useTools } from './tools';

interface Props {
  steps: readonly Step[];
  platform: string | null;
  /** How careful to be; what is to be done by hand is only copied. */
  safety: Fix['safety'];
}

export function Commands({ steps, platform, safety }: Props): JSX.Element {
  const groups = places([...steps]);
  return (
    <>
      {groups.map((place, index) => (
        <Group key={index} place={place} platform={platform} safety={safety} several={groups.length > 1} />
      ))}
    </>
  );
}

interface GroupProps extends Omit<Props, 'steps'> {
  place: Place;
  several: boolean;
}

function Group({ place, platform, safety, several }: GroupProps): JSX.Element {
  const { trans, model, actions } = useTools();
  const lines = place.steps.map(step => line(step, platform));
  if (place.where === 'kernel' && lines.join() === 'restart') {
    return (
      <div className="jp-eg-Actions">
        <Button icon={refreshIcon} label={trans.__('Restart kernel…')} onClick={() => actions.restart()} />
      </div>
    );
  }
  const byHand = safety === 'manual';
  return (
    <div className="jp-eg-Commands">
      {several || place.where !== 'terminal' ? (
        <p className="jp-eg-soft">{trans.__('%1:', whereWord(place.where, trans))}</p>
      ) : null}
      <pre tabIndex={0} aria-label={trans.__('commands')}>
        {lines.map((told, index) => (
          <code key={index}>
            <Unbroken told={told} />
          </code>
        ))}
      </pre>
      <div className="jp-eg-Actions">
        <Button
          icon={copyIcon}
          label={trans.__('Copy')}
          done={trans.__('Copied')}
          onClick={() => actions.copy(lines.join('\n'))}
        />
        {!byHand && place.where !== 'kernel' ? (
          <Button
            icon={addBelowIcon}
            label={trans.__('Insert as cell')}
            done={trans.__('Inserted')}
            onClick={() => actions.insert(place.steps.map(step => cellLine(step, platform)))}
          />
        ) : null}
        {!byHand && place.where === 'terminal' && model.offers?.terminals ? (
          <Button
            icon={terminalIcon}
            label={trans.__('Run in terminal…')}
            onClick={() => actions.run([inTerminal(lines, platform)])}
          />
        ) : null}
      </div>
    </div>
  );
}

/** Words, each to be kept in one piece: a browser would break `--force-reinstall` in two. */
function Unbroken({ told }: { told: string }): JSX.Element {
  return (
    <>
      {told.split(' ').map((word, index) => (
        <React.Fragment key={index}>
          {index ? ' ' : ''}
          <span>{word}</span>
        </React.Fragment>
      ))}
    </>
  );
}
