import { joinCommand, splitCommand } from "./argv";
import { DEFAULT_FIELDS, fieldsOf } from "./cron";
import type {
  Action,
  CronFields,
  NotebookParameter,
  Parameters,
  Policy,
  Schedule,
  TaskParts,
  TaskType,
} from "./model";
import { mergePatch, same } from "./patch";

/** The form's state: everything as the text or choice that a control holds. */
export interface TaskForm {
  type: TaskType;
  name: string;
  description: string;
  tags: string;
  enabled: boolean;
  fields: CronFields;
  timezone: string;
  dates: { wall: string; fold: number }[];
  kind: Action["kind"];
  path: string;
  source: string;
  kernelName: string;
  keepKernel: boolean;
  parameters: ParameterRow[];
  command: string;
  cwd: string;
  env: string;
  contextId: string;
  /** Where it runs; empty: wherever tasks of this server run that do not say. */
  executor: string;
  policy: PolicyForm;
}

export interface ParameterRow {
  name: string;
  value: string;
  hint: string;
}

export interface PolicyForm {
  catchup: Policy["catchup"];
  catchupHours: string;
  overlap: Policy["overlap"];
  timeoutMinutes: string;
  jitter: string;
  onCrash: Policy["on_crash"];
  retriesMax: string;
  retriesDelay: string;
  pauseAfter: string;
  maxRuns: string;
  startAt: string;
  endAt: string;
}

export const DEFAULT_POLICY: Policy = {
  catchup: "latest",
  catchup_window: 86_400,
  overlap: "skip",
  timeout: 86_400,
  jitter: 0,
  on_crash: "fail",
  retries: { max: 0, delay: 30, factor: 2, max_delay: 3600 },
  pause_after: 0,
  max_runs: null,
  start_at: null,
  end_at: null,
};

