import {
  fieldsFrom,
  fieldsOf,
  readClock,
  type Sentence,
  sentenceOf,
  textOf,
  toggleMonthDay,
  toggleWeekday,
  withUnit,
} from "../store/cron";
import type { Preview } from "../store/model";
import { formOf, planOf, type TaskForm, wallTime } from "../store/task_form";
import { ApiError } from "../transport/transport";
import type { Words } from "../words/en";
import {
  clockTime,
  firstWeekday,
  fullTime,
  longTime,
  readerZone,
  relativeTime,
  weekdayNames,
} from "../words/times";
import type { App } from "./app";
import { debounce } from "./dom";

interface ShownPreview {
  ready: boolean;
  words: string;
  fires: { key: string; at: string; in: string; title: string }[];
  warnings: { message: string }[];
  days: { key: string; label: string; on: boolean; today: boolean; title: string }[];
}

const NO_PREVIEW: ShownPreview = { ready: false, words: "", fires: [], warnings: [], days: [] };
const FIRES_SHOWN = 5;
const CALENDAR_DAYS = 35;
const DAY_MS = 86_400_000;
/** From this many other tasks at the same instant on, the reader is told. */
const CROWD = 3;

/**
 * The schedule part of the form: sentence, day toggles, five fields and free text, each kept in step with the
 * others here, and what the server says the result means.
 */
export class ScheduleBuilder {
  form: TaskForm = formOf({}, "UTC");
  errors: Record<string, string> = {};
  sentence: Sentence = sentenceOf(this.form.fields);
  text = "";
  dayPart: "all" | "some" = "all";
  hoursFrom = 8;
  hoursTo = 18;
  preview: ShownPreview = { ...NO_PREVIEW };
  previewOld = false;
  collision = "";
  /** What the newest preview was refused for, until the schedule changes. */
  protected refusal: { path: string; message: string } | null = null;
  private asking = 0;
  private readonly askSoon = debounce(150, (builder: ScheduleBuilder) => void builder.ask());

  constructor(readonly app: App) {}

  get words(): Words["editor"] {
    return this.app.words.editor;
  }

  get weekHead(): string[] {
    const names = weekdayNames("narrow");
    return names.map((_, at) => names[(at + firstWeekday()) % 7]!);
  }

  get calendarLabel(): string {
    const busy = this.preview.days.filter((day) => day.on).map((day) => day.key);
    return `${this.words.calendarLabel}: ${busy.join(", ")}`;
  }

  get hasTime(): boolean {
    return ["day", "week", "month", "year"].includes(this.sentence.unit);
  }

  get hasHours(): boolean {
    return this.sentence.unit === "minute" || this.sentence.unit === "hour";
  }

  get hasWeekdays(): boolean {
    return this.hasHours || this.sentence.unit === "week";
  }

  get hasMonthDays(): boolean {
    return this.sentence.unit === "month" || this.sentence.unit === "year";
  }

  get scheduleBad(): boolean {
    return this.scheduleError !== "";
  }

  get scheduleError(): string {
    for (const [path, message] of Object.entries(this.errors)) {
      if (path === "schedule" || path.startsWith("schedule.")) return message;
    }
    return "";
  }

  /** The server's complaint about a field or about something inside it. */
  error(path: string): string {
    for (const [at, message] of Object.entries(this.errors)) {
      if (at === path || (path !== "schedule" && at.startsWith(`${path}.`))) return message;
    }
    return "";
  }

  bad(path: string): boolean {
    return this.error(path) !== "";
  }

  touch(path: string): void {
    for (const at of Object.keys(this.errors)) {
      if (at === path || at.startsWith(`${path}.`)) delete this.errors[at];
    }
  }

  /** Show the form's schedule in all its shapes, as after it was filled. */
  protected showForm(): void {
    this.preview = { ...NO_PREVIEW };
    this.collision = "";
    this.text = textOf(this.form.fields);
    this.readSentence();
    this.app.ui.fillZones();
    this.changed();
  }

  preset(text: string): void {
    this.text = text;
    this.fromText();
  }

  fromText(): void {
    const fields = fieldsOf(this.text);
    if (fields) {
      this.form.fields = fields;
      this.readSentence();
    }
    this.changed();
  }

  fromFields(path: string): void {
    this.touch(path);
    this.text = textOf(this.form.fields);
    this.readSentence();
    this.changed();
  }

  fromSentence(): void {
    if (this.sentence.unit === "custom") return;
    this.form.fields = fieldsFrom(this.sentence, this.form.fields);
    this.text = textOf(this.form.fields);
    this.changed();
  }

  /** The typed time, where it reads as one; on leaving the field it takes its usual shape. */
  timeTyped(event: Event): void {
    const input = event.target as HTMLInputElement;
    const time = readClock(input.value);
    if (time) {
      this.sentence.time = time;
      this.fromSentence();
    }
    if (event.type === "change") input.value = this.sentence.time;
  }

  unitChanged(): void {
    this.sentence = withUnit(this.sentence, this.sentence.unit);
    this.fromSentence();
  }

  dayPartChanged(): void {
    if (this.hoursTo < this.hoursFrom) this.hoursTo = this.hoursFrom;
    this.sentence.hours = this.dayPart === "some" ? { from: this.hoursFrom, to: this.hoursTo } : null;
    this.fromSentence();
  }

