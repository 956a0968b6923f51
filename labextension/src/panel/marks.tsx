/** The drawn signs, and a sign with its word. */
import React from 'react';
import type { Mark, Mood, Shape } from '../words';

const LINE = {
  fill: 'none',
  stroke: 'var(--eg-on)',
  strokeWidth: 1.8,
  strokeLinecap: 'round',
  strokeLinejoin: 'round'
} as const;
const ROUND = <circle cx="8" cy="8" r="7.25" />;

const DRAWN: Record<Shape, JSX.Element> = {
  check: (
    <>
      {ROUND}
      <path d="M4.8 8.3l2.2 2.2 4.2-4.6" {...LINE} />
    </>
  ),
  arrow: (
    <>
      {ROUND}
      <path d="M4.5 8h6.6M8.4 5.2L11.2 8l-2.8 2.8" {...LINE} />
    </>
  ),
  exchange: (
    <>
      <rect x="0.9" y="0.9" width="14.2" height="14.2" rx="3.4" />
      <path d="M4.2 6h7M9.2 3.9L11.4 6M11.8 10h-7M6.8 12.1L4.6 10" {...LINE} strokeWidth={1.5} />
    </>
  ),
  bang: (
    <>
      <path d="M8 1.1c.6 0 1.1.3 1.4.8l5.7 10.4c.6 1.1-.2 2.4-1.4 2.4H2.3c-1.2 0-2-1.3-1.4-2.4L6.6 1.9c.3-.5.8-.8 1.4-.8z" />
      <path d="M8 5.4v4.1M8 12v.1" {...LINE} />
    </>
  ),
  cross: (
    <>
      <path d="M5.1.9h5.8l4.2 4.2v5.8l-4.2 4.2H5.1L.9 10.9V5.1z" />
      <path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" {...LINE} />
    </>
  ),
  question: (
    <>
      <circle
        cx="8"
        cy="8"
        r="6.9"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeDasharray="2.7 1.6"
      />
      <path
        d="M6.1 6.3c.1-1.2 1-1.9 2-1.9s1.9.7 1.9 1.7c0 1.3-1.9 1.6-1.9 2.9M8.1 11.5v.1"
        {...LINE}
        stroke="currentColor"
        strokeWidth={1.5}
      />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M8 7.4v3.7M8 4.8v.1" {...LINE} stroke="currentColor" strokeWidth={1.6} />
    </>
  ),
  dash: (
    <>
      <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M5.2 8h5.6" {...LINE} stroke="currentColor" />
    </>
  ),
  dead: (
    <>
      <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path
        d="M5 6l1.6 1.6M6.6 6L5 7.6M9.4 6L11 7.6M11 6L9.4 7.6M5.6 11h4.8"
        {...LINE}
        stroke="currentColor"
        strokeWidth={1.3}
      />
    </>
  )
};

/** A sign; its word stands beside it. */
export function Sign({
  shape,
  mood,
  className
}: {
  shape: Shape;
  mood: Mood;
  className?: string;
}): JSX.Element {
  return (
    <svg
      viewBox="0 0 16 16"
      className={['jp-eg-Sign', `jp-eg-mod-${mood}`, className].filter(Boolean).join(' ')}
      data-shape={shape}
      aria-hidden="true"
      focusable="false"
      fill="currentColor"
    >
      {DRAWN[shape]}
    </svg>
  );
}

/** A sign with its word. */
export function Marked({ mark }: { mark: Mark }): JSX.Element {
  return (
    <strong className="jp-eg-Marked">
      <Sign shape={mark.shape} mood={mark.mood} /> <span>{mark.word}</span>
    </strong>
  );
}

/** Something is under way; what it is stands beside it. */
export function Spinner(): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" className="jp-eg-Spinner" aria-hidden="true" focusable="false">
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="26 12" />
    </svg>
  );
}