/** A form filled from a task, or from the parts of one that a template has. */
export function formOf(task: TaskParts, zone: string): TaskForm {
  const { action } = task;
  const schedule: Partial<Schedule> | null =
    (typeof task.schedule === "string" ? fieldsOf(task.schedule) : task.schedule) ?? null;
  const notebook = action?.kind === "notebook" ? action : null;
  const code = action?.kind === "code" ? action : null;
  const command = action?.kind === "command" ? action : null;
  const policy = { ...DEFAULT_POLICY, ...task.policy };
  const retries = { ...DEFAULT_POLICY.retries, ...task.policy?.retries };
  const item = task.plan?.todo[0];
  const timezone = schedule?.timezone ?? item?.timezone ?? zone;
  return {
    type: task.type ?? "scheduled",
    name: task.name ?? "",
    description: task.description ?? "",
    tags: (task.tags ?? []).join(", "),
    enabled: task.enabled ?? true,
    fields: pickFields({ ...DEFAULT_FIELDS, ...schedule }),
    timezone,
    dates: (task.plan?.todo ?? []).map((date) => ({
      wall: (date.wall ?? wallTime(date.at, timezone)).slice(0, 16),
      fold: date.fold ?? 0,
    })),
    kind: action?.kind ?? "notebook",
    path: notebook?.path ?? "",
    source: code?.source ?? "",
    kernelName: (notebook ?? code)?.kernel_name ?? "",
    keepKernel: (notebook ?? code)?.kernel === "keep",
    parameters: parameterRows((notebook ?? code)?.parameters ?? {}),
    command: command ? joinCommand(command.argv ?? []) : "",
    cwd: command?.cwd ?? "",
    env: Object.entries(command?.env ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
    contextId: task.context_id && task.context_id !== task.uuid ? task.context_id : "",
    executor: task.executor ?? "",
    policy: {
      catchup: policy.catchup,
      catchupHours: numberText(policy.catchup_window / 3600),
      overlap: policy.overlap,
      timeoutMinutes: policy.timeout === null ? "" : numberText(policy.timeout / 60),
      jitter: numberText(policy.jitter),
      onCrash: policy.on_crash,
      retriesMax: numberText(retries.max),
      retriesDelay: numberText(retries.delay),
      pauseAfter: numberText(policy.pause_after),
      maxRuns: policy.max_runs === null ? "" : numberText(policy.max_runs),
      startAt: policy.start_at ? wallTime(policy.start_at, timezone).slice(0, 16) : "",
      endAt: policy.end_at ? wallTime(policy.end_at, timezone).slice(0, 16) : "",
    },
  };
}

/** The task that a form describes, in the shape that creates one. */
export function taskOf(form: TaskForm): Record<string, unknown> {
  const task: Record<string, unknown> = {
    type: form.type,
    name: form.name.trim(),
    description: form.description,
    tags: tagList(form.tags),
    enabled: form.enabled,
    action: actionOf(form),
    policy: policyOf(form),
  };
  if (form.type === "scheduled") task.schedule = { ...form.fields, timezone: form.timezone };
  if (form.type === "planned") task.plan = { todo: planOf(form) };
  if (form.contextId) task.context_id = form.contextId;
  if (form.executor) task.executor = form.executor;
  return task;
}

/** Planned dates as the server takes them: wall time, zone and, in the hour that comes twice, which one. */
export function planOf(form: TaskForm): { wall: string; timezone: string; fold: number }[] {
  return form.dates
    .filter((date) => date.wall)
    .map((date) => ({ wall: withSeconds(date.wall), timezone: form.timezone, fold: date.fold }));
}

/** What to send when `start` was edited into `now`; only what the reader changed. */
export function patchOf(start: TaskForm, now: TaskForm): Record<string, unknown> {
  const before = taskOf(start);
  const after = taskOf(now);
  if (before.context_id && !after.context_id) after.context_id = null;
  const patch = mergePatch(before, after) as Record<string, unknown>;
  // A plan is replaced as a whole: a list cannot be merged.
  if (patch.plan) patch.plan = after.plan;
  return patch;
}

export function sameForm(a: TaskForm, b: TaskForm): boolean {
  return same(a, b);
}

export function tagList(text: string): string[] {
  return [
    ...new Set(
      text
        .split(",")
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ];
}

/** A typed value: JSON where it reads as JSON, plain text otherwise. */
export function readValue(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  try {
    return JSON.parse(trimmed);
  } catch {
    return text;
  }
}

export function showValue(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "";
  return typeof readValue(value) === "string" && !value.startsWith('"') ? value : JSON.stringify(value);
}

export function parameterRows(values: Parameters, known: NotebookParameter[] = []): ParameterRow[] {
  const rows = known.map((parameter) => ({
    name: parameter.name,
    value: parameter.name in values ? showValue(values[parameter.name]) : "",
    hint: parameter.default === undefined || parameter.default === null ? "" : showValue(parameter.default),
  }));
  const named = new Set(known.map((parameter) => parameter.name));
  for (const [name, value] of Object.entries(values)) {
    if (!named.has(name)) rows.push({ name, value: showValue(value), hint: "" });
  }
  return rows;
}

/** Rows left empty keep the notebook's own value. */
export function parametersOf(rows: ParameterRow[]): Parameters {
  const values: Parameters = {};
  for (const row of rows) {
    if (row.name.trim() && row.value !== "") values[row.name.trim()] = readValue(row.value);
  }
  return values;
}

function actionOf(form: TaskForm): Record<string, unknown> {
  const kernel = { kernel_name: form.kernelName || null, kernel: form.keepKernel ? "keep" : "fresh" };
  switch (form.kind) {
    case "notebook":
      return {
        kind: "notebook",
        path: form.path.trim(),
        parameters: parametersOf(form.parameters),
        ...kernel,
      };
    case "code":
      return { kind: "code", source: form.source, parameters: parametersOf(form.parameters), ...kernel };
    case "command":
      return {
        kind: "command",
        argv: splitCommand(form.command),
        cwd: form.cwd.trim(),
        env: envOf(form.env),
      };
  }
}

function policyOf({ policy, timezone }: TaskForm): Record<string, unknown> {
  return {
    catchup: policy.catchup,
    catchup_window: scaled(policy.catchupHours, 3600),
    overlap: policy.overlap,
    timeout: policy.timeoutMinutes === "" ? null : scaled(policy.timeoutMinutes, 60),
    jitter: scaled(policy.jitter, 1),
    on_crash: policy.onCrash,
    retries: { max: scaled(policy.retriesMax, 1), delay: scaled(policy.retriesDelay, 1) },
    pause_after: scaled(policy.pauseAfter, 1),
    max_runs: policy.maxRuns === "" ? null : scaled(policy.maxRuns, 1),
    start_at: policy.startAt ? instantOf(policy.startAt, timezone) : null,
    end_at: policy.endAt ? instantOf(policy.endAt, timezone) : null,
  };
}

function envOf(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) env[line.slice(0, at).trim()] = line.slice(at + 1);
  }
  return env;
}

/** A number as typed; what is not one goes to the server as it is, whose answer then names the field. */
function scaled(text: string, factor: number): number | string {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) ? text : Math.round(value * factor * 1000) / 1000;
}

function numberText(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function pickFields({ minute, hour, day, month, weekday }: CronFields): CronFields {
  return { minute, hour, day, month, weekday };
}

function withSeconds(wall: string): string {
  return wall.length === 16 ? `${wall}:00` : wall;
}

/** Wall time `YYYY-MM-DDTHH:MM:SS` of an instant in a zone. */
export function wallTime(iso: string, timezone: string): string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const part = Object.fromEntries(
    format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]),
  );
  return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
}

/** The instant of a wall time in a zone (the first of two, the later edge of a gap), for limits, not for plans. */
export function instantOf(wall: string, timezone: string): string {
  const asUtc = Date.parse(`${withSeconds(wall)}Z`);
  let guess = asUtc;
  for (let round = 0; round < 2; round++) {
    guess = asUtc - (Date.parse(`${wallTime(new Date(guess).toISOString(), timezone)}Z`) - guess);
  }
  return new Date(guess).toISOString().replace(".000Z", "Z");
}
