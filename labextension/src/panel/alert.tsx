/** What went wrong, said at once to a screen reader, too. */
import React from 'react';
import { Sign } from './marks';

export function Alert({ children }: { children: React.ReactNode }): JSX.Element {
  return (
    <p role="alert" className="jp-eg-Alert">
      <Sign shape="bang" mood="strained" /> <span>{children}</span>
    </p>
  );
}
