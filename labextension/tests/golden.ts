/** The documents that Python's tests hold envguard against, and the words of JupyterLab without a catalog. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nullTranslator } from '@jupyterlab/translation';
import type { Words } from '../src/language';
import type { EnvguardReport, KernelReport, Text } from '../src/wire/types';

const FOLDER = join(__dirname, '..', '..', 'tests', 'render', 'golden');

export const REPORTS = ['broken', 'hostile', 'hurt', 'sound', 'strained'];

export const trans: Words = nullTranslator.load('envguard');

/** A document by the name of its file. */
export function golden<T = EnvguardReport>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf-8')) as T;
}

/** What Python writes of the same document in a terminal. */
export function written(name: string): string {
  return readFileSync(join(FOLDER, `${name}.txt`), 'utf-8');
}

/** The words of what Python writes of it for a browser. */
export function plain(name: string): string {
  return readFileSync(join(FOLDER, `${name}.html`), 'utf-8')
    .replace(/<style>[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(#x27|#39|quot|lt|gt|amp);/g, (_, name: string) => ENTITIES[name]);
}

const ENTITIES: Record<string, string> = { '#x27': "'", '#39': "'", quot: '"', lt: '<', gt: '>', amp: '&' };

/** Every text in a document. */
export function texts(told: unknown): Text[] {
  if (Array.isArray(told)) {
    return told.flatMap(texts);
  }
  if (told === null || typeof told !== 'object') {
    return [];
  }
  const keys = Object.keys(told).sort().join();
  return keys === 'args,id,text' ? [told as Text] : Object.values(told).flatMap(texts);
}

/** An answer of the server around a report. */
export function answer(report: EnvguardReport | null, more: Partial<KernelReport> = {}): KernelReport {
  return {
    schema: 1,
    kind: 'kernel-report',
    kernel: { id: 'k', name: 'python3', display_name: 'Python 3', where: 'local' },
    environment_id: '0123456789abcdef',
    state: 'live',
    why: null,
    road: 'user_expressions',
    changes: { allowed: true, why: null },
    undoable: 0,
    stamp: 'first',
    report,
    ...more
  };
}
