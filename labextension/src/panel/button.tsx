/** A button of the panel: a sign, words, and what it does while it does it. */
import { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';

interface Props {
  icon?: LabIcon;
  label: string;
  /** Told in place of the label for a moment after the click. */
  done?: string;
  /** Only the icon is drawn; the label is told to a screen reader, and on hovering. */
  bare?: boolean;
  main?: boolean;
  disabled?: boolean;
  title?: string;
  onClick: () => void | Promise<void>;
}

const MOMENT = 1600;

export function Button({ icon, label, done, bare, main, disabled, title, onClick }: Props): JSX.Element {
  const [just, setJust] = React.useState(false);
  const timer = React.useRef<ReturnType<typeof setTimeout>>();
  React.useEffect(() => () => clearTimeout(timer.current), []);
  const click = async () => {
    if (disabled) {
      return;
    }
    await onClick();
    if (done !== undefined) {
      setJust(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setJust(false), MOMENT);
    }
  };
  const told = just && done !== undefined ? done : label;
  return (
    <button
      type="button"
      className={['jp-eg-Button', main && 'jp-eg-mod-main', bare && 'jp-eg-mod-bare']
        .filter(Boolean)
        .join(' ')}
      aria-disabled={disabled || undefined} // not `disabled`: it would lose the focus
      aria-label={bare ? told : undefined}
      title={title ?? (bare ? told : undefined)}
      onClick={() => void click()}
    >
      {icon ? <icon.react tag="span" className="jp-eg-Button-icon" /> : null}
      {bare ? null : <span aria-live={done === undefined ? undefined : 'polite'}>{told}</span>}
    </button>
  );
}
