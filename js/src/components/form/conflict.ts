import type { Task } from "../../store/model";
import { differences } from "../../store/patch";
import { formOf, type TaskForm, taskOf } from "../../store/task_form";
import { readerZone } from "../../words/times";

export interface ConflictRow {
  path: string;
  label: string;
  mine: string;
  theirs: string;
  /** Changed in this form, and so written by "Save mine". */
  changed: boolean;
}

/**
 * Where a form and the task as someone else saved it meanwhile differ. `start` is the form before it was changed here;
 * `labelOf` says what the form calls a field.
 */
export function conflictsOf(
  start: TaskForm,
  form: TaskForm,
  theirs: Task,
  labelOf: (path: string) => string,
): ConflictRow[] {
  const mine = taskOf(form);
  const touched = new Set(differences(taskOf(start), mine).map(({ path }) => path));
  return differences(mine, taskOf(formOf(theirs, readerZone()))).map((row) => ({
    path: row.path,
    label: labelOf(row.path),
    mine: shown(row.mine),
    theirs: shown(row.theirs),
    changed: [...touched].some((path) => within(path, row.path) || within(row.path, path)),
  }));
}

function within(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`);
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
