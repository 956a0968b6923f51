/** The plugin that looks at installs before and after their cells run; the executors beside it bring it the cells. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { connect } from '../request';
import { triggered } from '../trigger';
import { ask, askAgain } from './asking';
import type { Cell } from './cell';
import { decide } from './decide';
import { executors } from './executors';
import { Gate } from './gate';
import { Notices } from './noticing';
import { followSettings } from './settings';
import { IInstalls } from './token';

const installs: JupyterFrontEndPlugin<IInstalls> = {
  id: '@jupyter-envguard/labextension:installs',
  description: 'Tells what an install would do before its cell runs, and what it has done after it.',
  autoStart: true,
  provides: IInstalls,
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): IInstalls => {
    const trans = (translator ?? nullTranslator).load('envguard');
    const server = connect(app.serviceManager.serverSettings);
    const settings = followSettings(registry, installs.id, trans);
    const tools = {
      server,
      settings,
      notices: new Notices(app.commands, trans),
      ask: (question: Parameters<typeof ask>[0]) => ask(question, server, trans),
      askAgain: (cell: Cell, why: Parameters<typeof askAgain>[1]) => askAgain(cell, why, trans)
    };
    const gate = new Gate<Cell>({
      // in the mode off, too, if it is to be told after: which of these cells install, and where, the server alone can tell
      concerns: cell => (settings.mode !== 'off' || settings.notify) && triggered(cell.source),
      decide: cells => decide(cells, tools)
    });
    return { pass: cell => gate.pass(cell.kernel.id, cell) };
  }
};

export const beforeRuns: JupyterFrontEndPlugin<unknown>[] = [installs, ...executors];
