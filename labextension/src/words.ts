/** The fixed words, most of them those of envguard/render/words.py, and the shape beside each. Nothing here judges. */
import type { Words } from './language';
import type {
  CudaVerdict,
  EnvguardForecast,
  EnvguardReport,
  Event,
  Finding,
  Fix,
  Step,
  UndoCheckpoint
} from './wire/types';

/** A drawn sign; it never stands alone, and no colour does. */
export type Shape = 'check' | 'arrow' | 'exchange' | 'bang' | 'cross' | 'question' | 'info' | 'dash' | 'dead';

export type Mood = 'sound' | 'strained' | 'broken' | 'unknown' | 'info';

/** A word with its sign. */
export interface Mark {
  word: string;
  shape: Shape;
  mood: Mood;
}

type Verdict = EnvguardReport['verdict'];
type Phase = EnvguardReport['phase'];

/** The report in one second: its verdict, or what its phase says more exactly. */
export function headline(verdict: Verdict, phase: Phase, trans: Words): Mark {
  if (verdict === 'sound' && phase === 'conda then pip') {
    return { word: trans.__('handed over to pip'), shape: 'arrow', mood: 'sound' };
  }
  if (verdict === 'strained' && phase === 'mixed back and forth') {
    return { word: trans.__('mixed'), shape: 'exchange', mood: 'strained' };
  }
  return {
    sound: { word: trans.__('sound'), shape: 'check' as const, mood: 'sound' as const },
    strained: { word: trans.__('strained'), shape: 'bang' as const, mood: 'strained' as const },
    broken: { word: trans.__('broken'), shape: 'cross' as const, mood: 'broken' as const },
    unknown: { word: trans.__('unknown'), shape: 'question' as const, mood: 'unknown' as const }
  }[verdict];
}

export function meaning(verdict: Verdict, phase: Phase, trans: Words): string {
  if (verdict === 'sound' && phase === 'conda then pip') {
    return trans.__('sound, and pip has taken over: do not go back to conda here');
  }
  return {
    sound: trans.__('nothing wrong was found'),
    strained: trans.__('it may work today, but something in it can break'),
    broken: trans.__('parts of it cannot work as they are'),
    unknown: trans.__('envguard could not judge it')
  }[verdict];
}

export function phaseWord(phase: Phase, trans: Words): string {
  return {
    'conda only': trans.__('conda only'),
    'conda then pip': trans.__('first conda, then pip'),
    'mixed back and forth': trans.__('conda and pip mixed back and forth'),
    'not conda': trans.__('not a conda environment'),
    unknown: trans.__('nothing tells whether conda or pip came last')
  }[phase];
}

export function severityMark(severity: Finding['severity'], trans: Words): Mark {
  return {
    error: { word: trans.__('error'), shape: 'cross' as const, mood: 'broken' as const },
    warning: { word: trans.__('warning'), shape: 'bang' as const, mood: 'strained' as const },
    info: { word: trans.__('info'), shape: 'info' as const, mood: 'info' as const }
  }[severity];
}

export function safetyWord(safety: Fix['safety'], trans: Words): string {
  return {
    safe: trans.__('safe to run'),
    review: trans.__('read it before you run it'),
    manual: trans.__('to be done by hand')
  }[safety];
}

export function whereWord(where: Step['where'], trans: Words): string {
  return {
    terminal: trans.__('in a terminal'),
    cell: trans.__('in a notebook cell'),
    kernel: trans.__('in the kernel')
  }[where];
}

export function eventMark(mark: Event['mark'], trans: Words): Mark | null {
  switch (mark) {
    case 'handover':
      return { word: trans.__('hand-over to pip'), shape: 'arrow', mood: 'info' };
    case 'violation':
      return { word: trans.__('conda after pip'), shape: 'cross', mood: 'broken' };
    case 'copied':
      return {
        word: trans.__('dated before this environment was made (copied)'),
        shape: 'dash',
        mood: 'unknown'
      };
    case null:
      return null;
  }
}

/** What an action is called where the list of packages does not say it; null where it does. */
export function actionWord(action: string, trans: Words): string | null {
  const words: Record<string, string> = {
    create: trans.__('made the environment'),
    nothing: trans.__('changed nothing'),
    notice: trans.__('took note of what pip had installed'),
    undo: trans.__('took back an install')
  };
  return words[action] ?? null;
}

export function cudaMark(state: CudaVerdict['state'], trans: Words): Mark {
  return {
    works: { word: trans.__('works'), shape: 'check' as const, mood: 'sound' as const },
    blocked: { word: trans.__('does not work'), shape: 'cross' as const, mood: 'broken' as const },
    unknown: { word: trans.__('cannot be told'), shape: 'question' as const, mood: 'unknown' as const },
    absent: { word: trans.__('nothing to judge'), shape: 'dash' as const, mood: 'unknown' as const }
  }[state];
}

export function originWord(origin: string, trans: Words): string | null {
  const words: Record<string, string> = {
    conda: trans.__('conda'),
    pip: trans.__('pip'),
    system: trans.__('system'),
    nobody: trans.__('nobody'),
    none: trans.__('not found')
  };
  return words[origin] ?? null;
}

export function wayWord(way: string, trans: Words): string | null {
  const words: Record<string, string> = {
    loaded: trans.__('is loaded already'),
    rpath: trans.__('by RPATH'),
    'library-path': trans.__('by LD_LIBRARY_PATH'),
    runpath: trans.__('by RUNPATH'),
    cache: trans.__('by ld.so.cache'),
    default: trans.__('in a folder of the system'),
    path: trans.__('by its path'),
    nowhere: trans.__('nowhere')
  };
  return words[way] ?? null;
}

export function forecastMark(verdict: EnvguardForecast['verdict'], trans: Words): Mark {
  return {
    harmless: { word: trans.__('harmless'), shape: 'check' as const, mood: 'sound' as const },
    risky: { word: trans.__('risky'), shape: 'bang' as const, mood: 'strained' as const },
    harmful: { word: trans.__('harmful'), shape: 'cross' as const, mood: 'broken' as const },
    refused: { word: trans.__('would be refused'), shape: 'cross' as const, mood: 'broken' as const },
    unknown: { word: trans.__('cannot be foretold'), shape: 'question' as const, mood: 'unknown' as const }
  }[verdict];
}

export function checkpointWord(state: UndoCheckpoint['state'], trans: Words): string {
  return {
    begun: trans.__('running, or stopped in the middle'),
    ended: trans.__('can be taken back'),
    undoing: trans.__('half taken back'),
    undone: trans.__('taken back')
  }[state];
}
