/** What the plugins that run cells ask of the one that looks at installs. */
import { Token } from '@lumino/coreutils';
import type { Cell } from './cell';

export interface IInstalls {
  /** Runs a cell in its turn, if it is to be run at all; whether it has come to a good end. */
  pass(cell: Cell): Promise<boolean>;
}

export const IInstalls = new Token<IInstalls>(
  '@jupyter-envguard/labextension:IInstalls',
  'Looks at cells that install something before they run.'
);
