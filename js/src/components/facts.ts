import { joinCommand } from "../store/argv";
import type { Action, Run, Task } from "../store/model";
import type { Words } from "../words/en";
import { duration, fullTime, mediumTime, preciseTime, span } from "../words/times";
import { foreignZone, scheduleWords } from "./schedule_words";

/** A line of what is known about a task or a run. */
export interface Fact {
  name: string;
  value: string;
  title: string;
}

export function taskFacts(task: Task, words: Words): Fact[] {
  const zone = foreignZone(task);
  return known([
    { name: words.task.schedule, value: scheduleWords(task, words) },
    { name: words.editor.zoneLabel, value: zone },
    { name: words.task.action, value: task.action ? actionWords(task.action) : "" },
    { name: words.editor.tags, value: task.tags.join(", ") },
    { name: words.editor.description, value: task.description ?? "" },
  ]);
}

/** `now` in milliseconds since the epoch: how long a run has been going on. */
export function runFacts(run: Run, words: Words, now: number): Fact[] {
  const names = words.runDetail;
  const at = (name: string, iso: string | null): Partial<Fact> & { name: string } => ({
    name,
    value: iso ? mediumTime(iso).replace(/[^,]*$/, ` ${preciseTime(iso)}`) : "",
    title: iso ? fullTime(iso) : "",
  });
  return known([
    at(names.fire, run.fire_time),
    at(names.started, run.started_at),
    at(names.finished, run.finished_at),
    { name: names.duration, value: durationWords(run, words, now) },
    { name: names.origin, value: words.origins[run.origin] ?? run.origin },
    { name: names.attempt, value: run.attempt > 1 ? String(run.attempt) : "" },
    { name: names.reason, value: isSaid(run) ? "" : (run.reason ?? "") },
  ]);
}

/** Whether the run's error, which is shown as well, says the same as its reason. */
function isSaid({ reason, error }: Run): boolean {
  return error !== null && (reason === error.message || reason === `${error.name}: ${error.message}`);
}

/** What a task does, in one line. */
export function actionWords(action: Action): string {
  // The list carries only a label of what a task does.
  const { label } = action as { label?: string };
  if (label !== undefined) return label;
  if (action.kind === "notebook") return action.path;
  if (action.kind === "command") return joinCommand(action.argv);
  const text = action.kind === "prompt" ? action.prompt : action.source;
  return text.split("\n").find((line) => line.trim()) ?? "";
}

/** A kernel's traceback without the colours of a terminal. */
export function tracebackText(traceback: string | string[] | null | undefined): string {
  const text = Array.isArray(traceback) ? traceback.join("\n") : (traceback ?? "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours of the kernel's traceback
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}

export function parameterRows(run: Run): { name: string; value: string }[] {
  return Object.entries(run.parameters ?? {}).map(([name, value]) => ({
    name,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
}

/** The addresses of a run's output: as a page to read or send on, and as the file it is. */
export function outputPaths(run: Run, words: Words): { path: string; label: string }[] {
  if (!run.output_path) return [];
  const { report, reportWithoutCode, download } = words.runDetail;
  const output = `api/runs/${encodeURIComponent(run.id)}/output`;
  const file = { path: `${output}?download=true`, label: download };
  if (!run.output_path.endsWith(".ipynb")) return [file];
  return [
    { path: `${output}?format=html`, label: report },
    { path: `${output}?format=html&hide_input=true`, label: reportWithoutCode },
    file,
  ];
}

function durationWords(run: Run, words: Words, now: number): string {
  if (run.duration !== null) return duration(run.duration);
  if (run.state !== "running" || !run.started_at) return "";
  return words.runDetail.soFar(span(Math.max(0, now - Date.parse(run.started_at))));
}

function known(facts: (Partial<Fact> & { name: string })[]): Fact[] {
  return facts.flatMap(({ name, value = "", title = "" }) => (value ? [{ name, value, title }] : []));
}
