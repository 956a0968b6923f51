/** What every part of the panel needs, however deep it stands. */
import React from 'react';
import type { Words } from '../language';
import type { Model } from '../model';

/** What a click can do outside the panel. */
export interface Actions {
  copy(told: string): Promise<void>;
  /** Puts a cell below the current one; it is not run. */
  insert(lines: readonly string[]): void;
  /** Asks, and runs a line in a new terminal. */
  run(lines: readonly string[]): Promise<void>;
  /** Asks, and restarts the kernel. */
  restart(): Promise<void>;
}

export interface Tools {
  trans: Words;
  model: Model;
  actions: Actions;
}

const Context = React.createContext<Tools | null>(null);

export const ToolsProvider = Context.Provider;

export function useTools(): Tools {
  const tools = React.useContext(Context);
  if (tools === null) {
    throw new Error('a part of the panel stands outside of it');
  }
  return tools;
}
