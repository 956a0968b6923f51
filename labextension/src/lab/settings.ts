/** The settings of schema/plugin.json, with what holds until they have been read. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { readSettings, type Catalog } from './schema';

export interface Settings {
  /** Whether the environment stands in the status bar. */
  statusBar: boolean;
  /** Whether what a cell has changed is looked for when it has run. */
  refreshAfterCells: boolean;
}

/** The settings; they change with what the user sets, which `changed` is told of. */
export function followSettings(
  registry: ISettingRegistry | null,
  id: string,
  trans: Catalog,
  changed: () => void
): Settings {
  const settings: Settings = { statusBar: true, refreshAfterCells: true };
  void readSettings(registry, id, trans, from => {
    settings.statusBar = from.get('statusBar').composite !== false;
    settings.refreshAfterCells = from.get('refreshAfterCells').composite !== false;
    changed();
  });
  return settings;
}
