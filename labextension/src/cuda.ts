/** What is told of CUDA, as strings and small lists. */
import { clean, joined, type Words } from './language';
import type { CudaDriver, CudaFramework, CudaGpu, CudaLibrary } from './wire/types';
import { originWord, wayWord } from './words';

/** Name and version of what uses CUDA. */
export function frameworkName({ framework, version }: CudaFramework): string {
  return [framework, version]
    .filter(Boolean)
    .map(part => clean(part as string))
    .join(' ');
}

/** Whose files they are, in a word. */
export function origin(name: string, trans: Words): string {
  return originWord(name, trans) ?? clean(name);
}

/** The CUDA it was built for. */
export function declared({ declared: version, cpu }: CudaFramework, trans: Words): string {
  return version ? clean(version) : cpu ? trans.__('no CUDA') : trans.__('not known');
}

const NAMED = ['cudart', 'cudnn']; // by them people speak of a version

/** The libraries that matter: by which a version is known, what is missing, and what somebody else brought. */
export function loaded(
  libraries: readonly CudaLibrary[] | null,
  { origin: own }: CudaFramework,
  unknown: string,
  none: string,
  trans: Words
): string[] {
  if (libraries === null || !libraries.length) {
    return [libraries === null ? unknown : none];
  }
  const wanted = libraries.filter(each => NAMED.includes(each.family) || each.origin !== own);
  const told = wanted.length ? wanted : libraries.slice(0, 1);
  const lines = [...new Set(told.map(each => inCell(each, own, trans)))];
  const rest = libraries.length - told.length;
  return rest > 0 ? [...lines, trans._n('and %1 more', 'and %1 more', rest)] : lines;
}

function inCell(library: CudaLibrary, own: string, trans: Words): string {
  if (library.path === null && library.origin === 'none') {
    return trans.__('%1: not found', clean(library.family));
  }
  const said = `${clean(library.family)} ${clean(library.version ?? '?')}`;
  return library.origin === own ? said : `${said} (${origin(library.origin, trans)})`;
}

/** A library in full: whose it is and how it is found. */
export function wayOf(library: CudaLibrary, trans: Words): string {
  return [
    origin(library.origin, trans),
    library.owner ? clean(library.owner) : '',
    library.way ? (wayWord(library.way, trans) ?? '') : '',
    library.needed_by ? trans.__('needed by %1', clean(library.needed_by)) : ''
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The driver in a line. */
export function driver(told: CudaDriver | null, trans: Words): string {
  if (told === null) {
    return trans.__('was not asked');
  }
  if (told.failed !== null) {
    return trans.__('could not be asked: %1', clean(told.failed));
  }
  if (told.library === null) {
    return trans.__('none: %1', clean(told.missing ?? 'libcuda.so.1'));
  }
  return [
    told.release ? clean(told.release) : '',
    told.cuda ? trans.__('runs CUDA %1', clean(told.cuda)) : '',
    told.module && told.module !== told.release ? trans.__('kernel module %1', clean(told.module)) : '',
    told.answer ? trans.__('cuInit answers %1', told.answer) : '',
    clean(told.library)
  ]
    .filter(Boolean)
    .join(' · ');
}

/** A GPU in a line. */
export function gpu(told: CudaGpu, trans: Words): string {
  const unfit = joined(told.unfit, trans);
  return [
    clean(told.name),
    told.capability ? trans.__('capability %1', clean(told.capability)) : '',
    unfit
      ? told.unfit.length === 1
        ? trans.__('%1 was not built for it', unfit)
        : trans.__('%1 were not built for it', unfit)
      : ''
  ]
    .filter(Boolean)
    .join(' · ');
}
