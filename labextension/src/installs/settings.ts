/** The settings of schema/installs.json, with what holds until they have been read. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { readSettings, type Catalog } from '../lab/schema';

export type Mode = 'off' | 'warn' | 'ask' | 'block';

export interface Settings {
  /** What happens before a cell whose installs something speaks against. */
  mode: Mode;
  /** Whether it is told after a run that the environment has got worse. */
  notify: boolean;
}

const MODES: readonly unknown[] = ['off', 'warn', 'ask', 'block'];

/** The settings; they change with what the user sets. */
export function followSettings(registry: ISettingRegistry | null, id: string, trans: Catalog): Settings {
  const settings: Settings = { mode: 'ask', notify: true };
  void readSettings(registry, id, trans, from => {
    const mode = from.get('mode').composite;
    settings.mode = MODES.includes(mode) ? (mode as Mode) : 'ask';
    settings.notify = from.get('notify').composite !== false;
  });
  return settings;
}
