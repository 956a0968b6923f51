/** What the panel asks of envguard's server extension, and how it is refused. */
import type {
  CellsReport,
  CellsRequest,
  EnvguardCuda,
  EnvguardTimeline,
  Installs,
  Job,
  JobRequest,
  KernelReport,
  RulePage,
  SentCell,
  ServerStatus,
  StampReport,
  StampRequest,
  Text,
  UndoList
} from './wire/types';

export interface Server {
  status(): Promise<ServerStatus>;
  report(
    kernel: string,
    how: { live?: boolean; fresh?: boolean },
    signal?: AbortSignal
  ): Promise<KernelReport>;
  timeline(kernel: string, signal?: AbortSignal): Promise<EnvguardTimeline>;
  cuda(kernel: string, signal?: AbortSignal): Promise<EnvguardCuda>;
  undo(kernel: string, signal?: AbortSignal): Promise<UndoList>;
  /** What the installs of cells would do; `ways`: with the way by conda, which may take some seconds. */
  installs(
    kernel: string,
    cells: readonly SentCell[],
    ways: boolean,
    signal?: AbortSignal
  ): Promise<Installs>;
  rule(id: string): Promise<RulePage>;
  begin(request: JobRequest): Promise<Job>;
  /** The job; waits until it has ended or its progress has changed. */
  job(id: string, signal?: AbortSignal): Promise<Job>;
  cancel(id: string): Promise<Job>;
  cells(request: CellsRequest, signal?: AbortSignal): Promise<CellsReport>;
  stamp(kernel: string, request: StampRequest, signal?: AbortSignal): Promise<StampReport>;
}

/**
 * missing: the server has no such extension; forbidden: it is not for this user; gone: no such kernel or job; conflict: not
 * for this kernel, or not now.
 */
export type Kind = 'missing' | 'forbidden' | 'gone' | 'conflict' | 'unreachable' | 'refused';

/** Why a request was not answered. */
export class Failure extends Error {
  constructor(
    readonly kind: Kind,
    readonly says: Text | null = null
  ) {
    super(says?.text ?? kind);
  }
}

/** Whatever was thrown, as a failure. */
export function asFailure(thrown: unknown): Failure {
  return thrown instanceof Failure ? thrown : new Failure('unreachable');
}
