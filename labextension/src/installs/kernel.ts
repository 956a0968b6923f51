/**
 * What is asked of a kernel itself, silently and in its turn: whether the kernel's own guard is there, and variables of
 * its environment while a cell runs. Nothing is left in the user's names, and no cell is counted.
 */
import type { Kernel } from '@jupyterlab/services';

/** What the user has answered, as the guard calls it. */
export type Answer = 'run' | 'undo' | 'protected';

const GUARD = `__import__('sys').modules.get('envguard.frontends.guard')`;

/** Whether the kernel's guard looks at its cells; null if the kernel has let nothing more run. */
export async function guarded(kernel: Kernel.IKernelConnection): Promise<boolean | null> {
  const mode = `getattr(getattr(${GUARD}, 'of', lambda *_: None)(get_ipython()), 'mode', None)`;
  return truth(await evaluated(kernel, `getattr(${mode}, 'value', 'off') != 'off'`));
}

/** Tells the guard what was answered about the next cell with this source; whether it is there and does that. */
export async function told(
  kernel: Kernel.IKernelConnection,
  source: string,
  answer: Answer
): Promise<boolean | null> {
  // the digest is taken there: a browser has no SHA-256 for a page that came by plain HTTP
  const digest = `__import__('hashlib').sha256(${bytes(source)}).hexdigest()`;
  return truth(
    await evaluated(kernel, `getattr(${GUARD}, 'answered', lambda *_: False)(${digest}, '${answer}')`)
  );
}

/** Sets variables of the kernel's environment; what puts back those that are still as they were set. */
export async function withVariables(
  kernel: Kernel.IKernelConnection,
  variables: Readonly<Record<string, string>>
): Promise<(() => Promise<void>) | null> {
  const before = await evaluated(
    kernel,
    `(lambda os, json, base64, new: [base64.b64encode(json.dumps({k: os.environ.get(k) for k in new}).encode()).decode(), os.environ.update(new)][0])(__import__('os'), __import__('json'), __import__('base64'), ${loaded(variables)})`
  );
  const found = /^'([A-Za-z0-9+/=]+)'$/.exec(before.told ?? '');
  if (found === null) {
    return null;
  }
  return async () => {
    await evaluated(
      kernel,
      `(lambda os, new, old: [os.environ.pop(k, None) if old[k] is None else os.environ.update({k: old[k]}) for k in new if os.environ.get(k) == new[k]] and None)(__import__('os'), ${loaded(variables)}, ${loaded(JSON.parse(text(found[1])))})`
    );
  };
}

interface Evaluated {
  /** Whether the kernel has let it be evaluated: it does not behind a cell that has failed. */
  ran: boolean;
  /** What it was, as Python writes it; null if it could not be told. */
  told: string | null;
}

async function evaluated(kernel: Kernel.IKernelConnection, expression: string): Promise<Evaluated> {
  try {
    const { content } = await kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      allow_stdin: false,
      stop_on_error: false,
      user_expressions: { told: expression }
    }).done;
    if (content.status !== 'ok') {
      return { ran: false, told: null };
    }
    const value = content.user_expressions?.told as { data?: { 'text/plain'?: unknown } } | undefined;
    const plain = value?.data?.['text/plain'];
    return { ran: true, told: typeof plain === 'string' ? plain : null };
  } catch {
    return { ran: false, told: null }; // the kernel has been restarted, or is gone
  }
}

function truth({ ran, told: value }: Evaluated): boolean | null {
  return ran ? value === 'True' : null;
}

/** A string as an expression of Python's: its bytes, whatever they are. */
function bytes(told: string): string {
  const raw = Array.from(new TextEncoder().encode(told), byte => String.fromCharCode(byte)).join('');
  return `__import__('base64').b64decode('${btoa(raw)}')`;
}

function loaded(value: unknown): string {
  return `__import__('json').loads(${bytes(JSON.stringify(value))})`;
}

function text(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), letter => letter.charCodeAt(0)));
}
