/** How the environment came to be: two lanes as a picture to walk through by keyboard, and the same as a table. */
import React from 'react';
import {
  brief,
  changes,
  few,
  isGap,
  laneOf,
  origin,
  outcome,
  rows as rowsOf,
  title as titleOf,
  when,
  type Lane,
  type Row
} from '../history';
import { clean } from '../language';
import type { Event, Text } from '../wire/types';
import { eventMark } from '../words';
import { Code, Sentence } from './coded';
import { Fold } from './fold';
import { Sign } from './marks';
import { useTools } from './tools';

const X: Record<Lane, number> = { conda: 18, pip: 56 };
const WIDTH = 70;
const TURN = 17; // where a row's own event stands

interface Props {
  events: readonly Event[];
  /** What the events cannot tell. */
  notes: readonly Text[];
}

export function History({ events, notes }: Props): JSX.Element {
  const { trans } = useTools();
  const [table, setTable] = React.useState(false);
  return (
    <>
      {events.length ? (
        <div className="jp-eg-Views" role="group" aria-label={trans.__('shown as')}>
          <Choice label={trans.__('Picture')} chosen={!table} onClick={() => setTable(false)} />
          <Choice label={trans.__('Table')} chosen={table} onClick={() => setTable(true)} />
        </div>
      ) : null}
      {!events.length ? (
        <p className="jp-eg-soft">
          {trans.__('nothing in this environment tells when it was made or changed')}
        </p>
      ) : table ? (
        <Table events={events} />
      ) : (
        <Picture events={events} />
      )}
      {notes.length ? (
        <Fold className="jp-eg-Evidence" summary={trans.__('What this cannot tell')}>
          <ul>
            {notes.map((note, index) => (
              <li key={index}>
                <Sentence text={note} />
              </li>
            ))}
          </ul>
        </Fold>
      ) : null}
    </>
  );
}

function Choice({
  label,
  chosen,
  onClick
}: {
  label: string;
  chosen: boolean;
  onClick: () => void;
}): JSX.Element {
  return (
    <button type="button" className="jp-eg-Choice" aria-pressed={chosen} onClick={onClick}>
      {label}
    </button>
  );
}

function Picture({ events }: { events: readonly Event[] }): JSX.Element {
  const { trans } = useTools();
  const [all, setAll] = React.useState(false);
  const [current, setCurrent] = React.useState(0);
  const list = React.useRef<HTMLOListElement>(null);
  const every = rowsOf(events);
  const lines = all ? every : few(every);
  const shown = lines.filter((line): line is Row => !isGap(line));
  const step = Math.min(current, shown.length - 1);
  const unfolded = React.useRef(0); // the row that was left out first
  React.useEffect(() => {
    if (all) {
      list.current?.querySelectorAll<HTMLButtonElement>('.jp-eg-Event-head')[unfolded.current]?.focus();
    }
  }, [all]);

  const walk = (event: React.KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowDown: step + 1,
      ArrowUp: step - 1,
      Home: 0,
      End: shown.length - 1
    };
    const next = to[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const buttons = list.current?.querySelectorAll<HTMLButtonElement>('.jp-eg-Event-head');
    buttons?.[Math.max(0, Math.min(next, shown.length - 1))]?.focus();
  };

  return (
    <div className="jp-eg-Picture">
      <div className="jp-eg-Lanes-head" aria-hidden="true">
        <span>{trans.__('conda')}</span>
        <span>{trans.__('pip')}</span>
      </div>
      <ol
        ref={list}
        className="jp-eg-Lanes"
        onKeyDown={walk}
        aria-label={trans.__('events, the oldest first')}
      >
        {lines.map((line, index) =>
          isGap(line) ? (
            <GapRow
              key={`gap-${index}`}
              left={line.left}
              lane={laneBefore(lines, index)}
              next={laneAfter(lines, index)}
              onClick={() => {
                unfolded.current = index;
                setAll(true);
              }}
            />
          ) : (
            <EventRow
              key={line.index}
              row={line}
              from={index ? laneBefore(lines, index) : null}
              last={line.index === events.length - 1}
              reachable={shown[step] === line}
              onFocus={() => setCurrent(shown.indexOf(line))}
            />
          )
        )}
      </ol>
    </div>
  );
}

