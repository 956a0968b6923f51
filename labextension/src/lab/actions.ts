/** What a click in the panel does to the notebook, the clipboard, the kernel and the terminals. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Clipboard,
  Dialog,
  type ISessionContextDialogs,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { NotebookActions } from '@jupyterlab/notebook';
import type { Terminal } from '@jupyterlab/services';
import { Widget } from '@lumino/widgets';
import type { Words } from '../language';
import type { Actions } from '../panel/tools';
import type { Follower } from './follow';

const NEW_TERMINAL = 'terminal:create-new';

export function actions(
  app: JupyterFrontEnd,
  follower: Follower,
  dialogs: ISessionContextDialogs,
  trans: Words
): Actions {
  return {
    copy,
    insert: lines => {
      const current = follower.current;
      const source = lines.join('\n');
      if (current?.kind === 'notebook') {
        const notebook = current.widget.content;
        NotebookActions.insertBelow(notebook);
        notebook.activeCell?.model.sharedModel.setSource(source);
      } else if (current?.kind === 'console') {
        current.widget.console.promptCell?.model.sharedModel.setSource(source);
      }
    },
    run: async lines => {
      const { button } = await showDialog({
        title: trans.__('Run this in a new terminal?'),
        body: body(lines),
        buttons: [
          Dialog.cancelButton({ label: trans.__('Cancel') }),
          Dialog.okButton({ label: trans.__('Run') })
        ],
        defaultButton: 0
      });
      if (button.accept) {
        await type(app, lines.map(line => `${line}\r`).join('')).catch(() => {
          Notification.error(trans.__('No terminal could be opened.'));
        });
      }
    },
    restart: async () => {
      if (follower.current !== null) {
        await dialogs.restart(follower.current.session);
      }
    }
  };
}

export async function copy(told: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(told);
  } catch {
    Clipboard.copyToSystem(told); // not a secure context, or not allowed
  }
}

function body(lines: readonly string[]): Widget {
  const node = document.createElement('pre');
  node.className = 'jp-eg-Dialog';
  node.textContent = lines.join('\n');
  return new Widget({ node });
}

/** Types into a new terminal: a tab of JupyterLab, or in Notebook 7, which has none beside a notebook, a page. */
async function type(app: JupyterFrontEnd, told: string): Promise<void> {
  if (app.commands.hasCommand(NEW_TERMINAL) && !PageConfig.getOption('notebookPage')) {
    const widget = (await app.commands.execute(NEW_TERMINAL)) as {
      content: { session: Terminal.ITerminalConnection };
    };
    widget.content.session.send({ type: 'stdin', content: [told] });
    return;
  }
  const page = window.open('', '_blank'); // before anything is waited for, or the browser takes it for a pop-up
  const session = await app.serviceManager.terminals.startNew();
  session.send({ type: 'stdin', content: [told] });
  page?.location.assign(URLExt.join(PageConfig.getBaseUrl(), 'terminals', encodeURIComponent(session.name)));
}
