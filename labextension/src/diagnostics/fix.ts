/** Does what a quick fix says: an edit that Ctrl-Z takes back, or a rule that the cell ignores from now on. */
import type { EditorView } from '@codemirror/view';
import { InputDialog } from '@jupyterlab/apputils';
import type { ICodeCellModel } from '@jupyterlab/cells';
import { clean, type Words } from '../language';
import type { CellFix, CellRemark } from '../wire/types';
import { ignoring, METADATA, own } from './ignored';
import { range } from './places';

/** Applies a fix that was made for `source`; a cell that has changed since is left alone, and looked at again. */
export async function applyFix(
  model: ICodeCellModel,
  view: EditorView,
  remark: CellRemark,
  fix: CellFix,
  source: string,
  trans: Words
): Promise<void> {
  if (view.state.readOnly) {
    return;
  }
  if (fix.edit === null) {
    await ignore(model, remark, trans);
    view.focus();
    return;
  }
  const place = range(view.state.doc, fix.edit);
  if (place === null || view.state.doc.toString() !== source) {
    return;
  }
  view.dispatch({
    changes: { ...place, insert: fix.edit.text },
    selection: { anchor: place.from + fix.edit.text.length },
    scrollIntoView: true,
    userEvent: 'input'
  });
  view.focus();
}

/** Asks why, and writes it into the cell's metadata; without a reason nothing is ignored. */
async function ignore(model: ICodeCellModel, remark: CellRemark, trans: Words): Promise<void> {
  const { button, value } = await InputDialog.getText({
    title: trans.__('Ignore %1 in this cell', clean(remark.rule)),
    label: trans.__('Why (it is kept in the notebook, and `envguard scan` keeps to it, too)'),
    okLabel: trans.__('Ignore'),
    cancelLabel: trans.__('Cancel'),
    required: true
  });
  const reason = value?.trim() ?? '';
  if (button.accept && reason !== '' && !model.isDisposed) {
    model.setMetadata(METADATA, ignoring(own(model), remark.rule, reason) as never);
  }
}
