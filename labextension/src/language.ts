/**
 * Makes sentences of the texts that a report carries, in the language of JupyterLab; and foreign strings harmless.
 *
 * Templates come from envguard, arguments from the environment under suspicion, as envguard/render/language.py says.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Text } from './wire/types';

export type Words = Pick<TranslationBundle, '__' | '_n' | 'gettext'>;

const LONGEST = 200;
const FIELD = /\{\{|\}\}|\{(\w+)\}/g;
const CHINESE = /[\u3000-\u9fff\uff00-\uffef]/;
const UNPRINTABLE = /[\p{C}\p{Z}]/gu;
const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The sentence of a text: translated where a catalog has it, else the English one that came with it. */
export function say(text: Text, trans: Words): string {
  const { n } = text.args;
  // Lab finds an entry with plural forms only for who asks for one, and one without them only for who does not
  const counted = typeof n === 'number' ? trans._n(text.id, text.id, n) : text.id;
  const template = counted === text.id ? trans.gettext(text.id) : counted;
  return template === text.id ? text.text : fill(closed(template, text.args, trans), text.args, trans);
}

/** A template without the spaces around a field, which are for a name, where words of ours in Chinese go. */
function closed(template: string, args: Text['args'], trans: Words): string {
  return template.replace(
    /(.?)( ?)\{(\w+)\}( ?)(?=(.?))/g,
    (whole, before: string, left, name: string, right, after: string) => {
      const value = args[name];
      if (typeof value !== 'object' || Array.isArray(value)) {
        return whole;
      }
      const said = say(value, trans);
      const start = CHINESE.test(before) && CHINESE.test(said.charAt(0)) ? '' : left;
      const end = CHINESE.test(after) && CHINESE.test(said.slice(-1)) ? '' : right;
      return `${before}${start}{${name}}${end}`;
    }
  );
}

/** A template with its arguments; what names none stays as it is. */
export function fill(template: string, args: Text['args'], trans: Words): string {
  return template.replace(FIELD, (whole: string, name?: string) => {
    if (name === undefined) {
      return whole[0];
    }
    return Object.prototype.hasOwnProperty.call(args, name) ? shown(args[name], trans) : whole;
  });
}

/** A foreign string: what a reader's eye could be misled by as escapes, the rest of a long one as an ellipsis. */
export function clean(value: string, longest: number | null = LONGEST): string {
  return cut(visible(cut(value, longest)), longest);
}

/** Names one after the other; of many the first ones and how many more there are. */
export function joined(names: readonly string[], trans: Words, longest = LONGEST): string {
  const told = names.map(name => clean(name));
  let kept = 0;
  let left = longest;
  for (const name of told) {
    left -= name.length + 2;
    if (kept && left < 0) {
      break;
    }
    kept += 1;
  }
  const first = told.slice(0, kept).join(trans.__(', '));
  return kept === told.length ? first : `${first} ${more(told.length - kept, trans)}`;
}

/** A word in front of what it announces, with the space that a colon of full width has in itself. */
export function labelled(word: string): string {
  return word.endsWith('：') ? word : `${word} `;
}

/** How many are left out of a list. */
export function more(n: number, trans: Words): string {
  return trans._n('and %1 more', 'and %1 more', n);
}

function shown(value: Text['args'][string], trans: Words): string {
  if (Array.isArray(value)) {
    return joined(value, trans);
  }
  return typeof value === 'object' ? say(value, trans) : clean(String(value));
}

function cut(value: string, longest: number | null): string {
  const letters = Array.from(value);
  return longest === null || letters.length <= longest ? value : `${letters.slice(0, longest - 1).join('')}…`;
}

function visible(value: string): string {
  return value.replace(UNPRINTABLE, letter => (letter === ' ' ? letter : escaped(letter)));
}

function escaped(letter: string): string {
  const code = letter.codePointAt(0) as number;
  const hex = code.toString(16);
  if (code < 0x100) {
    return SHORT[letter] ?? `\\x${hex.padStart(2, '0')}`;
  }
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
