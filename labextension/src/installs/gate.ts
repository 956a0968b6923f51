/**
 * Through which every cell goes to its kernel, and where those that may install something wait until that is settled.
 *
 * What installs nothing passes at once, in the same turn of the event loop, unless another cell waits before it: the
 * order in which cells were run is kept for each kernel. Cells that are run together, or while others wait, are looked
 * at together, so that somebody who runs all cells is asked once. One that is not run takes those behind it with it, as
 * one that fails does in a kernel.
 */
export interface Passing {
  readonly isDisposed: boolean;
  /** Whether an error in it stops nothing, as a kernel is told by its tag. */
  readonly mayFail: boolean;
  run(): Promise<boolean>;
  wait(waits: boolean): void;
  forgo(): void;
}

/** How a cell is run in place of its own `run`; whether it has come to a good end. */
export type Way = () => Promise<boolean>;

interface Judge<C extends Passing> {
  /** Whether it must be looked at: the cheap answer for the many cells of which nothing is asked. */
  concerns(cell: C): boolean;
  /** How those among these cells are run that need more than their `run`; null: none of them, nor what comes after. */
  decide(cells: readonly C[]): Promise<ReadonlyMap<C, Way> | null>;
}

interface Waiting<C> {
  cell: C;
  resolve: (ran: boolean | PromiseLike<boolean>) => void;
}

interface Lane<C> {
  waiting: Waiting<C>[];
  /** Those that have been sent and may not have ended; what follows an install must know. */
  sent: Promise<boolean>[];
}

export class Gate<C extends Passing> {
  constructor(private readonly _judge: Judge<C>) {}

  /** Runs a cell in its turn; `key` is its kernel's. */
  pass(key: string, cell: C): Promise<boolean> {
    let lane = this._lanes.get(key);
    if (lane === undefined) {
      if (!this._judge.concerns(cell)) {
        return this._sent(key, cell);
      }
      lane = { waiting: [], sent: this._turn.get(key) ?? [] };
      this._lanes.set(key, lane);
      void Promise.resolve(lane).then(ready => this._go(key, ready));
    }
    const { waiting } = lane;
    return new Promise(resolve => waiting.push({ cell, resolve }));
  }

  private async _go(key: string, lane: Lane<C>): Promise<void> {
    let goes = true;
    while (lane.waiting.length) {
      const burst = lane.waiting.splice(0);
      goes = goes && (await this._burst(lane, burst));
      if (!goes) {
        burst.forEach(giveUp);
      }
    }
    this._lanes.delete(key);
  }

  /** Runs what was waiting; false if it ends before the last one, of which `burst` then holds those that are left. */
  private async _burst(lane: Lane<C>, burst: Waiting<C>[]): Promise<boolean> {
    const concerned = burst.map(({ cell }) => cell).filter(cell => this._judge.concerns(cell));
    let ways: ReadonlyMap<C, Way> | null = new Map();
    if (concerned.length) {
      try {
        ways = await this._judge.decide(concerned);
      } catch (error) {
        console.error(error); // a bug of ours must not keep anybody from working
      }
    }
    if (ways === null) {
      return false;
    }
    burst.forEach(({ cell }) => !cell.isDisposed && cell.wait(true));
    for (let next = burst.shift(); next !== undefined; next = burst.shift()) {
      const { cell, resolve } = next;
      if (cell.isDisposed) {
        resolve(false);
        continue;
      }
      const way = ways.get(cell);
      if (way === undefined) {
        const ran = cell.run();
        lane.sent.push(well(cell, ran));
        resolve(ran);
        continue;
      }
      // a kernel lets none run that was sent to it before another has failed: nor may this, which is sent later
      if ((await Promise.all(lane.sent.splice(0))).includes(false)) {
        burst.unshift(next);
        return false;
      }
      const ran = way();
      resolve(ran);
      if (!(await well(cell, ran))) {
        return false;
      }
    }
    return true;
  }

  /** Remembers until the end of this turn what has been sent in it: it may belong to one run of all cells. */
  private _sent(key: string, cell: C): Promise<boolean> {
    const ran = cell.run();
    const sent = this._turn.get(key);
    if (sent) {
      sent.push(well(cell, ran));
    } else {
      this._turn.set(key, [well(cell, ran)]);
      void Promise.resolve().then(() => this._turn.delete(key));
    }
    return ran;
  }

  private readonly _lanes = new Map<string, Lane<C>>();
  private readonly _turn = new Map<string, Promise<boolean>[]>();
}

function giveUp<C extends Passing>({ cell, resolve }: Waiting<C>): void {
  if (!cell.isDisposed) {
    cell.wait(false);
    cell.forgo();
  }
  resolve(false);
}

/** Whether what follows a cell may run. */
async function well(cell: Passing, ran: Promise<boolean>): Promise<boolean> {
  return (await ran.catch(() => false)) || cell.mayFail;
}
