/** A cell that is about to run, in a notebook or a console, as the rest of this folder sees it. */
import type { Kernel } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';

export interface Cell {
  /** The kernel in which it is about to run. */
  readonly kernel: Kernel.IKernelConnection;
  /** Its id in its document. */
  readonly id: string;
  /** What it holds now. */
  readonly source: string;
  readonly kind: 'notebook' | 'console';
  /** The path of its notebook; null of a console's. */
  readonly path: string | null;
  /** Which cell of its notebook it is, from 1; null of a console's. */
  readonly number: number | null;
  /** Its widget is gone: deleted, or closed with its document. */
  readonly isDisposed: boolean;
  /** Its tag `raises-exception` says that an error in it stops nothing. */
  readonly mayFail: boolean;
  readonly disposed: ISignal<unknown, void>;
  /** Runs it as it would have been run without us; whether it has come to a good end. */
  run(): Promise<boolean>;
  /** Shows whether it waits for its turn. */
  wait(waits: boolean): void;
  /** Puts lines where they can be run in its place: a new cell, or the prompt. */
  instead(lines: readonly string[]): void;
  /** It is not run: a console's goes back to the prompt. */
  forgo(): void;
  /** Brings its document to the front. */
  show(): void;
}

/** The first line of a cell that says something. */
export function firstLine(source: string): string {
  return source.split('\n').find(line => line.trim()) ?? '';
}
