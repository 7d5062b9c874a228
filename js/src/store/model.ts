/** The shapes the server speaks (the project's HTTP contract), as the front end reads them. Times are RFC 3339 in UTC. */

export type TaskState = "idle" | "running" | "disabled" | "error";
export type TaskType = "scheduled" | "planned" | "adhoc";
export type RunState =
  | "queued"
  | "running"
  | "succeeded"
  | "failed"
  | "timed_out"
  | "cancelled"
  | "interrupted"
  | "lost"
  | "skipped"
  | "missed";

/** One bar of the history strip: how the run ended and how many seconds it took. */
export type StripBar = [RunState, number | null];

export interface CronFields {
  minute: string;
  hour: string;
  day: string;
  month: string;
  weekday: string;
}

export interface Schedule extends CronFields {
  timezone: string;
}

export interface PlanItem {
  at: string;
  wall?: string;
  timezone?: string;
  fold?: number;
}

export interface Plan {
  todo: PlanItem[];
  in_progress: PlanItem | null;
  done: PlanItem[];
}

export type Parameters = Record<string, unknown>;

export interface NotebookAction {
  kind: "notebook";
  path: string;
  parameters: Parameters;
  kernel_name: string | null;
  kernel: "fresh" | "keep";
}

export interface CodeAction {
  kind: "code";
  source: string;
  parameters: Parameters;
  kernel_name: string | null;
  kernel: "fresh" | "keep";
}

export interface CommandAction {
  kind: "command";
  argv: string[];
  cwd: string | null;
  env: Record<string, string>;
}

export interface PromptAction {
  kind: "prompt";
  prompt: string;
  system: string;
  endpoint: string;
  model: string | null;
  memory: number;
  options: Record<string, unknown>;
  parameters: Parameters;
}

export type Action = NotebookAction | CodeAction | CommandAction | PromptAction;

export interface Policy {
  catchup: "none" | "latest" | "all";
  catchup_window: number;
  overlap: "skip" | "queue_one" | "cancel_previous" | "allow";
  timeout: number | null;
  jitter: number;
  on_crash: "fail" | "retry";
  retries: { max: number; delay: number; factor: number; max_delay: number };
  pause_after: number;
  max_runs: number | null;
  start_at: string | null;
  end_at: string | null;
}

export interface RunSummary {
  id: string;
  state: RunState;
  fire_time: string | null;
  started_at: string | null;
  finished_at: string | null;
  duration: number | null;
  result?: string | null;
}

export interface ActiveRun {
  id: string;
  state: RunState;
  started_at: string | null;
  progress: number | null;
}

/** A task as the list and the stream carry it. The list is slim: what only the form needs may be missing. */
export interface Task {
  uuid: string;
  revision: number;
  type: TaskType;
  name: string;
  description?: string;
  tags: string[];
  enabled: boolean;
  state: TaskState;
  halted?: string | null;
  /** It is due, and no server has the label that it is tied to. */
  waiting_for_server?: { label: string; since: string } | null;
  schedule?: Schedule | null;
  schedule_words?: string | null;
  /** The zone of its schedule, where the schedule itself is left out, as in a list. */
  timezone?: string;
  plan?: Plan | null;
  token?: { last4: string; created_at: string; last_used: string | null } | null;
  action?: Action;
  context_id?: string | null;
  executor?: string;
  server_label?: string;
  notify?: Notify | null;
  dedicated_context?: boolean;
  attachments?: string[];
  policy?: Policy;
  owner?: string | null;
  created_at?: string;
  updated_at?: string;
  next_run: string | null;
  last_run: RunSummary | null;
  strip?: StripBar[];
  progress?: number | null;
  active_runs?: ActiveRun[];
}

/** As much of a task as a template has; its schedule may be a cron string, its policy a few members. */
export type TaskParts = Omit<Partial<Task>, "schedule" | "policy" | "action"> & {
  schedule?: Schedule | string | null;
  policy?: Omit<Partial<Policy>, "retries"> & { retries?: Partial<Policy["retries"]> };
  action?: PartialAction;
};

type PartialAction = Action extends infer A
  ? A extends { kind: string }
    ? Pick<A, "kind"> & Partial<A>
    : never
  : never;

export interface RunError {
  name: string;
  message: string;
  traceback?: string | string[] | null;
}

