/** A document that is fetched only when somebody wants to see it. */
import { asFailure, type Failure } from './server';

export class Part<T> {
  constructor(
    private readonly _fetch: (signal: AbortSignal) => Promise<T>,
    private readonly _changed: () => void
  ) {}

  value: T | null = null;
  failure: Failure | null = null;

  get asking(): boolean {
    return this._leave !== null;
  }

  /** Fetches it, unless it is there or on its way. */
  want(): void {
    if (!this._current && !this.asking) {
      void this._get();
    }
  }

  /** What is there is out of date; it is shown until the next one has come. */
  expire(): void {
    this._leave?.abort();
    this._leave = null;
    this._current = false;
  }

  private async _get(): Promise<void> {
    const leave = new AbortController();
    this._leave = leave;
    this.failure = null;
    this._changed();
    try {
      const value = await this._fetch(leave.signal);
      if (!leave.signal.aborted) {
        this.value = value;
      }
    } catch (thrown) {
      if (!leave.signal.aborted) {
        this.failure = asFailure(thrown);
      }
    }
    if (!leave.signal.aborted) {
      this._leave = null;
      this._current = true;
      this._changed();
    }
  }

  private _leave: AbortController | null = null;
  private _current = false;
}
