/**
 * Whether a cell deserves a closer look: the twin of envguard/commands/cell.py, so that nothing is asked of the server
 * for the many that install nothing. tests/commands/triggers.json holds both to the same answers.
 */
const NAMES = [
  'conda',
  'mamba',
  'micromamba',
  'pixi',
  'uvx',
  'uv',
  'poetry',
  'pdm',
  'easy_install',
  String.raw`setup\.py`
];

const TRIGGER = new RegExp(
  String.raw`(?:${word('pip')}(?:\d[\d.]*)?|${NAMES.map(word).join('|')})(?![A-Za-z0-9_])`
);

/** A name that nothing precedes but what may. */
function word(name: string): string {
  return String.raw`${name}(?:(?<![A-Za-z0-9_]${name})|(?<=\\[nrt]${name})|(?<=-m${name}))`;
}

/** Whether the name of an installer stands in a source as a word. */
export function triggered(source: string): boolean {
  return TRIGGER.test(source);
}
