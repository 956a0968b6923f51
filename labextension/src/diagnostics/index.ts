/** The plugin that says what is wrong with installs while they are typed, and what of a stamp is otherwise here. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { ICodeCellModel } from '@jupyterlab/cells';
import { EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { readSettings } from '../lab/schema';
import { connect } from '../request';
import { triggered } from '../trigger';
import { Books } from './books';
import { addCommands, FIX, keysOf } from './commands';
import { applyFix } from './fix';
import { type Apply, Linting } from './lint';
import { compareStamps } from './stamp';

const ID = '@jupyter-envguard/labextension:diagnostics';

export const diagnostics: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Underlines what is wrong with installs in cells, with quick fixes.',
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  optional: [INotebookTracker, IConsoleTracker, ISettingRegistry, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    extensions: IEditorExtensionRegistry,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null,
    registry: ISettingRegistry | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('envguard');
    const server = connect(app.serviceManager.serverSettings);
    const settings = { enabled: registry === null, stamp: true }; // nothing is asked before they have been read
    const apply: Apply = (model, view, remark, fix, source) =>
      void applyFix(model, view, remark, fix, source, trans);
    const linting = new Linting(
      trans,
      () => settings.enabled,
      apply,
      () => keysOf(app, FIX)
    );
    const books = new Books(
      () => settings.enabled,
      server,
      notebooks,
      consoles,
      ids => linting.refresh(ids)
    );
    linting.books = books;

    extensions.addExtension({
      name: 'envguard:diagnostics',
      factory: ({ model }) =>
        isCodeCell(model) ? EditorExtensionRegistry.createImmutableExtension(linting.extension(model)) : null
    });
    // what was installed is another answer to the same question
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const panel = notebooks?.find(each => each.content === notebook);
      if (panel && triggered(cell.model.sharedModel.getSource())) {
        books.open(panel as NotebookPanel).sheet.expire();
      }
    });
    addCommands(app, palette, trans, { books, linting, apply, notebooks, consoles });

    const loaded = readSettings(
      registry,
      ID,
      trans,
      from => {
        settings.enabled = from.get('enabled').composite !== false;
        settings.stamp = from.get('stamp').composite !== false;
        books.check();
        linting.refresh();
      },
      () => {
        settings.enabled = true;
        linting.refresh();
      }
    );
    if (notebooks) {
      void loaded.then(() => compareStamps(server, notebooks, trans, () => settings.stamp));
    }
  }
};

/** Whether the model of an editor is that of a cell of code; a file has one of another kind. */
function isCodeCell(model: object): model is ICodeCellModel {
  return 'type' in model && model.type === 'code' && 'sharedModel' in model;
}