function laneBefore(lines: ReturnType<typeof few>, index: number): Lane {
  for (let each = index - 1; each >= 0; each--) {
    const line = lines[each];
    if (!isGap(line)) {
      return line.lane;
    }
  }
  return 'conda';
}

function laneAfter(lines: ReturnType<typeof few>, index: number): Lane {
  const next = lines.slice(index + 1).find((line): line is Row => !isGap(line));
  return next?.lane ?? laneBefore(lines, index);
}

interface RowProps {
  row: Row;
  /** The lane that the way comes from, what is left out not counted. */
  from: Lane | null;
  last: boolean;
  /** Whether Tab goes to it; from there the arrows go on. */
  reachable: boolean;
  onFocus: () => void;
}

function EventRow({ row, from, last, reachable, onFocus }: RowProps): JSX.Element {
  const { trans } = useTools();
  const [open, setOpen] = React.useState(false);
  const { event, lane } = row;
  const mark = eventMark(event.mark, trans);
  const handover = event.mark === 'handover';
  const id = React.useId();
  return (
    <li className={`jp-eg-Event jp-eg-mod-${lane} ${event.undone ? 'jp-eg-mod-undone' : ''}`}>
      <svg className="jp-eg-Lane" width={WIDTH} aria-hidden="true" focusable="false">
        <line className="jp-eg-Rail" x1={X.conda} x2={X.conda} y1={from ? 0 : TURN} y2="100%" />
        <line
          className={row.pipBegun ? 'jp-eg-Rail' : 'jp-eg-Rail jp-eg-mod-ahead'}
          x1={X.pip}
          x2={X.pip}
          y1={from ? 0 : TURN}
          y2="100%"
        />
        {from ? (
          <path
            className={`jp-eg-Way jp-eg-mod-${event.mark ?? 'plain'}`}
            d={`M${X[from]} 0C${X[from]} ${TURN * 0.7} ${X[lane]} ${TURN * 0.3} ${X[lane]} ${TURN}`}
          />
        ) : null}
        {last ? null : <line className="jp-eg-Way" x1={X[lane]} x2={X[lane]} y1={TURN} y2="100%" />}
        <Stop lane={lane} mark={event.mark} quiet={event.action === 'nothing'} />
      </svg>
      <div className="jp-eg-Event-told">
        {handover ? (
          <p className="jp-eg-Handover">
            {trans.__('hand-over: pip installs from here on; conda should not come back')}
          </p>
        ) : null}
        <button
          type="button"
          className="jp-eg-Event-head"
          aria-expanded={open}
          aria-controls={id}
          tabIndex={reachable ? 0 : -1}
          onFocus={onFocus}
          onClick={() => setOpen(!open)}
        >
          <span className="jp-eg-When">{when(event, trans)}</span>{' '}
          <span className="jp-eg-Actor">{clean(event.actor, 12)}</span>
          {mark && !handover ? (
            <span className={`jp-eg-Flag jp-eg-mod-${mark.mood}`}>
              <Sign shape={mark.shape} mood={mark.mood} /> {mark.word}
            </span>
          ) : null}
          <span className="jp-eg-Event-brief">{brief(event, trans)}</span>
        </button>
        <div id={id} hidden={!open}>
          {open ? <Whole event={event} /> : null}
        </div>
      </div>
    </li>
  );
}

