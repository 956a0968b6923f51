/** The history of an environment as the rows of a picture: two lanes, and the way from event to event between them. */
import { changed, minute } from './format';
import { clean, more, type Words } from './language';
import type { Change, Event } from './wire/types';
import { actionWord } from './words';

export type Lane = 'conda' | 'pip';

/** One event with its place in the picture. */
export interface Row {
  event: Event;
  index: number;
  lane: Lane;
  /** In which lane the event before it was; null for the first. */
  from: Lane | null;
  /** Whether pip's lane has begun: at its first event at the latest. */
  pipBegun: boolean;
}

/** Events that are left out. */
interface Gap {
  left: number;
}

type Line = Row | Gap;

/** How many events are drawn before the others are asked for. */
const FEW = 12;
/** How many packages of one kind are named before the row is unfolded. */
const NAMED = 3;

export function isGap(line: Line): line is Gap {
  return 'left' in line;
}

export function laneOf(event: Event): Lane {
  return event.actor === 'conda' ? 'conda' : 'pip';
}

/** Every event, each knowing from which lane the way comes. */
export function rows(events: readonly Event[]): Row[] {
  const first = events.findIndex(event => laneOf(event) === 'pip');
  return events.map((event, index) => ({
    event,
    index,
    lane: laneOf(event),
    from: index ? laneOf(events[index - 1]) : null,
    pipBegun: first >= 0 && index >= first
  }));
}

/** The rows that say most, in their order: the first, the hand-over, where conda came back, the last ones. */
export function few(all: readonly Row[], most = FEW): Line[] {
  if (all.length <= most) {
    return [...all];
  }
  const kept = new Set([...all].sort((a, b) => weight(a) - weight(b) || b.index - a.index).slice(0, most));
  const told: Line[] = [];
  let left = 0;
  for (const row of all) {
    if (!kept.has(row)) {
      left += 1;
      continue;
    }
    if (left) {
      told.push({ left });
      left = 0;
    }
    told.push(row);
  }
  return left ? [...told, { left }] : told;
}

function weight({ event, index }: Row): number {
  if (index === 0 || event.mark === 'handover') {
    return 0;
  }
  return event.mark === 'violation' ? 1 : event.action === 'nothing' ? 3 : 2;
}

/** What was done, where the list of packages does not say it. */
export function title(event: Event, trans: Words): string | null {
  const action = actionWord(event.action, trans);
  if (action !== null) {
    return action;
  }
  if (event.actor !== 'conda' && event.actor !== 'pip') {
    return trans.__('by %1', clean(event.actor));
  }
  return event.changes.length ? null : clean(event.action);
}

/** What became of packages: changed, removed, added; `all` names every one. */
export function changes(event: Event, all: boolean, trans: Words): string[] {
  if (!event.changes.length) {
    return event.packages.length
      ? [
          named(
            event.packages.map(name => clean(name)),
            all,
            trans
          )
        ]
      : [];
  }
  const kinds: [string, Change[]][] = [
    [trans.__('changed'), event.changes.filter(each => each.before && each.after)],
    [trans.__('removed'), event.changes.filter(each => each.before && !each.after)],
    [trans.__('added'), event.changes.filter(each => !each.before)]
  ];
  return kinds
    .filter(([, those]) => those.length)
    .map(([word, those]) => `${word} ${named(those.map(changed), all, trans)}`);
}

/** An event in one line, for a row that is folded. */
export function brief(event: Event, trans: Words): string {
  const lists = event.action === 'create' ? [] : changes(event, false, trans);
  return [title(event, trans), lists.join(trans.__('; '))].filter(Boolean).join(trans.__(': '));
}

/** What else the ledger knows of it. */
export function outcome(event: Event, trans: Words): string[] {
  return [
    event.deed === 'found' ? trans.__('found afterwards') : '',
    event.failed ? trans.__('the command failed') : '',
    event.kept === false ? trans.__('not what the forecast said') : '',
    event.undone ? trans.__('taken back later') : ''
  ].filter(Boolean);
}

/** Who did it, from which notebook. */
export function origin(event: Event, trans: Words): string {
  return [
    event.notebook ? trans.__('in %1', clean(event.notebook)) : '',
    event.cell ? trans.__('cell %1', clean(event.cell)) : '',
    event.user ? trans.__('by %1', clean(event.user)) : ''
  ]
    .filter(Boolean)
    .reduce((said, each) => (said ? trans.__('%1, %2', said, each) : each), '');
}

export function when(event: Event, trans: Words): string {
  return minute(event.when, trans);
}

function named(names: readonly string[], all: boolean, trans: Words): string {
  const shown = all ? names : names.slice(0, NAMED);
  const rest = names.length - shown.length;
  return rest ? `${shown.join(trans.__(', '))} ${more(rest, trans)}` : shown.join(trans.__(', '));
}
