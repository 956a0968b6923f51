/**
 * Writes src/wire/types.ts from the JSON Schemas of envguard/render; with --check, says whether it is up to date.
 *
 * The schemas are tied together first: a `$ref` into a file's own `$defs` may mean the report's, as
 * envguard/render/json_v1.py joins them, and `urn:jupyter-envguard:NAME:1` means the file NAME.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'src', 'wire', 'types.ts');
const names = ['report', 'timeline', 'cuda', 'forecast', 'undo', 'server'];
const schemas = Object.fromEntries(names.map(name => [name, read(name)]));

function read(name) {
  return JSON.parse(
    readFileSync(join(here, '..', '..', 'envguard', 'render', `${name}.schema.json`), 'utf-8')
  );
}

const pascal = word => word.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase());

/** Where a definition stands in the joined schema. */
const key = (schema, name) => (name === null ? schema : `${schema}-${name}`);

function targetOf(schema, ref) {
  const urn = /^urn:jupyter-envguard:(\w+):1$/.exec(ref);
  if (urn) {
    return key(urn[1], null);
  }
  const name = ref.replace('#/$defs/', '');
  return key(name in (schemas[schema].$defs ?? {}) ? schema : 'report', name);
}

/** A schema with its references pointing into the joined one, without what a type cannot say. */
function tied(schema, node) {
  if (Array.isArray(node)) {
    return node.map(each => tied(schema, each));
  }
  if (node === null || typeof node !== 'object') {
    return node;
  }
  if (node.$ref !== undefined) {
    return { $ref: `#/$defs/${targetOf(schema, node.$ref)}` }; // what stands beside it would make a second type of it
  }
  const { $defs, $id, $schema, ...rest } = node;
  if (rest.properties) {
    delete rest.allOf; // conditions between fields
    delete rest.oneOf;
  }
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, tied(schema, value)]));
}

const $defs = {};
for (const name of names) {
  const { $defs: own = {}, ...whole } = schemas[name];
  $defs[key(name, null)] = tied(name, whole);
  for (const [each, definition] of Object.entries(own)) {
    const title = each === name ? pascal(name) : pascal(name) + pascal(each);
    $defs[key(name, each)] = { title, ...tied(name, definition) };
  }
}

const written = await compile({ title: 'Wire', $defs, type: 'object', additionalProperties: false }, 'Wire', {
  additionalProperties: false,
  bannerComment:
    '// Made by scripts/types.mjs from envguard/render/*.schema.json: change those, then `jlpm types`.',
  unreachableDefinitions: true,
  format: false
});
const types = await format(
  written
    .replace(/\/\*\*(?:(?!\*\/)[\s\S])*?via the `definition`(?:(?!\*\/)[\s\S])*?\*\/\n/g, '')
    .replace(/export interface Wire \{\s*\}\n/, '')
    .replace(/ \*\n \* This interface was referenced by `[\s\S]*?\n \*\//g, ' */'),
  { ...(await resolveConfig(target)), parser: 'typescript' }
);

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf-8') !== types) {
    console.error('src/wire/types.ts is not what the schemas say: run `jlpm types`');
    process.exit(1);
  }
} else {
  writeFileSync(target, types);
}
