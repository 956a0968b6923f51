/** What a stamp is, and whether its differences matter; no JupyterLab. */
import type { StampRemark } from '../wire/types';

/** The stamp in a notebook's metadata; null if it has none. */
export function stampOf(told: unknown): { [name: string]: unknown } | null {
  const stamp = told as { packages?: unknown } | null | undefined;
  return stamp && typeof stamp === 'object' && typeof stamp.packages === 'object' && stamp.packages !== null
    ? { ...stamp }
    : null;
}

/** Whether there is more than hints. */
export function matters(remarks: readonly StampRemark[]): boolean {
  return remarks.some(each => each.severity !== 'info');
}
