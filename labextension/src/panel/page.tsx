/** The page of a rule: paragraphs, some with a heading of their own, and pieces of code. */
import React from 'react';

export function Page({ title, page }: { title: string; page: string }): JSX.Element {
  const parts = page
    .trim()
    .split(/\n\s*\n/)
    .map(part => part.replace(/\s*\n\s*/g, ' ').trim())
    .filter(part => part && part !== title);
  return (
    <div className="jp-eg-Page">
      <p>
        <strong>
          <Coded told={title} />
        </strong>
      </p>
      {parts.map((part, index) => {
        const [, heading, rest] = /^(?:#+ )?([A-Z][^.:]{3,30}:)\s+(.+)$/.exec(part) ?? [];
        return (
          <p key={index}>
            {heading ? <strong>{heading} </strong> : null}
            <Coded told={heading ? rest : part} />
          </p>
        );
      })}
    </div>
  );
}

function Coded({ told }: { told: string }): JSX.Element {
  return <>{told.split('`').map((piece, index) => (index % 2 ? <code key={index}>{piece}</code> : piece))}</>;
}
