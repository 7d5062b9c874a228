import { fieldsOf } from "../../store/cron";
import type { Preview } from "../../store/model";
import { planOf, type TaskForm } from "../../store/task_form";
import { isZone, wallTime } from "../../store/wall_times";
import { ApiError } from "../../transport/transport";
import {
  clockTime,
  firstWeekday,
  fullTime,
  longTime,
  readerZone,
  relativeTime,
  weekdayNames,
} from "../../words/times";
import type { App } from "../app";
import { debounce } from "../dom";
import type { Editor } from "../editor";

interface Shown {
  ready: boolean;
  words: string;
  fires: { key: string; at: string; in: string; title: string }[];
  warnings: { message: string }[];
  days: { key: string; label: string; on: boolean; today: boolean; title: string }[];
}

const NOTHING: Shown = { ready: false, words: "", fires: [], warnings: [], days: [] };
const FIRES_SHOWN = 5;
const CALENDAR_DAYS = 35;
const DAY_MS = 86_400_000;
/** From this many other tasks at the same instant on, the reader is told. */
const CROWD = 3;

/** What the server says that the form's schedule, or its dates, mean: asked whenever they change. */
export class SchedulePreview {
  shown: Shown = { ...NOTHING };
  /** What is shown is of before the last change. */
  old = false;
  collision = "";
  /** What the newest schedule was refused for, until it changes. */
  refusal: { path: string; message: string } | null = null;
  private asking = 0;
  private newest = Promise.resolve();
  private readonly askSoon = debounce(150, (preview: SchedulePreview) => void preview.ask());

  constructor(private readonly app: App) {}

  get weekHead(): string[] {
    const names = weekdayNames("narrow");
    return names.map((_, at) => names[(at + firstWeekday()) % 7]!);
  }

  get calendarLabel(): string {
    const busy = this.shown.days.filter((day) => day.on).map((day) => day.key);
    return `${this.app.words.editor.schedule.calendarLabel}: ${busy.join(", ")}`;
  }

  clear(): void {
    this.shown = { ...NOTHING };
    this.collision = "";
  }

  changed(): void {
    // An answer on its way was meant for what stood here before.
    this.asking++;
    this.old = true;
    this.refusal = null;
    this.askSoon(this);
  }

  /** Ask now. */
  ask(): Promise<void> {
    this.newest = this.put();
    return this.newest;
  }

  /** Ask now, and wait until nothing is left unanswered: a pause in typing may have asked once more. */
  async settle(): Promise<void> {
    let awaited = this.ask();
    await awaited;
    while (awaited !== this.newest) {
      awaited = this.newest;
      await awaited;
    }
  }

  /** Only the newest answer counts. */
  private async put(): Promise<void> {
    const { editor } = this;
    const { form } = editor;
    if (form.type === "adhoc" || (form.type === "planned" && !form.dates.some((date) => date.wall))) return;
    const mine = ++this.asking;
    try {
      const answer = await this.app.api.preview(this.question(form));
      if (mine !== this.asking) return;
      this.forget(editor);
      editor.cron.takeMacro(answer);
      this.shown = this.draw(answer, form.timezone);
      this.collision = this.crowdAt(answer.fires[0]);
      this.old = false;
    } catch (error) {
      if (mine !== this.asking || !(error instanceof ApiError) || error.offline || error.missing) return;
      this.forget(editor);
      const path = pathOf(error.field, form);
      this.refusal = { path, message: error.message };
      editor.errors[path] = error.message;
      this.clear();
    }
  }

  private get editor(): Editor {
    return this.app.ui.editor;
  }

  private question(form: TaskForm): object {
    const { timezone } = form;
    if (form.type === "planned") return { plan: planOf(this.app.plain(form)), timezone };
    const { text } = this.editor.cron;
    const schedule = fieldsOf(text) ? this.app.plain(form.fields) : text;
    return { schedule, timezone, count: FIRES_SHOWN };
  }

  private forget(editor: Editor): void {
    editor.touch("schedule");
    editor.touch("plan");
  }

  private draw(answer: Preview, timezone: string): Shown {
    const zone = isZone(timezone) ? timezone : readerZone();
    const foreign = zone !== readerZone();
    return {
      ready: true,
      words: answer.words,
      fires: answer.fires.slice(0, FIRES_SHOWN).map((fire, at) => ({
        key: `${fire}/${at}`,
        at: longTime(fire, zone),
        in: foreign ? this.app.words.yourTime(clockTime(fire)) : relativeTime(fire, this.app.words.relative),
        title: fullTime(fire),
      })),
      warnings: answer.warnings.map(({ message }) => ({ message })),
      days: this.calendarDays(answer.dates ?? {}, zone),
    };
  }

  private calendarDays(dates: Record<string, number>, zone: string): Shown["days"] {
    const today = wallTime(new Date().toISOString(), zone).slice(0, 10);
    const start = Date.parse(`${today}T12:00:00Z`);
    const back = (new Date(start).getUTCDay() - firstWeekday() + 7) % 7;
    return Array.from({ length: CALENDAR_DAYS }, (_, at) => {
      const key = new Date(start + (at - back) * DAY_MS).toISOString().slice(0, 10);
      const n = dates[key] ?? 0;
      return {
        key,
        label: String(Number(key.slice(8))),
        on: n > 0,
        today: key === today,
        title: n > 0 ? this.app.words.editor.schedule.runsOnDay(n) : "",
      };
    });
  }

  private crowdAt(fire: string | undefined): string {
    if (!fire) return "";
    const at = Date.parse(fire);
    const { id } = this.editor;
    let n = 0;
    for (const task of this.app.table.tasks) {
      if (task?.next_run && task.uuid !== id && Date.parse(task.next_run) === at) n++;
    }
    return n >= CROWD ? this.app.words.editor.schedule.collision(n, clockTime(fire)) : "";
  }
}

/** The form's own name for the field that a preview was refused for. */
function pathOf(field: string | null, form: TaskForm): string {
  if (field === "timezone") return "schedule.timezone";
  // The preview numbers the dates that it was given; those left empty were not among them.
  const index = /^plan\.(\d+)$/.exec(field ?? "")?.[1];
  if (index !== undefined) {
    const given = form.dates.flatMap((date, at) => (date.wall ? [at] : []));
    return `plan.todo.${given[Number(index)] ?? 0}`;
  }
  return field ?? (form.type === "planned" ? "plan" : "schedule");
}
