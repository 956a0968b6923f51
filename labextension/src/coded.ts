/**
 * The code in sentences: templates of ours set it between backticks.
 *
 * What is shown as an element shows it as code; what can hold only letters, as a label or a notification, keeps the backticks.
 * A backtick of somebody else's, in a name or a command, must not become a sign of ours, nor go missing.
 */
import { say, type Words } from './language';
import type { Text } from './wire/types';

/** A sentence in pieces, every second one code; where backticks do not pair, it is one piece as it stands. */
export function pieces(told: string): string[] {
  const parts = told.split('`');
  return parts.length % 2 ? parts : [told];
}

/** The same of a text; where one of its arguments holds a backtick, the sentence is one piece as it stands. */
export function piecesOf(text: Text, trans: Words): string[] {
  const told = say(text, trans);
  return quoted(text.args) ? [told] : pieces(told);
}

/** Pieces as nodes of a page, for where there is no React: text, and elements that hold nothing but text. */
export function nodes(cut: readonly string[]): Node[] {
  return cut.map((piece, index) => {
    if (index % 2 === 0) {
      return document.createTextNode(piece);
    }
    const code = document.createElement('code');
    code.textContent = piece;
    return code;
  });
}

function quoted(args: Text['args']): boolean {
  return Object.values(args).some(value =>
    Array.isArray(value)
      ? value.some(each => each.includes('`'))
      : typeof value === 'object'
        ? quoted(value.args)
        : String(value).includes('`')
  );
}
