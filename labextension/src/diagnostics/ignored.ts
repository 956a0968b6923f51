/** The rules that a cell ignores, in its own metadata: `{"envguard": {"ignore": {RULE: REASON}}}`, as `envguard scan` reads them. */
const KEY = 'envguard';

type Told = Record<string, unknown>;

function part(told: unknown): Told {
  return told !== null && typeof told === 'object' && !Array.isArray(told) ? (told as Told) : {};
}

/** The rules with their reasons. */
export function ignored(metadata: unknown): Record<string, string> {
  const told = Object.entries(part(part(metadata).ignore));
  return Object.fromEntries(told.filter((each): each is [string, string] => typeof each[1] === 'string'));
}

/** What stands under `envguard` in the metadata once another rule is ignored. */
export function ignoring(metadata: unknown, rule: string, reason: string): Told {
  return { ...part(metadata), ignore: { ...part(part(metadata).ignore), [rule]: reason } };
}

/** The part of a cell's metadata that is ours. */
export function own(model: { getMetadata(key: string): unknown }): unknown {
  return model.getMetadata(KEY);
}

export const METADATA = KEY;
