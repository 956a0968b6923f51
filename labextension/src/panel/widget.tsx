/** The panel as a widget of JupyterLab: drawn again whenever the model changes, and only while it is in sight. */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import React from 'react';
import type { Tools } from './tools';
import { keepFocus } from './focus';
import { View } from './view';

export class EnvguardPanel extends ReactWidget {
  constructor(private readonly _tools: Tools) {
    super();
    this.id = 'jp-envguard-panel';
    this.addClass('jp-eg-Panel');
    this.node.setAttribute('role', 'region');
    this._letFocusGo = keepFocus(this.node);
    _tools.model.changed.connect(this._onChanged, this);
  }

  /** Whether it has come into sight, or gone out of it. */
  readonly shown = new Signal<this, boolean>(this);

  /** Unfolds the part with the field to type an install into, which then has the focus. */
  ask(): void {
    this.unfold('forecast', fold => fold.querySelector('input')?.focus());
  }

  /** Unfolds a part and brings it into sight; waits for it to be drawn. */
  unfold(part: 'forecast' | 'undo', then?: (fold: HTMLDetailsElement) => void, patience = 60): void {
    const fold = this.node.querySelector<HTMLDetailsElement>(`.jp-eg-mod-${part}`);
    if (fold) {
      fold.open = true;
      fold.scrollIntoView({ block: 'nearest' });
      then?.(fold);
    } else if (patience) {
      requestAnimationFrame(() => this.unfold(part, then, patience - 1));
    }
  }

  render(): JSX.Element {
    return <View {...this._tools} />;
  }

  dispose(): void {
    this._letFocusGo();
    Signal.clearData(this);
    super.dispose();
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.update();
    this.shown.emit(true);
  }

  protected onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.shown.emit(false);
  }

  private _onChanged(): void {
    if (this.isVisible) {
      this.update();
    }
  }

  private readonly _letFocusGo: () => void;
}
