/** The words of our settings in the language of Lab, whose server translates only what a language pack holds. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';

export type Catalog = Pick<TranslationBundle, '__'>;

const READ = new Set(['title', 'description', 'jupyter.lab.setting-icon-label']);

/** Has the settings of a plugin translated when they are fetched; its schema says `"jupyter.lab.transform": true`. */
function translateSettings(registry: ISettingRegistry | null, id: string, trans: Catalog): void {
  registry?.transform(id, {
    fetch: plugin => ({ ...plugin, schema: translated(plugin.schema, trans) })
  });
}

/**
 * Has `read` hear of the settings of a plugin, translated, once they are loaded and whenever the user changes them. Where they
 * cannot be loaded, `otherwise` is called instead, and what holds from the beginning goes on to hold. The promise is fulfilled
 * when either was called, or at once where nobody keeps settings.
 */
export async function readSettings(
  registry: ISettingRegistry | null,
  id: string,
  trans: Catalog,
  read: (settings: ISettingRegistry.ISettings) => void,
  otherwise: () => void = () => undefined
): Promise<void> {
  translateSettings(registry, id, trans);
  await registry?.load(id).then(loaded => {
    read(loaded);
    loaded.changed.connect(read);
  }, otherwise);
}

/** The same schema with every title and description translated. */
export function translated<T>(schema: T, trans: Catalog): T {
  if (Array.isArray(schema)) {
    return schema.map(each => translated(each, trans)) as T;
  }
  if (schema === null || typeof schema !== 'object') {
    return schema;
  }
  const told = Object.entries(schema).map(([key, value]) => [
    key,
    READ.has(key) && typeof value === 'string' ? trans.__(value) : translated(value, trans)
  ]);
  return Object.fromEntries(told) as T;
}
