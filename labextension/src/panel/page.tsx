/** The page of a rule: paragraphs, some with a heading of their own, and pieces of code. */
import React from 'react';
import { labelled } from '../language';
import { Coded } from './coded';

export function Page({ title, page }: { title: string; page: string }): JSX.Element {
  const parts = page
    .trim()
    .split(/\n\s*\n/)
    .filter(part => part.trim() && part.trim() !== title);
  return (
    <div className="jp-eg-Page">
      <p>
        <strong>
          <Coded told={title} />
        </strong>
      </p>
      {parts.map((part, index) => {
        const [first, ...items] = part.split(/\n\s*[-*] |^\s*[-*] /).map(unbroken);
        return (
          <React.Fragment key={index}>
            {first ? <Paragraph told={first} /> : null}
            {items.length ? (
              <ul>
                {items.map((item, each) => (
                  <li key={each}>
                    <Coded told={item} />
                  </li>
                ))}
              </ul>
            ) : null}
          </React.Fragment>
        );
      })}
    </div>
  );
}

function Paragraph({ told }: { told: string }): JSX.Element {
  const [, heading, rest] =
    /^(?:#+ )?([A-Z][^.:]{3,30}:(?=\s)|[\u4e00-\u9fff]{2,8}：)\s*(.+)$/.exec(told) ?? [];
  return (
    <p>
      {heading ? <strong>{labelled(heading)}</strong> : null}
      <Coded told={heading ? rest : told} />
    </p>
  );
}

function unbroken(told: string): string {
  return told.replace(/\s*\n\s*/g, ' ').trim();
}
