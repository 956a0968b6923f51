/** The settings of schema/plugin.json, with what holds until they have been read. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { translateSettings, type Catalog } from './schema';

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
  const read = (from: ISettingRegistry.ISettings) => {
    settings.statusBar = from.get('statusBar').composite !== false;
    settings.refreshAfterCells = from.get('refreshAfterCells').composite !== false;
    changed();
  };
  translateSettings(registry, id, trans);
  registry?.load(id).then(
    loaded => {
      read(loaded);
      loaded.changed.connect(read);
    },
    () => undefined // without them it works as they are set at first
  );
  return settings;
}
