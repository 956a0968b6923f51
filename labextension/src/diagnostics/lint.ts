/**
 * The extension of each code cell's editor: CodeMirror's lint, with the server's remarks as its source.
 *
 * Whether a cell is Python is looked at each time, not when its editor is made: a new notebook hears of its language only
 * from its kernel.
 *
 * CodeMirror shows a remark in two places: a tooltip, and a list whose options may hold no buttons (screen readers would not
 * find them there). So the fixes are buttons in the tooltip alone; in the list a line says by which keys to have them.
 */
import type { Diagnostic } from '@codemirror/lint';
import { type Extension, StateEffect } from '@codemirror/state';
import { EditorView, keymap, ViewPlugin } from '@codemirror/view';
import type { ICodeCellModel } from '@jupyterlab/cells';
import { nodes, piecesOf } from '../coded';
import { clean, say, type Words } from '../language';
import { triggered } from '../trigger';
import { severityMark } from '../words';
import type { CellFix, CellRemark } from '../wire/types';
import { type Books, isPython } from './books';
import { late } from './late';
import { range } from './places';

/** Milliseconds after the last key. */
const DELAY = 400;
/** The attribute of an editor whose remarks are listed below its lines. */
export const LISTED = 'data-eg-listed';
const again = StateEffect.define<null>();

/** Does what a fix of a remark says; `source` is the text that it was made for. */
export type Apply = (
  model: ICodeCellModel,
  view: EditorView,
  remark: CellRemark,
  fix: CellFix,
  source: string
) => void;

export class Linting {
  constructor(
    private readonly _trans: Words,
    private readonly _enabled: () => boolean,
    private readonly _apply: Apply,
    /** The keys that list the fixes of a remark, as they are written; null: none do. */
    private readonly _keys: () => string | null
  ) {}

  /** Where remarks come from; set before the first editor is made. */
  books: Books | null = null;

  /** The extension for a cell. */
  extension(model: ICodeCellModel): Extension {
    const views = this._views;
    return [
      late(triggered, async () => {
        const { linter, lintKeymap } = await import('@codemirror/lint');
        return [
          linter(view => this._lint(model, view), {
            delay: DELAY,
            tooltipFilter: found => worstFirst(found).map(each => this._inTooltip.get(each) ?? each),
            needsRefresh: update =>
              update.transactions.some(each => each.effects.some(effect => effect.is(again)))
          }),
          keymap.of([...lintKeymap]),
          EditorView.updateListener.of(({ view }) =>
            view.dom.toggleAttribute(LISTED, view.dom.querySelector('.cm-panel-lint') !== null)
          )
        ];
      }),
      ViewPlugin.define(view => {
        views.set(view, model);
        const changed = () => void Promise.resolve().then(() => this._again(view));
        model.mimeTypeChanged.connect(changed);
        model.metadataChanged.connect(changed);
        return {
          destroy: () => {
            views.delete(view);
            model.mimeTypeChanged.disconnect(changed);
            model.metadataChanged.disconnect(changed);
            this._gone(model);
          }
        };
      })
    ];
  }

  /** The editor of a cell, if it is drawn. */
  view(model: ICodeCellModel): EditorView | null {
    return [...this._views].find(([, each]) => each === model)?.[0] ?? null;
  }

  /** Looks at some cells again, or at all. */
  refresh(ids: ReadonlySet<string> | null = null): void {
    for (const [view, model] of [...this._views]) {
      if (ids === null || ids.has(model.id)) {
        this._again(view);
      }
    }
  }

  private _again(view: EditorView): void {
    if (this._views.has(view)) {
      view.dispatch({ effects: again.of(null) });
    }
  }

  private _gone(model: ICodeCellModel): void {
    if (model.isDisposed) {
      return;
    }
    const book = this.books?.of(model);
    if (book?.sheet.has(model.id)) {
      book.sheet.check();
    }
  }

