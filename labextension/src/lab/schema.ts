/** The words of our settings in the language of Lab, whose server translates only what a language pack holds. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';

export type Catalog = Pick<TranslationBundle, '__'>;

const READ = new Set(['title', 'description', 'jupyter.lab.setting-icon-label']);

/** Has the settings of a plugin translated when they are fetched; its schema says `"jupyter.lab.transform": true`. */
export function translateSettings(registry: ISettingRegistry | null, id: string, trans: Catalog): void {
  registry?.transform(id, {
    fetch: plugin => ({ ...plugin, schema: translated(plugin.schema, trans) })
  });
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