export interface Run extends RunSummary {
  task_id: string;
  task_name: string;
  context_id: string | null;
  origin: "schedule" | "plan" | "manual" | "token" | "backfill" | "retry";
  attempt: number;
  key?: string;
  reason: string | null;
  queued_at: string | null;
  progress: number | null;
  parameters: Parameters | null;
  error: RunError | null;
  output_path: string | null;
  kernel_id?: string | null;
  server?: string | null;
}

export interface LogEntry {
  t: number;
  kind: "stdout" | "stderr" | "display" | "result" | "error" | "status" | "progress" | "cell";
  text?: string;
  data?: Record<string, unknown>;
  cell?: number;
  fraction?: number;
}

export interface LogPage {
  entries: LogEntry[];
  next: number;
  complete: boolean;
}

export interface Context {
  id: string;
  name?: string;
  path?: string | null;
  task_count?: number;
  kernel?: { id: string; state?: string; name?: string; memory?: number | null } | null;
  last_modified?: string | null;
  size?: number | null;
}

/** What changed since a revision; `reset` means: forget what you had and load the list again. */
export interface Delta {
  revision: string;
  reset: boolean;
  tasks: Task[];
  runs: Run[];
  contexts: Context[];
  deleted: string[];
  /** All that there are now, whatever changed. */
  banners?: Banner[];
}

export interface Warning {
  code: string;
  message: string;
  at?: string;
}

export interface Preview {
  words: string;
  fires: string[];
  warnings: Warning[];
  fields?: CronFields;
  dates?: Record<string, number>;
}

export interface Bucket {
  at: string;
  succeeded: number;
  failed: number;
  running: number;
  missed: number;
  planned: number;
}

export interface Lane {
  uuid: string;
  name: string;
  runs: { id: string; state: RunState; started_at: string | null; finished_at: string | null }[];
  planned: string[];
}

export interface Timeline {
  from: string;
  to: string;
  bucket: number;
  buckets: Bucket[];
  tasks?: Lane[];
}

export interface NotebookParameter {
  name: string;
  type?: string | null;
  default: unknown;
  help?: string | null;
}

export interface Template {
  id: string;
  name: string;
  description: string;
  builtin: boolean;
  task: TaskParts;
}

export interface Banner {
  level: "info" | "warning" | "error";
  code: string;
  message: string;
}

/** What the server lets someone do; to make, change and run tasks is to execute. */
export type Permission = "read" | "write" | "execute";

export interface Status {
  role: "leader" | "follower" | "sharing" | "standby";
  server: Record<string, unknown>;
  store: Record<string, unknown>;
  banners: Banner[];
  counts: Record<string, number>;
  queue: { running: number; queued: number; limit: number };
  /** How many in each state, and `memory`: the bytes that all of them hold. */
  kernels?: Record<string, number>;
  version: string;
  /** Where runs may be performed; the first is where they are if a task does not say. */
  executors?: string[];
  /** Those that share the schedule; none where it lies in a folder. */
  servers?: { name: string; labels: string[] }[];
  /** Kinds of action that a task may have. */
  actions?: string[];
  /** Endpoints that prompts may be sent to. */
  prompts?: PromptEndpoint[];
  you?: { name: string; display_name: string; may: Permission[] };
  [more: string]: unknown;
}

export type NotifyEvent = "failure" | "success" | "missed" | "recovered" | "long";

/** Whom to tell of what; null is: as the server's settings say. Durations are seconds. */
export interface Notify {
  on: NotifyEvent[] | null;
  to: string[] | null;
  long_after: number | null;
  long_factor: number | null;
}

export interface PromptEndpoint {
  name: string;
  model: string | null;
  problem: string | null;
}

/** Who can be told, how that is going, and what is told by default. Targets have names, never addresses. */
export interface Notifications {
  targets: { name: string; problem: string | null; waiting: number; last_delivered: string | null }[];
  default: Notify;
}

export interface BulkResult {
  id: string;
  ok: boolean;
  error?: { code: string; message: string } | null;
}

export interface Attachment {
  name: string;
  path: string;
  size: number;
}

/** Run states after which the run counts as bad: the reader should look. */
export const BAD_RUN_STATES: ReadonlySet<RunState> = new Set(["failed", "timed_out", "lost", "interrupted"]);
export const ACTIVE_RUN_STATES: ReadonlySet<RunState> = new Set(["queued", "running"]);
