import type { FormDate, TaskForm } from "../../store/task_form";
import { comesTwice, instantOf, isZone, wallTime } from "../../store/wall_times";
import { readerZone } from "../../words/times";
import type { App } from "../app";
import type { Editor } from "../editor";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The dates of a planned task. */
export class PlannedDates {
  constructor(private readonly app: App) {}

  /** The next full hour, or a day after the last date. */
  add(): void {
    const { form, preview } = this.editor;
    const last = form.dates.at(-1)?.wall;
    const after = last ? Date.parse(`${last}Z`) + DAY_MS : nextHour(form.timezone);
    form.dates.push({ wall: new Date(after).toISOString().slice(0, 16), fold: 0, timezone: "" });
    preview.changed();
  }

  remove(at: number): void {
    this.editor.form.dates.splice(at, 1);
    this.changed();
  }

  changed(): void {
    this.editor.touch("plan");
    this.editor.preview.changed();
  }

  label(at: number): string {
    return this.app.words.editor.schedule.dateLabel(at + 1);
  }

  path(at: number): string {
    return `plan.todo.${at}`;
  }

  ambiguous(date: FormDate): boolean {
    return date.wall !== "" && comesTwice(date.wall, date.timezone || this.editor.form.timezone);
  }

  setFold(date: FormDate, event: Event): void {
    date.fold = (event.target as HTMLInputElement).checked ? 1 : 0;
    this.changed();
  }

  private get editor(): Editor {
    return this.app.ui.editor;
  }
}

/** The form's row of the date that the server names by its place in the plan, which it keeps in order. */
export function rowOfDate(place: number, { dates, timezone }: TaskForm): number {
  const instants = new Map<string, number>();
  dates.forEach(({ wall, timezone: own, fold }, row) => {
    if (!wall) return;
    const at = `${instantOf(wall, own || timezone)}/${fold}`;
    if (!instants.has(at)) instants.set(at, row);
  });
  const inOrder = [...instants].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder[place]?.[1] ?? 0;
}

function nextHour(timezone: string): number {
  const zone = isZone(timezone) ? timezone : readerZone();
  const wall = wallTime(new Date(Date.now() + HOUR_MS).toISOString(), zone);
  return Date.parse(`${wall.slice(0, 13)}:00:00Z`);
}