  private async _lint(model: ICodeCellModel, view: EditorView): Promise<Diagnostic[]> {
    const source = view.state.doc.toString();
    const wanted = this._enabled() && isPython(model) && triggered(source);
    const book = model.isDisposed || !this._views.has(view) ? null : this.books?.of(model);
    if (!book) {
      return [];
    }
    if (!wanted) {
      if (book.sheet.has(model.id) && this._enabled()) {
        book.sheet.check(); // what was said of other cells may have been about this one
      }
      return [];
    }
    const remarks = await book.sheet.remarks(model.id);
    if (view.state.doc.toString() !== source) {
      return []; // there will be another look
    }
    return remarks
      .map(remark => this._diagnostic(model, view, remark, book.keeps, source))
      .filter(each => each !== null);
  }

  private _diagnostic(
    model: ICodeCellModel,
    view: EditorView,
    remark: CellRemark,
    keeps: boolean,
    source: string
  ): Diagnostic | null {
    const place = range(view.state.doc, remark);
    if (place === null) {
      return null;
    }
    const told = sentence(remark, this._trans);
    const offered = fixes(remark, keeps);
    const inList: Diagnostic = {
      ...place,
      severity: remark.severity,
      source: 'envguard',
      message: [told, ...because(remark, this._trans)].join('\n'),
      renderMessage: () => drawn(remark, this._trans, ...this._hint(offered))
    };
    const buttons = () =>
      offered.map(fix => this._button(fix, () => this._apply(model, view, remark, fix, source)));
    this._inTooltip.set(inList, { ...inList, renderMessage: () => drawn(remark, this._trans, ...buttons()) });
    return inList;
  }

  private _hint(offered: readonly CellFix[]): HTMLElement[] {
    const keys = offered.length > 0 ? this._keys() : null;
    if (keys === null) {
      return [];
    }
    const hint = document.createElement('div');
    hint.className = 'jp-eg-Remark-evidence';
    hint.textContent = this._trans.__('%1: what can be done about it', keys);
    return [hint];
  }

  private _button({ title }: CellFix, apply: () => void): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'jp-eg-Remark-fix';
    button.append(...nodes(piecesOf(title, this._trans)));
    button.addEventListener('mousedown', event => event.preventDefault()); // the editor keeps the focus
    button.addEventListener('click', apply);
    return button;
  }

  /** What stands in the tooltip in place of what stands in the list. */
  private readonly _inTooltip = new WeakMap<Diagnostic, Diagnostic>();

  private readonly _views = new Map<EditorView, ICodeCellModel>();
}

const GRAVITY = ['error', 'warning', 'info', 'hint'];

function worstFirst(found: readonly Diagnostic[]): Diagnostic[] {
  return [...found].sort((one, other) => GRAVITY.indexOf(one.severity) - GRAVITY.indexOf(other.severity));
}

/** What can be done about a remark: where nothing is kept of a cell, it cannot say that it ignores a rule. */
export function fixes(remark: CellRemark, keeps: boolean): CellFix[] {
  return remark.fixes.filter(fix => fix.edit !== null || keeps);
}

/** A remark in one line, its severity as a word before it. */
export function sentence(remark: CellRemark, trans: Words): string {
  const { word } = severityMark(remark.severity, trans);
  return `${word}${trans.__(': ')}${say(remark.message, trans)} (${clean(remark.code)})`;
}

function because(remark: CellRemark, trans: Words): string[] {
  return remark.evidence.map(each => say(each, trans));
}

/** The same as nodes, the evidence below: nothing of it is ever markup. */
function drawn(remark: CellRemark, trans: Words, ...below: readonly HTMLElement[]): HTMLElement {
  const node = document.createElement('div');
  node.className = 'jp-eg-Remark';
  node.dataset.rule = remark.rule;
  const line = (name: string, ...told: (Node | string)[]) => {
    const part = document.createElement('div');
    part.className = name;
    part.append(...told);
    node.append(part);
  };
  const { word } = severityMark(remark.severity, trans);
  const said = nodes(piecesOf(remark.message, trans));
  line('jp-eg-Remark-message', `${word}${trans.__(': ')}`, ...said, ` (${clean(remark.code)})`);
  for (const each of remark.evidence) {
    line('jp-eg-Remark-evidence', ...nodes(piecesOf(each, trans)));
  }
  node.append(...below);
  return node;
}
