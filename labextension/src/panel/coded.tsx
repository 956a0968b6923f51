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

function drawn(cut: readonly string[]): JSX.Element {
  return <>{cut.map((piece, index) => (index % 2 ? <code key={index}>{piece}</code> : piece))}</>;
}
