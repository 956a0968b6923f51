/** The plugin: a panel that follows the current notebook or console, an item in the status bar, and the commands. */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs, SessionContextDialogs } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { PageConfig } from '@jupyterlab/coreutils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { diagnostics } from './diagnostics';
import { beforeRuns } from './installs/plugin';
import { actions } from './lab/actions';
import { addCommands } from './lab/commands';
import { Follower } from './lab/follow';
import { envguardIcon } from './lab/icon';
import { followSettings } from './lab/settings';
import { StatusItem } from './lab/status';
import { Model } from './model';
import { EnvguardPanel } from './panel/widget';
import { connect } from './request';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-envguard/labextension:plugin',
  description: 'Shows beside a notebook whether the environment of its kernel is sound.',
  autoStart: true,
  optional: [
    INotebookTracker,
    IConsoleTracker,
    ILabShell,
    ILayoutRestorer,
    ICommandPalette,
    IStatusBar,
    ISettingRegistry,
    ISessionContextDialogs,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null,
    registry: ISettingRegistry | null,
    dialogs: ISessionContextDialogs | null,
    translator: ITranslator | null
  ) => {
    if (labShell === null && !['notebooks', 'consoles'].includes(PageConfig.getOption('notebookPage'))) {
      return; // a page of Notebook 7 with nothing to follow
    }
    const language = translator ?? nullTranslator;
    const trans = language.load('envguard');
    const model = new Model(connect(app.serviceManager.serverSettings, language.languageCode));
    const follower = new Follower(model, notebooks, consoles);
    const doing = actions(
      app,
      follower,
      dialogs ?? new SessionContextDialogs({ translator: language }),
      trans
    );

    const panel = new EnvguardPanel({ trans, model, actions: doing });
    panel.title.icon = envguardIcon;
    panel.title.caption = trans.__('Environment');
    panel.title.label = labShell === null ? trans.__('Environment') : '';
    panel.node.setAttribute('aria-label', trans.__('Environment'));
    app.shell.add(panel, 'right', { rank: 700 });
    restorer?.add(panel, panel.id);

    const open = () => app.shell.activateById(panel.id);
    const item = statusBar === null ? null : new StatusItem(model, trans, open);
    const watch = () => {
      model.watched = panel.isVisible || (item !== null && settings.statusBar);
    };
    const settings = followSettings(registry, plugin.id, trans, () => {
      model.afterCells = settings.refreshAfterCells;
      watch();
    });
    if (statusBar !== null && item !== null) {
      statusBar.registerStatusItem('envguard:status', {
        item,
        align: 'left',
        rank: 90,
        isActive: () => settings.statusBar && model.subject !== null,
        activeStateChanged: model.changed
      });
    }

    panel.shown.connect(watch);
    void app.restored.then(watch);
    addCommands(app, palette, trans, { model, panel, open });
  }
};

export default [plugin, diagnostics, ...beforeRuns];
