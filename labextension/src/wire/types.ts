// Made by scripts/types.mjs from envguard/render/*.schema.json: change those, then `jlpm types`.

export type Count = number;
export type RuleId = string;
export type EnvguardUndo = Undo | UndoList;
export type EnvguardServer =
  | ServerError
  | ServerStatus
  | KernelReport
  | EnvironmentList
  | RuleList
  | RulePage
  | Job
  | Installs
  | InstallBegun
  | InstallEnded
  | EnvguardTimeline
  | EnvguardCuda
  | EnvguardUndo;
export type ServerKernelId = string;
export type ServerEnvironmentId = string;
export type ServerCode = string;
export type ServerSeverity = 'error' | 'warning' | 'info';
export type ServerJobId = string;
export type ServerToken = string;
export type ServerCheckpointId = string;

export interface EnvguardReport {
  /**
   * Version of this format.
   */
  schema: 1;
  /**
   * Version of envguard that made the report.
   */
  envguard: string;
  /**
   * When the report was made, ISO 8601 in UTC.
   */
  made_at: string;
  environment: EnvironmentSummary;
  /**
   * The report in one word: broken with an error, strained with a warning, unknown with nothing to judge.
   */
  verdict: 'sound' | 'strained' | 'broken' | 'unknown';
  /**
   * Who has written into the environment, in which order; unknown where what is there does not decide it.
   */
  phase: 'conda only' | 'conda then pip' | 'mixed back and forth' | 'not conda' | 'unknown';
  findings: Finding[];
  /**
   * Rules that could not decide.
   */
  skipped: Skipped[];
  /**
   * Rules that crashed: bugs of envguard, never a sign of health.
   */
  failed: Failed[];
  /**
   * What could not be read; the rest of the report still stands.
   */
  problems: Problem[];
  /**
   * Findings that the project accepts; they count for nothing else.
   */
  suppressed: Suppressed[];
  /**
   * Changes of the environment, the oldest first.
   */
  timeline: Event[];
  counts: Counts;
  /**
   * Null where no kernel was asked, or nothing was installed since it started.
   */
  restart: Restart | null;
}
export interface EnvironmentSummary {
  /**
   * Folder of the environment.
   */
  prefix: string;
  name: string;
  /**
   * Null if there is no Python in it.
   */
  python_version: string | null;
  /**
   * Conda's name of the platform, such as linux-64.
   */
  platform: string | null;
  /**
   * Whether it is the base environment of a conda installation.
   */
  base: boolean;
  /**
   * Whether the one who asked may change it.
   */
  writable: boolean;
  conda_packages: Count;
  distributions: Count;
  pip_distributions: Count;
}
export interface Finding {
  rule: RuleId;
  /**
   * Number of the rule.
   */
  code: string;
  /**
   * An error breaks code, a warning will, information only helps to understand.
   */
  severity: 'error' | 'warning' | 'info';
  /**
   * Whether the evidence decides the matter or only suggests it.
   */
  certainty: 'certain' | 'likely';
  /**
   * The package, file or setting that the finding is about.
   */
  subject: string;
  message: Text;
  /**
   * What it breaks; null if nothing is known.
   */
  consequence: Text | null;
  evidence: Evidence[];
  /**
   * Ways out, the smallest first.
   */
  fixes: Fix[];
  /**
   * The same for the same finding in another run or on another machine; not its counts and folders.
   */
  fingerprint: string;
}
export interface Text {
  /**
   * The English template; the id under which a translation is found.
   */
  id: string;
  /**
   * As they are: foreign text, to be escaped by whoever shows it.
   */
  args: {
    [k: string]: string | number | string[];
  };
  /**
   * The English sentence, unprintable characters shown as escapes.
   */
  text: string;
}
export interface Evidence {
  says: Text;
  /**
   * File or place to check it in.
   */
  source: string;
}
export interface Fix {
  title: Text;
  steps: Step[];
  /**
   * Whether it may be run without thinking, after reading it, or only by hand.
   */
  safety: 'safe' | 'review' | 'manual';
  /**
   * Whether the kernel must be restarted afterwards.
   */
  restart: boolean;
}
export interface Step {
  /**
   * The command as arguments, unquoted; never a line for a shell.
   */
  argv: string[];
  /**
   * Where it is run.
   */
  where: 'terminal' | 'cell' | 'kernel';
}
export interface Skipped {
  rule: RuleId;
  reason: Text;
}
export interface Failed {
  rule: RuleId;
  /**
   * The traceback.
   */
  error: string;
}
export interface Problem {
  /**
   * What could not be read.
   */
  source: string;
  reason: Text;
}
export interface Suppressed {
  finding: Finding;
  reason: string;
  /**
   * The last day on which it is accepted, ISO 8601.
   */
  until: string | null;
  /**
   * The file that says so.
   */
  source: string;
}
export interface Event {
  /**
   * Local time as the source wrote it, ISO 8601; null if unknown.
   */
  when: string | null;
  /**
   * Who changed something: conda, pip, uv, kernel, ...
   */
  actor: string;
  action: string;
  packages: string[];
  /**
   * What was typed, if it is known.
   */
  command: string | null;
  /**
   * File or place that tells of it.
   */
  source: string;
  /**
   * What became of each package, conda's own apart from what it noted of pip's.
   */
  changes: Change[];
  /**
   * pip's first install; a change by conda after pip; dated before the environment was made.
   */
  mark: 'handover' | 'violation' | 'copied' | null;
  /**
   * What envguard's ledger tells it as: seen, found afterwards, or taken back; null if only files tell of it.
   */
  deed: 'install' | 'found' | 'undo' | null;
  /**
   * Path of the notebook that did it.
   */
  notebook: string | null;
  /**
   * Id of its cell.
   */
  cell: string | null;
  user: string | null;
  /**
   * The checkpoint by which it can be taken back; of an undo, the one that was taken back.
   */
  undo: string | null;
  /**
   * Whether it was taken back later.
   */
  undone: boolean;
  /**
   * Whether the command failed; null if that is not known.
   */
  failed: boolean | null;
  /**
   * Whether the forecast was what happened; null without one.
   */
  kept: boolean | null;
}
export interface Change {
  name: string;
  /**
   * Version; with the build where only that changed; null: added.
   */
  before: string | null;
  /**
   * Likewise; null: removed.
   */
  after: string | null;
}
export interface Counts {
  error: Count;
  warning: Count;
  info: Count;
  skipped: Count;
  failed: Count;
  problems: Count;
  checked: Count;
  suppressed: Count;
  /**
   * Findings left out because a baseline knows them; null without a baseline.
   */
  known: number | null;
}
export interface Restart {
  /**
   * Null if it could not be told.
   */
  needed: boolean | null;
  /**
   * The modules that are the reason.
   */
  names: string[];
  says: Text[];
}
export interface EnvguardTimeline {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'timeline';
  /**
   * Version of envguard that made it.
   */
  envguard: string;
  /**
   * When it was made, ISO 8601 in UTC.
   */
  made_at: string;
  environment: EnvironmentSummary;
  /**
   * Who has written into the environment, in which order; unknown where what is there does not decide it.
   */
  phase: 'conda only' | 'conda then pip' | 'mixed back and forth' | 'not conda' | 'unknown';
  /**
   * Index of the event that is pip's first install; null if there is none.
   */
  handover: number | null;
  /**
   * Indices of the events in which conda changed packages after pip had installed.
   */
  violations: number[];
  /**
   * The oldest first.
   */
  events: Event[];
  /**
   * What the events cannot tell.
   */
  notes: Text[];
}
export interface EnvguardCuda {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'cuda';
  /**
   * Version of envguard that made it.
   */
  envguard: string;
  /**
   * When it was made, ISO 8601 in UTC.
   */
  made_at: string;
  environment: EnvironmentSummary;
  verdict: CudaVerdict;
  /**
   * What conda was asked for in the whole environment.
   */
  asked: string[];
  frameworks: CudaFramework[];
  /**
   * null if it was not asked.
   */
  driver: CudaDriver | null;
  gpus: CudaGpu[];
  remarks: Text[];
  /**
   * Those of the rules on CUDA, apart from what the verdict says.
   */
  findings: Finding[];
  /**
   * Rules on CUDA that crashed.
   */
  failed: string[];
}
export interface CudaVerdict {
  state: 'works' | 'blocked' | 'unknown' | 'absent';
  /**
   * The branch of the decision: cpu-build, no-driver, gpu-hidden ...
   */
  reason: string;
  certainty: 'certain' | 'likely';
  /**
   * The rule that tells more.
   */
  code: string | null;
  message: Text;
  consequence: Text | null;
  evidence: Evidence[];
  fixes: Fix[];
}
export interface CudaFramework {
  framework: string;
  version: string | null;
  /**
   * conda's build string.
   */
  build: string | null;
  /**
   * conda or pip.
   */
  origin: string;
  /**
   * conda's record, or the dist-info.
   */
  owner: string | null;
  /**
   * What conda was asked for.
   */
  asked: string[];
  /**
   * The CUDA version it was built for.
   */
  declared: string | null;
  /**
   * Whether it was built without CUDA; null if that is not known.
   */
  cpu: boolean | null;
  /**
   * Where that stands.
   */
  source: string;
  /**
   * The GPU architectures it holds code for; empty if not known.
   */
  arch: string[];
  /**
   * What a process that starts now would load; null if that is not known.
   */
  resolved: CudaLibrary[] | null;
  /**
   * What the kernel has in memory for it; null if no kernel was asked.
   */
  mapped: CudaLibrary[] | null;
}
export interface CudaLibrary {
  /**
   * What it is, whatever its version: cudart, cudnn, nvjitlink.
   */
  family: string;
  /**
   * The SONAME, or the file's name.
   */
  name: string;
  version: string | null;
  /**
   * conda, pip, system (outside the prefix), nobody (in the prefix, in no book), or none (not found).
   */
  origin: string;
  /**
   * The conda record or the dist-info that lists it.
   */
  owner: string | null;
  path: string | null;
  /**
   * How the loader comes to it: loaded, rpath, library-path, runpath, cache, default, path, nowhere.
   */
  way: string | null;
  needed_by: string | null;
}
export interface CudaDriver {
  /**
   * The libcuda that was loaded; null if there is none.
   */
  library: string | null;
  /**
   * The loader's message if there is none.
   */
  missing: string | null;
  /**
   * The newest CUDA it can run.
   */
  cuda: string | null;
  release: string | null;
  module: string | null;
  /**
   * What cuInit answered: 0, or an error.
   */
  answer: number | null;
  /**
   * Why it could not be asked.
   */
  failed: string | null;
}
export interface CudaGpu {
  index: number;
  name: string;
  capability: string | null;
  /**
   * The frameworks that hold no code for it.
   */
  unfit: string[];
}
export interface EnvguardForecast {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'forecast';
  /**
   * Version of envguard that made it.
   */
  envguard: string;
  /**
   * When it was made, ISO 8601 in UTC.
   */
  made_at: string;
  /**
   * The command, without secrets.
   */
  command: string[];
  tool: 'pip' | 'conda' | 'mamba' | 'micromamba' | 'pixi' | 'uv' | 'poetry' | 'pdm' | 'easy_install';
  verb: 'install' | 'update' | 'remove' | 'sync' | 'create';
  /**
   * quick looks at what the command names; full has asked the resolver.
   */
  depth: 'quick' | 'full';
  /**
   * What would be changed; null if that cannot be told.
   */
  environment: EnvironmentSummary | null;
  /**
   * The interpreter of what would be changed.
   */
  python: string | null;
  /**
   * Whether the files go into its site-packages, into the user's own, or into a folder that was named.
   */
  placement: 'site' | 'user' | 'folder';
  /**
   * Which, for user and folder.
   */
  folder: string | null;
  /**
   * Whether that is the environment of the kernel; null if that cannot be told.
   */
  is_kernel: boolean | null;
  verdict: 'harmless' | 'risky' | 'harmful' | 'refused' | 'unknown';
  /**
   * Why the tool itself would refuse; null if it would not.
   */
  refusal: Text | null;
  /**
   * What is new.
   */
  installs: Foreseen[];
  /**
   * What is there already: upgrades and downgrades, too.
   */
  replaces: Foreseen[];
  removes: Foreseen[];
  /**
   * What speaks against it, the gravest first.
   */
  remarks: Remark[];
  /**
   * What a report would say afterwards and does not say now.
   */
  new_findings: Finding[];
  /**
   * What a report says now and would not say afterwards.
   */
  cleared_findings: Finding[];
  /**
   * Modules that are loaded in the kernel and would no longer be what is on disk.
   */
  stale: string[];
  alternatives: Alternative[];
  /**
   * What could not be foretold, and why.
   */
  unknown: Text[];
}
export interface Foreseen {
  name: string;
  /**
   * Afterwards; null if removed, or not known.
   */
  version: string | null;
  /**
   * Now; null if it is new.
   */
  was: string | null;
  /**
   * Who would do it.
   */
  installer: 'pip' | 'conda';
  /**
   * Whose it is now.
   */
  owner: 'conda' | 'pip' | null;
  /**
   * The conda package that owns it now.
   */
  record: string | null;
  /**
   * The conda packages that depend on it.
   */
  dependants: string[];
  compiled: boolean | null;
  /**
   * Named by the command, not only a dependency.
   */
  requested: boolean;
  /**
   * Where it would come from, without secrets.
   */
  source: string | null;
}
export interface Remark {
  concern:
    | 'other-environment'
    | 'conda-after-pip'
    | 'replaces-conda'
    | 'breaks-constraint'
    | 'lands-on-pip'
    | 'base'
    | 'read-only'
    | 'user-site'
    | 'externally-managed'
    | 'no-tool'
    | 'unreadable'
    | 'misread'
    | 'unstoppable';
  severity: 'error' | 'warning' | 'info';
  subject: string;
  message: Text;
  evidence: Evidence[];
}
export interface Alternative {
  kind: 'conda' | 'protected' | 'fresh' | 'kernel' | 'quoted';
  title: Text;
  steps: Step[];
  /**
   * Whether its own dry run went well; null if not tried.
   */
  proven: boolean | null;
  says: Text | null;
}
export interface Undo {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'undo';
  /**
   * Version of envguard that made it.
   */
  envguard: string;
  /**
   * When it was made, ISO 8601 in UTC.
   */
  made_at: string;
  prefix: string;
  plan: UndoPlan;
  /**
   * What came of it; null if nothing was done.
   */
  done: UndoDone | null;
}
export interface UndoPlan {
  /**
   * null if there is none to take back.
   */
  checkpoint: UndoCheckpoint | null;
  /**
   * Later ones that are taken back with it, the latest first.
   */
  also: UndoCheckpoint[];
  /**
   * From what is there now to what was there.
   */
  changes: UndoChange[];
  /**
   * Files that are new since, below the prefix.
   */
  removes: string[];
  /**
   * Files that were replaced, changed or removed since.
   */
  restores: string[];
  /**
   * What cannot be brought back as it was.
   */
  left: UndoLeft[];
  remarks: Text[];
  /**
   * Why it is not done.
   */
  refused: Text[];
}
export interface UndoCheckpoint {
  id: string;
  /**
   * When the command began, ISO 8601 with the offset of local time.
   */
  when: string;
  state: 'begun' | 'ended' | 'undoing' | 'undone';
  /**
   * Without secrets.
   */
  command: string[];
  failed: boolean | null;
  changes: UndoChange[];
  added: number;
  removed: number;
  replaced: number;
  /**
   * Files that are kept for it.
   */
  kept: number;
  /**
   * Bytes that only envguard still holds.
   */
  size: number;
  /**
   * Checkpoints whose commands ran at the same time.
   */
  beside: string[];
}
export interface UndoChange {
  name: string;
  before: string | null;
  after: string | null;
}
export interface UndoLeft {
  path: string;
  reason: Text;
}
export interface UndoDone {
  removed: string[];
  restored: string[];
  /**
   * Of those restored: from conda's package cache.
   */
  fetched: string[];
  left: UndoLeft[];
  proof: UndoProof;
}
export interface UndoProof {
  /**
   * Whether every path is as it was: kind, mode, date, size, target of a link.
   */
  same: boolean;
  /**
   * Paths that are not, the first hundred.
   */
  differs: string[];
  /**
   * Restored files whose hash is the one in a conda record or a RECORD.
   */
  by_books: number;
  /**
   * Others whose hash is the one taken before.
   */
  by_hash: number;
  /**
   * Others of which only size and date are known.
   */
  by_date: number;
}
export interface UndoList {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'undo-list';
  /**
   * Version of envguard that made it.
   */
  envguard: string;
  /**
   * When it was made, ISO 8601 in UTC.
   */
  made_at: string;
  prefix: string;
  /**
   * Whether a way back is made before each install.
   */
  wanted: boolean;
  /**
   * Why nothing there counts; null if it does.
   */
  reason: Text | null;
  /**
   * The oldest first; those that were taken back, too.
   */
  checkpoints: UndoCheckpoint[];
  /**
   * Ids of those whose command, or whose undo, was killed.
   */
  unfinished: string[];
  /**
   * Those that were let go just now.
   */
  cleared: UndoCheckpoint[];
}
export interface ServerError {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'error';
  /**
   * What kind of refusal it is.
   */
  error:
    | 'bad-request'
    | 'unauthorised'
    | 'not-allowed'
    | 'not-found'
    | 'wrong-method'
    | 'conflict'
    | 'too-large'
    | 'too-many'
    | 'failed'
    | 'unavailable';
  message: Text;
}
export interface ServerStatus {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'status';
  /**
   * Version of envguard in the server.
   */
  envguard: string;
  /**
   * Whether changes are switched on for this server at all; each environment has its own answer, too.
   */
  allow_changes: boolean;
  /**
   * Whether the server offers terminals.
   */
  terminals: boolean;
}
export interface KernelReport {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'kernel-report';
  /**
   * Null for an environment that was asked for by its own id.
   */
  kernel: ServerKernel | null;
  /**
   * Null where it is not known, or not on this machine.
   */
  environment_id: ServerEnvironmentId | null;
  /**
   * disk: only files were read; live: the running process was asked, too; busy: it runs a cell, files only; silent: it cannot be asked, files only or nothing; dead: it does not run any more; unknown: nothing can be said.
   */
  state: 'disk' | 'live' | 'busy' | 'silent' | 'dead' | 'unknown';
  /**
   * One sentence for a person; null where the state is disk or live.
   */
  why: Text | null;
  /**
   * How it was learnt what the process is.
   */
  road: 'proc' | 'interpreter' | 'subshell' | 'user_expressions' | null;
  changes: Changes;
  /**
   * Checkpoints that can be taken back.
   */
  undoable: number;
  /**
   * Another one whenever the environment or the process has changed.
   */
  stamp: string;
  /**
   * Null where nothing can be said.
   */
  report: EnvguardReport | null;
}
export interface ServerKernel {
  id: ServerKernelId;
  /**
   * Name of its kernelspec.
   */
  name: string;
  display_name: string;
  /**
   * Whether it runs on the machine of the server, as far as the server knows.
   */
  where: 'local' | 'remote';
}
export interface Changes {
  allowed: boolean;
  /**
   * Why not; null if it may.
   */
  why: Text | null;
}
export interface EnvironmentList {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'environments';
  environments: ListedEnvironment[];
}
export interface ListedEnvironment {
  id: ServerEnvironmentId;
  name: string;
  /**
   * Its folder.
   */
  prefix: string;
  /**
   * Whether it is the base environment of a conda installation.
   */
  base: boolean;
  /**
   * Whether the server may write into it at all.
   */
  writable: boolean;
  /**
   * Names of the kernelspecs that start its Python.
   */
  kernelspecs: string[];
  changes: Changes;
}
export interface RuleList {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'rules';
  rules: ListedRule[];
}
export interface ListedRule {
  id: RuleId;
  code: ServerCode;
  severity: ServerSeverity;
  title: string;
}
export interface RulePage {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'rule';
  id: RuleId;
  code: ServerCode;
  severity: ServerSeverity;
  title: string;
  /**
   * Why it matters and how to repair it, in Markdown.
   */
  page: string;
}
export interface Job {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'job';
  id: ServerJobId;
  job: 'forecast' | 'undo-plan' | 'undo' | 'install-begin' | 'install-end';
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  progress: JobProgress;
  /**
   * A forecast, an undo (of undo-plan with done: null), or what was begun or ended around an install; null until it is done.
   */
  result: EnvguardForecast | EnvguardUndo | InstallBegun | InstallEnded | null;
  /**
   * Why it failed, or what could not be noted of it; null otherwise.
   */
  error: Text | null;
  environment_id: ServerEnvironmentId;
}
export interface JobProgress {
  /**
   * What it does just now.
   */
  says: Text | null;
  done: number | null;
  of: number | null;
}
export interface InstallBegun {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'install-begun';
  token: ServerToken;
  /**
   * Whether the server has made a way back.
   */
  undo: boolean;
  /**
   * Why it has none although one was wanted; null otherwise.
   */
  no_undo: Text | null;
  /**
   * What the kernel's environment has to hold while the cell runs, so that it is protected; null where that was not asked for.
   */
  variables: {
    [k: string]: string;
  } | null;
  says: Text[];
}
export interface InstallEnded {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'install-ended';
  /**
   * Whether there is a new error or warning.
   */
  worse: boolean;
  /**
   * The new errors and warnings, without what the project accepts.
   */
  new_findings: Finding[];
  /**
   * Errors and warnings that are no more.
   */
  cleared: number;
  /**
   * By which it can be taken back, whoever has made it; null if it cannot be.
   */
  checkpoint: ServerCheckpointId | null;
  says: Text[];
}
export interface Installs {
  /**
   * Version of this format.
   */
  schema: 1;
  kind: 'installs';
  /**
   * Of the kernel's environment.
   */
  prefix: string;
  changes: Changes;
  /**
   * As they were sent, each once.
   */
  cells: CellInstalls[];
}
export interface CellInstalls {
  id: string;
  installs: Install[];
}
export interface Install {
  /**
   * The command without its secrets.
   */
  said: string;
  forecast: EnvguardForecast;
  /**
   * Of the gravest objection; null if nothing speaks against it.
   */
  severity: 'error' | 'warning' | null;
  /**
   * What speaks against it, the worst first; without what the project accepts.
   */
  objections: Text[];
  ways: Ways;
  /**
   * Whether protection would keep it from all that speaks against it; false where nothing does.
   */
  protectable: boolean;
  /**
   * Whether a way back can be made; by the server only where changes are allowed.
   */
  undoable: boolean;
}
export interface Ways {
  /**
   * The same by conda; known only where it was asked for.
   */
  conda: string[] | null;
  /**
   * The same for the kernel's own environment.
   */
  kernel: string[] | null;
}
export interface JobRequest {
  job: 'forecast' | 'undo-plan' | 'undo' | 'install-begin' | 'install-end';
  kernel?: ServerKernelId;
  environment?: ServerEnvironmentId;
  /**
   * Of a forecast: one line, as in a terminal or a cell; or else source and install.
   */
  command?: string;
  /**
   * Of an undo: which; null or missing in undo-plan for the last one.
   */
  checkpoint?: ServerCheckpointId | null;
  /**
   * Of a forecast: a whole cell, of which one install is meant. Unlike a command that was told, it has its secrets.
   */
  source?: string;
  /**
   * Of a forecast: which install of the source, in the order in which installs tells them, from 0.
   */
  install?: number;
  /**
   * Of install-begin: the cells that are about to run.
   *
   * @maxItems 2000
   */
  cells?: SentCell[];
  /**
   * Of install-begin: whether a way back is wanted.
   */
  undo?: boolean;
  /**
   * Of install-begin: whether conda's packages are to be protected.
   */
  protect?: boolean;
  /**
   * Of install-begin: who notes it and makes the way back. With guard, which is the kernel's own, the server only remembers how it was.
   */
  by?: 'server' | 'guard';
  token?: ServerToken;
  /**
   * Of install-end: whether the cell failed or was interrupted; null or missing if that is not known.
   */
  failed?: boolean | null;
  /**
   * Of install-end: the id of the cell, for the ledger.
   */
  cell?: string | null;
  /**
   * Of install-end: the path of the notebook, for the ledger.
   */
  notebook?: string | null;
}
export interface SentCell {
  /**
   * Any name; it comes back with the answer.
   */
  id: string;
  source: string;
}
export interface InstallsRequest {
  /**
   * @maxItems 2000
   */
  cells: SentCell[];
}
