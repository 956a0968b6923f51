/** The item in the status bar: the environment and its state in a word; a click opens the panel. */
import { ReactWidget } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { clean, type Words } from '../language';
import type { Model } from '../model';
import { Sign, Spinner } from '../panel/marks';
import { scene } from '../scene';
import { headline } from '../words';

export class StatusItem extends ReactWidget {
  constructor(
    private readonly _model: Model,
    private readonly _trans: Words,
    private readonly _open: () => void
  ) {
    super();
    this.addClass('jp-eg-Status');
    _model.changed.connect(this._onChanged, this);
  }

  render(): JSX.Element | null {
    const { _trans: trans } = this;
    const { told, sign, long } = this._told();
    if (told === null) {
      return null;
    }
    return (
      <button
        type="button"
        className="jp-StatusBar-TextItem jp-eg-Status-button"
        title={long}
        aria-label={trans.__('envguard: %1', long)}
        onClick={this._open}
      >
        {sign} {told}
      </button>
    );
  }

  dispose(): void {
    Signal.clearData(this);
    super.dispose();
  }

  private _told(): { told: string | null; sign: JSX.Element | null; long: string } {
    const { _trans: trans } = this;
    const now = scene(this._model);
    switch (now.is) {
      case 'report': {
        const { verdict, phase, environment } = now.report;
        const mark = headline(verdict, phase, trans);
        const name = clean(environment.name, 30);
        return {
          told: `${name} · ${mark.word}`,
          sign: <Sign shape={mark.shape} mood={mark.mood} />,
          long: trans.__('%1 is %2: open the environment panel', name, mark.word)
        };
      }
      case 'loading':
      case 'starting':
        return {
          told: trans.__('environment …'),
          sign: <Spinner />,
          long: trans.__('looking at the environment')
        };
      case 'failed':
      case 'untold':
        return {
          told: trans.__('environment unknown'),
          sign: <Sign shape="question" mood="unknown" />,
          long: trans.__('nothing is known of the environment: open the panel to see why')
        };
      case 'nothing':
      case 'no-kernel':
      case 'dead':
        return { told: null, sign: null, long: '' };
    }
  }

  private _onChanged(): void {
    this.update();
  }
}
