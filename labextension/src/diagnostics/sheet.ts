/**
 * What the server says of the cells of one notebook or console.
 *
 * All cells are asked about together, since conda after pip is about two of them; and only those that name an installer,
 * so that nothing is asked for a notebook that installs nothing. An answer that was overtaken by more typing is not waited
 * for, and a server that fails says nothing.
 */
import { Failure, type Server } from '../server';
import type { CellRemark, NotebookCell } from '../wire/types';

/** What is asked about: a kernel, and the cells that name an installer, in their order. */
export interface Page {
  kernel: string | null;
  cells: NotebookCell[];
}

type Answer = ReadonlyMap<string, CellRemark[]>;

const NOTHING: Answer = new Map();
const MOST = 500;

export class Sheet {
  /** `page` tells what there is to ask about, `changed` hears which cells are no longer said the same of. */
  constructor(
    private readonly _server: Pick<Server, 'cells'>,
    private readonly _page: () => Page,
    private readonly _changed: (ids: ReadonlySet<string>) => void
  ) {}

  /** What was last said. */
  get told(): Answer {
    return this._told;
  }

  /** Whether a cell was among those that were asked about. */
  has(id: string): boolean {
    return this._asked.has(id);
  }

  /** What is to be said of a cell as it stands now. */
  async remarks(id: string): Promise<CellRemark[]> {
    this._waiting.add(id); // who waits need not be told that there is an answer
    this._ask();
    for (;;) {
      const waited = this._answer;
      const told = await waited;
      if (waited === this._answer) {
        this._waiting.delete(id);
        return told.get(id) ?? [];
      }
    }
  }

  /** Some cell was changed, moved or removed, or the kernel was. */
  check(): void {
    this._ask();
  }

  /** What was said may not hold any more, though no cell has changed: something has been installed. */
  expire(): void {
    this._key = '';
    if (this._asked.size > 0) {
      this._ask();
    }
  }

  dispose(): void {
    this._abort?.abort();
  }

  private _ask(): void {
    const page = this._page();
    const cells = page.cells.slice(0, MOST);
    const key = JSON.stringify([page.kernel, cells]);
    if (key === this._key) {
      return;
    }
    this._key = key;
    this._abort?.abort();
    this._asked = new Set(cells.map(cell => cell.id));
    const answer =
      cells.length === 0 || this._missing ? Promise.resolve(NOTHING) : this._fetch({ ...page, cells });
    this._answer = answer;
    void answer.then(told => {
      if (answer === this._answer) {
        this._tell(told);
      }
    });
  }

  private async _fetch(page: Page): Promise<Answer> {
    const abort = (this._abort = new AbortController());
    try {
      const told = await this._server.cells(page, abort.signal);
      return new Map(told.cells.map(cell => [cell.id, cell.remarks]));
    } catch (error) {
      this._missing = error instanceof Failure && (error.kind === 'missing' || error.kind === 'forbidden');
      return NOTHING;
    }
  }

  private _tell(told: Answer): void {
    const before = this._told;
    this._told = told;
    const same = (id: string) => JSON.stringify(before.get(id) ?? []) === JSON.stringify(told.get(id) ?? []);
    const other = new Set(
      [...before.keys(), ...told.keys()].filter(id => !same(id) && !this._waiting.has(id))
    );
    if (other.size > 0) {
      this._changed(other);
    }
  }

  private _key = '';
  private _asked: ReadonlySet<string> = new Set();
  private _answer: Promise<Answer> = Promise.resolve(NOTHING);
  private _told: Answer = NOTHING;
  private _abort: AbortController | null = null;
  private readonly _waiting = new Set<string>();
  /** The server has no such route, or not for this user: it is not asked again. */
  private _missing = false;
}