  onWeekday(day: number): boolean {
    return this.sentence.unit !== "custom" && this.sentence.weekdays.includes(day);
  }

  toggleWeekday(day: number): void {
    this.sentence = toggleWeekday(this.sentence, day);
    this.fromSentence();
  }

  onMonthDay(day: string): boolean {
    return this.sentence.monthDays.includes(day);
  }

  toggleMonthDay(day: string): void {
    this.sentence = toggleMonthDay(this.sentence, day);
    this.fromSentence();
  }

  typeChanged(): void {
    this.errors = {};
    if (this.form.type === "planned" && this.form.dates.length === 0) this.addDate();
    else this.changed();
  }

  zoneChanged(): void {
    this.touch("schedule.timezone");
    this.changed();
  }

  /** The next full hour, or a day after the last date. */
  addDate(): void {
    const last = this.form.dates.at(-1)?.wall;
    const after = last ? Date.parse(`${last}Z`) + DAY_MS : this.nextHour();
    this.form.dates.push({ wall: new Date(after).toISOString().slice(0, 16), fold: 0 });
    this.changed();
  }

  removeDate(at: number): void {
    this.form.dates.splice(at, 1);
    this.changed();
  }

  datesChanged(): void {
    this.touch("plan");
    this.changed();
  }

  dateLabel(at: number): string {
    return this.words.dateLabel(at + 1);
  }

  /** Whether this wall time comes twice in the zone: an hour later the clock shows it again. */
  ambiguous(at: number): boolean {
    const date = this.form.dates[at];
    if (!date?.wall) return false;
    try {
      const zone = this.form.timezone;
      const asUtc = Date.parse(`${date.wall}:00Z`);
      let hits = 0;
      for (let offset = -14; offset <= 14; offset += 0.5) {
        const instant = new Date(asUtc - offset * 3_600_000).toISOString();
        if (wallTime(instant, zone).slice(0, 16) === date.wall) hits++;
      }
      return hits > 1;
    } catch {
      return false;
    }
  }

  setFold(at: number, event: Event): void {
    this.form.dates[at]!.fold = (event.target as HTMLInputElement).checked ? 1 : 0;
    this.changed();
  }

  protected changed(): void {
    this.previewOld = true;
    this.refusal = null;
    this.askSoon(this);
  }

  private readSentence(): void {
    this.sentence = sentenceOf(this.form.fields, this.sentence);
    this.dayPart = this.sentence.hours ? "some" : "all";
    if (this.sentence.hours) {
      this.hoursFrom = this.sentence.hours.from;
      this.hoursTo = this.sentence.hours.to;
    }
  }

  private nextHour(): number {
    const wall = wallTime(new Date(Date.now() + 3_600_000).toISOString(), this.safeZone());
    return Date.parse(`${wall.slice(0, 13)}:00:00Z`);
  }

  private safeZone(): string {
    try {
      new Intl.DateTimeFormat(undefined, { timeZone: this.form.timezone });
      return this.form.timezone;
    } catch {
      return readerZone();
    }
  }

  /** Ask the server what the schedule means. Only the newest answer counts. */
  private async ask(): Promise<void> {
    const { form } = this;
    if (form.type === "adhoc" || (form.type === "planned" && !form.dates.some((date) => date.wall))) return;
    const mine = ++this.asking;
    const body =
      form.type === "planned"
        ? { plan: planOf(this.app.plain(form)), timezone: form.timezone }
        : {
            schedule: fieldsOf(this.text) ? this.app.plain(form.fields) : this.text,
            timezone: form.timezone,
            count: FIRES_SHOWN,
          };
    try {
      const answer = await this.app.api.preview(body);
      if (mine !== this.asking) return;
      this.clearScheduleErrors();
      this.takeMacro(answer);
      this.preview = this.shown(answer);
      this.collision = this.crowdAt(answer.fires[0]);
      this.previewOld = false;
    } catch (error) {
      if (mine !== this.asking || !(error instanceof ApiError) || error.offline || error.missing) return;
      this.clearScheduleErrors();
      const field = error.field === "timezone" ? "schedule.timezone" : error.field;
      const path = field ?? (form.type === "planned" ? "plan" : "schedule");
      this.refusal = { path, message: error.message };
      this.errors[path] = error.message;
      this.preview = { ...NO_PREVIEW };
      this.collision = "";
    }
  }

  private clearScheduleErrors(): void {
    this.touch("schedule");
    this.touch("plan");
  }

  /** `@daily` and the like: the five fields it stands for are the server's to say. */
  private takeMacro(answer: Preview): void {
    if (this.form.type !== "scheduled" || fieldsOf(this.text) || !answer.fields) return;
    this.form.fields = { ...answer.fields };
    this.readSentence();
  }

  private shown(answer: Preview): ShownPreview {
    const zone = this.safeZone();
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

  private calendarDays(dates: Record<string, number>, zone: string): ShownPreview["days"] {
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
        title: n > 0 ? this.words.runsOnDay(n) : "",
      };
    });
  }

  private crowdAt(fire: string | undefined): string {
    if (!fire) return "";
    const at = Date.parse(fire);
    const id = this.currentId();
    let n = 0;
    for (const task of this.app.table.tasks) {
      if (task?.next_run && task.uuid !== id && Date.parse(task.next_run) === at) n++;
    }
    return n >= CROWD ? this.words.collision(n, clockTime(fire)) : "";
  }

  protected currentId(): string {
    return "";
  }
}
