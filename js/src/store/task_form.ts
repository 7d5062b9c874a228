import { type ActionForm, actionFormOf, actionOf } from "./action_form";
import { DEFAULT_FIELDS, fieldsOf } from "./cron";
import type { CronFields, Schedule, TaskParts, TaskType } from "./model";
import { type NotifyForm, notifyFormOf, notifyOf } from "./notify_form";
import { parametersOf } from "./parameters";
import { mergePatch, same } from "./patch";
import { type PolicyForm, policyFormOf, policyOf } from "./policy_form";
import { fieldTime, wallTime, withSeconds } from "./wall_times";

/** The form's state: everything as the text or choice that a control holds. */
export interface TaskForm extends ActionForm {
  type: TaskType;
  name: string;
  description: string;
  tags: string;
  enabled: boolean;
  fields: CronFields;
  timezone: string;
  dates: FormDate[];
  contextId: string;
  /** Where it runs; empty: wherever tasks of this server run that do not say. */
  executor: string;
  /** Where several servers share the schedule: the label of those that may run it; empty: any. */
  serverLabel: string;
  policy: PolicyForm;
  notify: NotifyForm;
}

export interface FormDate {
  wall: string;
  fold: number;
  /** A zone of its own, where the dates of a plan have several; else empty. */
  timezone: string;
}

/** A form filled from a task, or from the parts of one that a template has. */
export function formOf(task: TaskParts, zone: string): TaskForm {
  const schedule: Partial<Schedule> | null =
    (typeof task.schedule === "string" ? fieldsOf(task.schedule) : task.schedule) ?? null;
  const todo = task.plan?.todo ?? [];
  const timezone = schedule?.timezone ?? todo[0]?.timezone ?? zone;
  const isShared = task.context_id && task.context_id !== task.uuid && !task.dedicated_context;
  return {
    type: task.type ?? "scheduled",
    name: task.name ?? "",
    description: task.description ?? "",
    tags: (task.tags ?? []).join(", "),
    enabled: task.enabled ?? true,
    fields: pickFields({ ...DEFAULT_FIELDS, ...schedule }),
    timezone,
    dates: todo.map((date) => ({
      wall: fieldTime(date.wall ?? wallTime(date.at, date.timezone ?? timezone)),
      fold: date.fold ?? 0,
      timezone: date.timezone && date.timezone !== timezone ? date.timezone : "",
    })),
    ...actionFormOf(task.action),
    contextId: isShared ? task.context_id! : "",
    executor: task.executor ?? "",
    serverLabel: task.server_label ?? "",
    policy: policyFormOf(task.policy, timezone),
    notify: notifyFormOf(task.notify),
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
    policy: policyOf(form.policy, form.timezone),
  };
  if (form.type === "scheduled") task.schedule = { ...form.fields, timezone: form.timezone };
  if (form.type === "planned") task.plan = { todo: planOf(form) };
  if (form.contextId) task.context_id = form.contextId;
  if (form.executor) task.executor = form.executor;
  if (form.serverLabel.trim()) task.server_label = form.serverLabel.trim();
  const notify = notifyOf(form.notify);
  if (notify) task.notify = notify;
  return task;
}

/** Planned dates as the server takes them: wall time, zone and, in the hour that comes twice, which one. */
export function planOf(form: TaskForm): { wall: string; timezone: string; fold: number }[] {
  return form.dates
    .filter((date) => date.wall)
    .map(({ wall, timezone, fold }) => ({
      wall: withSeconds(wall),
      timezone: timezone || form.timezone,
      fold,
    }));
}

/** What to send when `start` was edited into `now`; only what the reader changed. */
export function patchOf(start: TaskForm, now: TaskForm): Record<string, unknown> {
  const patch = mergePatch(taskOf(start), taskOf(now)) as Record<string, unknown>;
  // A plan is replaced as a whole: a list cannot be merged.
  if (patch.plan) patch.plan = { todo: planOf(now) };
  return patch;
}

/** Whether two forms say the same. A parameter left empty says nothing, so a notebook's own may appear at any time. */
export function sameForm(a: TaskForm, b: TaskForm): boolean {
  return same(said(a), said(b));
}

function said(form: TaskForm): object {
  const { notebook, code, prompt } = form.parameters;
  return { ...form, parameters: [notebook, code, prompt].map(parametersOf) };
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

function pickFields({ minute, hour, day, month, weekday }: CronFields): CronFields {
  return { minute, hour, day, month, weekday };
}
