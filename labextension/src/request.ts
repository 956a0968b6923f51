/** The server over HTTP, with the token and the cookies that JupyterLab has. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Failure, type Kind, type Server } from './server';
import type { ServerError } from './wire/types';

const WAIT = 20; // seconds, the longest that the server waits for a job

/** The routes of envguard's server extension; `language` is that of the pages of rules. */
export function connect(settings: ServerConnection.ISettings, language = 'en'): Server {
  const ask = <T>(parts: string[], init: RequestInit = {}, query = ''): Promise<T> => {
    const path = URLExt.join(settings.baseUrl, 'envguard', 'v1', ...parts.map(encodeURIComponent));
    return answer<T>(`${path}${query}`, init, settings);
  };
  return {
    status: () => ask(['status']),
    report: (kernel, { live, fresh }, signal) => {
      const how = [live ? 'live=1' : '', fresh ? 'fresh=1' : ''].filter(Boolean).join('&');
      return ask(['kernels', kernel, 'report'], { signal }, how && `?${how}`);
    },
    timeline: (kernel, signal) => ask(['kernels', kernel, 'timeline'], { signal }),
    cuda: (kernel, signal) => ask(['kernels', kernel, 'cuda'], { signal }),
    undo: (kernel, signal) => ask(['kernels', kernel, 'undo'], { signal }),
    installs: (kernel, cells, ways, signal) =>
      ask(
        ['kernels', kernel, 'installs'],
        { method: 'POST', body: JSON.stringify({ cells }), signal },
        ways ? '?ways=1' : ''
      ),
    rule: id => ask(['rules', id], {}, `?language=${encodeURIComponent(language)}`),
    begin: request => ask(['jobs'], { method: 'POST', body: JSON.stringify(request) }),
    job: (id, signal) => ask(['jobs', id], { signal }, `?wait=${WAIT}`),
    cancel: id => ask(['jobs', id], { method: 'DELETE' }),
    cells: (request, signal) => ask(['cells'], { method: 'POST', body: JSON.stringify(request), signal }),
    stamp: (kernel, request, signal) =>
      ask(['kernels', kernel, 'stamp'], { method: 'POST', body: JSON.stringify(request), signal })
  };
}

async function answer<T>(url: string, init: RequestInit, settings: ServerConnection.ISettings): Promise<T> {
  const response = await ServerConnection.makeRequest(url, init, settings);
  const told: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    throw refusal(response.status, told);
  }
  if (told === null) {
    throw new Failure('missing'); // a page of somebody else's
  }
  return told as T;
}

/** What a status and its body mean; a 404 that is not envguard's own says that envguard is not there. */
export function refusal(status: number, told: unknown): Failure {
  const own = told !== null && typeof told === 'object' && (told as ServerError).kind === 'error';
  const says = own ? (told as ServerError).message : null;
  const kinds: Record<number, Kind> = {
    401: 'forbidden',
    403: 'forbidden',
    404: own ? 'gone' : 'missing',
    409: 'conflict'
  };
  return new Failure(kinds[status] ?? 'refused', says);
}
