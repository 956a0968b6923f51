/** Between the server's places (lines from 1, columns in characters) and those of an editor (UTF-16 from its beginning). */
import type { Text as Doc } from '@codemirror/state';

interface Place {
  line: number;
  column: number;
  end_line: number;
  end_column: number;
}

/** From where to where a place is in a document; null if the document has no such lines. */
export function range(doc: Doc, place: Place): { from: number; to: number } | null {
  const from = offset(doc, place.line, place.column);
  const to = offset(doc, place.end_line, place.end_column);
  return from === null || to === null || to < from ? null : { from, to };
}

function offset(doc: Doc, number: number, column: number): number | null {
  if (number < 1 || number > doc.lines) {
    return null;
  }
  const line = doc.line(number);
  let at = 0;
  for (let left = column; left > 0 && at < line.text.length; left--) {
    at += (line.text.codePointAt(at) as number) > 0xffff ? 2 : 1;
  }
  return line.from + at;
}
