/** What is behind a line until it is wanted. */
import React from 'react';

interface Props {
  summary: React.ReactNode;
  className?: string;
  /** Whether it is unfolded at first. */
  open?: boolean;
  /** Called whenever it is unfolded. */
  onOpen?: () => void;
  children: React.ReactNode | (() => React.ReactNode);
}

/** Draws its children only once it has been unfolded. */
export function Fold({ summary, className, open = false, onOpen, children }: Props): JSX.Element {
  const [seen, setSeen] = React.useState(open);
  return (
    <details
      className={['jp-eg-Fold', className].filter(Boolean).join(' ')}
      open={open || undefined}
      onToggle={event => {
        event.stopPropagation(); // React lets it bubble to the folds around
        if (event.currentTarget.open) {
          setSeen(true);
          onOpen?.();
        }
      }}
    >
      <summary>
        <span className="jp-eg-Fold-summary">{summary}</span>
      </summary>
      {seen ? (
        <div className="jp-eg-Fold-body">{typeof children === 'function' ? children() : children}</div>
      ) : null}
    </details>
  );
}
