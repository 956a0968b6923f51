/** The commands, for the palette, the menu and the keyboard. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { Words } from '../language';
import type { Model } from '../model';
import type { EnvguardPanel } from '../panel/widget';
import { envguardIcon } from './icon';

interface Parts {
  model: Model;
  panel: EnvguardPanel;
  open: () => void;
}

export function addCommands(
  app: JupyterFrontEnd,
  palette: ICommandPalette | null,
  trans: Words,
  { model, panel, open }: Parts
): void {
  const category = trans.__('Environment');
  const some = () => model.watch !== null;
  // whoever runs it may just have brought the notebook to the front that the panel follows then
  const plan = (kernel: string, checkpoint: string, patience = 60): void => {
    if (model.watch?.kernel === kernel) {
      void model.watch.planUndo(checkpoint);
    } else if (patience) {
      requestAnimationFrame(() => plan(kernel, checkpoint, patience - 1));
    }
  };
  app.commands.addCommand('envguard:open', {
    label: trans.__('Show the Environment Panel'),
    caption: trans.__('Whether conda and pip agree about the environment of this kernel'),
    icon: envguardIcon,
    execute: open
  });
  app.commands.addCommand('envguard:refresh', {
    label: trans.__('Check the Environment Again'),
    isEnabled: some,
    execute: () => {
      open();
      model.refresh();
    }
  });
  app.commands.addCommand('envguard:forecast', {
    label: trans.__('What Would an Install Do?'),
    isEnabled: some,
    execute: ({ command }) => {
      open();
      panel.ask();
      if (typeof command === 'string') {
        void model.watch?.foretell(command);
      }
    }
  });
  app.commands.addCommand('envguard:undo', {
    label: trans.__('Take an Install Back'),
    isEnabled: some,
    execute: ({ kernel, checkpoint }) => {
      open();
      panel.unfold('undo');
      if (typeof checkpoint === 'string') {
        plan(`${kernel}`, checkpoint);
      }
    }
  });
  for (const command of ['envguard:open', 'envguard:refresh', 'envguard:forecast', 'envguard:undo']) {
    palette?.addItem({ command, category });
  }
}
