/** Which of its designed states the panel is in. */
import type { Model } from './model';
import type { Failure } from './server';
import type { EnvguardReport, KernelReport } from './wire/types';

export type Scene =
  | { is: 'nothing' } // no notebook, no console
  | { is: 'no-kernel' }
  | { is: 'starting' }
  | { is: 'loading' }
  | { is: 'failed'; failure: Failure }
  | { is: 'dead' }
  | { is: 'untold'; answer: KernelReport } // the server has answered that nothing can be said
  | { is: 'report'; answer: KernelReport; report: EnvguardReport; dead: boolean; failure: Failure | null };

const BEGINNING = ['initializing', 'starting', 'connecting', 'restarting', 'autorestarting'];

export function scene({ subject, watch }: Pick<Model, 'subject' | 'watch'>): Scene {
  if (subject === null) {
    return { is: 'nothing' };
  }
  if (watch === null) {
    return { is: BEGINNING.includes(subject.status) ? 'starting' : 'no-kernel' };
  }
  const { answer, failure } = watch;
  const dead = subject.status === 'dead' || answer?.state === 'dead';
  if (answer?.report) {
    return { is: 'report', answer, report: answer.report, dead, failure };
  }
  if (dead) {
    return { is: 'dead' };
  }
  if (failure !== null) {
    return { is: 'failed', failure };
  }
  return answer === null ? { is: 'loading' } : { is: 'untold', answer };
}
