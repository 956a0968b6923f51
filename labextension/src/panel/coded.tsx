/** Sentences whose code is shown as code. */
import React from 'react';
import { pieces, piecesOf } from '../coded';
import type { Text } from '../wire/types';
import { useTools } from './tools';

/** A sentence that has been said already. */
export function Coded({ told }: { told: string }): JSX.Element {
  return drawn(pieces(told));
}

/** A text that a report carries, said. */
export function Sentence({ text }: { text: Text }): JSX.Element {
  return drawn(piecesOf(text, useTools().trans));
}

/** A command. */
export function Code({ told }: { told: string }): JSX.Element {
  return <code>{whole(told)}</code>;
}

function drawn(cut: readonly string[]): JSX.Element {
  return <>{cut.map((piece, index) => (index % 2 ? <Code key={index} told={piece} /> : piece))}</>;
}

/** Code whose options stay in one piece: a browser would end a line behind the hyphens of `--undo`. */
function whole(code: string): React.ReactNode[] {
  return code
    .split(/(?<=^|\s)(-\S{1,24})(?=\s|$)/)
    .map((each, index) =>
      index % 2 ? (
        <span key={index} className="jp-eg-Option">
          {each}
        </span>
      ) : (
        each
      )
    )
    .filter(each => each !== '');
}
