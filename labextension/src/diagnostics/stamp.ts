/** A notebook that was stamped in another environment says once what of it is otherwise here, if that matters. */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { ICodeCellModel } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Widget } from '@lumino/widgets';
import { nodes, piecesOf } from '../coded';
import { clean, type Words } from '../language';
import type { Server } from '../server';
import { triggered } from '../trigger';
import { severityMark } from '../words';
import type { NotebookCell, StampRemark } from '../wire/types';
import { METADATA } from './ignored';
import { matters, stampOf } from './stamp-values';

const MOST = 500;

/** Watches the notebooks that are opened; `enabled` is asked each time. */
export function compareStamps(
  server: Pick<Server, 'stamp'>,
  notebooks: INotebookTracker,
  trans: Words,
  enabled: () => boolean
): void {
  const told = new Set<string>();
  const look = async (panel: NotebookPanel): Promise<void> => {
    await panel.context.ready;
    const stamp = stampOf(panel.content.model?.getMetadata(METADATA));
    const kernel = panel.sessionContext.session?.kernel?.id;
    if (stamp === null || !kernel || !enabled() || told.has(panel.context.path)) {
      return;
    }
    const report = await server.stamp(kernel, { stamp, cells: importing(panel) });
    if (matters(report.remarks) && !panel.isDisposed && !told.has(panel.context.path)) {
      told.add(panel.context.path);
      tell(panel.title.label, report.remarks, trans);
    }
  };
  const quietly = (panel: NotebookPanel) => void look(panel).catch(() => undefined); // a server that fails says nothing
  const watch = (panel: NotebookPanel) => {
    panel.sessionContext.kernelChanged.connect(() => quietly(panel));
    quietly(panel);
  };
  notebooks.forEach(watch);
  notebooks.widgetAdded.connect((_, panel) => watch(panel));
}

function importing(panel: NotebookPanel): NotebookCell[] {
  const cells = [...(panel.content.model?.cells ?? [])].map((cell, index) => ({ cell, index }));
  return cells
    .filter(({ cell }) => cell.type === 'code')
    .map(({ cell, index }) => ({
      id: cell.id,
      source: (cell as ICodeCellModel).sharedModel.getSource(),
      number: index + 1
    }))
    .filter(({ source }) => source.includes('import') || triggered(source))
    .slice(0, MOST);
}

function tell(name: string, remarks: readonly StampRemark[], trans: Words): void {
  const count = remarks.filter(each => each.severity !== 'info').length;
  const said = trans._n(
    '%2 was stamped in another environment: %1 difference matters to what it imports.',
    '%2 was stamped in another environment: %1 differences matter to what it imports.',
    count,
    clean(name)
  );
  Notification.warning(said, {
    autoClose: 20_000,
    actions: [
      {
        label: trans.__('Show'),
        caption: trans.__('What differs from the environment in which the notebook was stamped'),
        callback: () => void show(name, remarks, trans)
      }
    ]
  });
}

async function show(name: string, remarks: readonly StampRemark[], trans: Words): Promise<void> {
  await showDialog({
    title: trans.__('What differs for %1', clean(name)),
    body: new Widget({ node: listed(remarks, trans) }),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}

/** The differences as a list of text nodes, each with its severity as a word. */
function listed(remarks: readonly StampRemark[], trans: Words): HTMLElement {
  const list = document.createElement('ul');
  list.className = 'jp-eg-Dialog jp-eg-Stamp';
  for (const remark of remarks) {
    const item = document.createElement('li');
    const { word, mood } = severityMark(remark.severity, trans);
    const head = document.createElement('strong');
    head.dataset.mood = mood;
    head.textContent = `${word}${trans.__(': ')}`;
    const evidence = document.createElement('div');
    remark.evidence.forEach((each, index) =>
      evidence.append(index ? ' · ' : '', ...nodes(piecesOf(each, trans)))
    );
    item.append(head, ...nodes(piecesOf(remark.message, trans)), evidence);
    list.append(item);
  }
  return list;
}