/** The sign on the lane: a dot, the hand-over, a violation, or something that was copied. */
function Stop({ lane, mark, quiet }: { lane: Lane; mark: Event['mark']; quiet: boolean }): JSX.Element {
  const x = X[lane];
  switch (mark) {
    case 'violation':
      return (
        <g className="jp-eg-Stop jp-eg-mod-violation">
          <rect x={x - 7} y={TURN - 7} width="14" height="14" rx="2" transform={`rotate(45 ${x} ${TURN})`} />
          <path d={`M${x - 3} ${TURN - 3}l6 6m0 -6l-6 6`} />
        </g>
      );
    case 'handover':
      return (
        <g className="jp-eg-Stop jp-eg-mod-handover">
          <circle cx={x} cy={TURN} r="8" />
          <path d={`M${x - 4} ${TURN}h8m-3 -3l3 3l-3 3`} />
        </g>
      );
    case 'copied':
      return <circle className="jp-eg-Stop jp-eg-mod-copied" cx={x} cy={TURN} r="4.5" />;
    case null:
      return (
        <circle
          className={`jp-eg-Stop jp-eg-mod-${quiet ? 'copied' : lane}`}
          cx={x}
          cy={TURN}
          r={quiet ? 3.5 : 5}
        />
      );
  }
}

function GapRow({
  left,
  lane,
  next,
  onClick
}: {
  left: number;
  lane: Lane;
  next: Lane;
  onClick: () => void;
}): JSX.Element {
  const { trans } = useTools();
  return (
    <li className="jp-eg-Event jp-eg-mod-gap">
      <svg className="jp-eg-Lane" width={WIDTH} aria-hidden="true" focusable="false">
        <line className="jp-eg-Way jp-eg-mod-gap" x1={X[lane]} x2={X[next]} y1="0" y2="100%" />
      </svg>
      <button type="button" className="jp-eg-Link" onClick={onClick}>
        {trans._n('… %1 more event', '… %1 more events', left)}
      </button>
    </li>
  );
}

/** All that is known of an event. */
function Whole({ event }: { event: Event }): JSX.Element {
  const { trans } = useTools();
  const title = titleOf(event, trans);
  const from = origin(event, trans);
  return (
    <div className="jp-eg-Whole">
      {title ? <p>{title}</p> : null}
      {event.command ? (
        <p>
          <Code told={clean(event.command, null)} />
        </p>
      ) : null}
      {changes(event, true, trans).map((told, index) => (
        <p key={index}>{told}</p>
      ))}
      {outcome(event, trans).map((told, index) => (
        <p key={index}>{told}</p>
      ))}
      {from ? <p className="jp-eg-soft">{from}</p> : null}
      <p className="jp-eg-soft">
        <code className="jp-eg-Source">{clean(event.source)}</code>
      </p>
    </div>
  );
}

function Table({ events }: { events: readonly Event[] }): JSX.Element {
  const { trans } = useTools();
  return (
    <div className="jp-eg-Scroll" tabIndex={0} role="region" aria-label={trans.__('history as a table')}>
      <table className="jp-eg-Table">
        <thead>
          <tr>
            <th scope="col">{trans.__('when')}</th>
            <th scope="col">{trans.__('conda')}</th>
            <th scope="col">{trans.__('pip and others')}</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event, index) => {
            const mark = eventMark(event.mark, trans);
            const told = (
              <>
                {mark ? (
                  <p className="jp-eg-Flag">
                    <Sign shape={mark.shape} mood={mark.mood} /> {mark.word}
                  </p>
                ) : null}
                {[titleOf(event, trans), ...changes(event, false, trans), ...outcome(event, trans)]
                  .filter(Boolean)
                  .map((line, each) => (
                    <p key={each}>{line}</p>
                  ))}
                {event.command ? (
                  <p>
                    <Code told={clean(event.command)} />
                  </p>
                ) : null}
              </>
            );
            const conda = laneOf(event) === 'conda';
            return (
              <tr key={index}>
                <th scope="row">{when(event, trans)}</th>
                <td>{conda ? told : null}</td>
                <td>{conda ? null : told}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
