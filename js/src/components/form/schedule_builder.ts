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
} from "../../store/cron";
import type { Preview } from "../../store/model";
import { formOf } from "../../store/task_form";
import type { App } from "../app";
import type { Editor } from "../editor";

/**
 * The cron part of the form: sentence, day toggles, five fields and free text, each kept in step with the others here.
 */
export class ScheduleBuilder {
  sentence: Sentence = sentenceOf(formOf({}, "UTC").fields);
  text = "";
  dayPart: "all" | "some" = "all";
  hoursFrom = 8;
  hoursTo = 18;
  /** The text that the five fields stand for: another one is not understood yet. */
  private understood = "";

  constructor(private readonly app: App) {}

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

  /** What stands in the text is not what the fields say. */
  get unread(): boolean {
    return this.text !== this.understood;
  }

  /** Show the form's schedule in all its shapes, as after it was filled. */
  show(): void {
    this.tell();
    this.readSentence();
    this.app.ui.fillZones();
    this.editor.preview.clear();
    this.editor.preview.changed();
  }

  /** Whether what stands in the text is what would be saved; a text such as `@daily` is the server's to understand. */
  async settled(): Promise<boolean> {
    if (this.editor.form.type !== "scheduled" || !this.unread) return true;
    await this.editor.preview.settle();
    return !this.unread;
  }

  preset(text: string): void {
    this.text = text;
    this.fromText();
  }

  fromText(): void {
    const fields = fieldsOf(this.text);
    if (fields) {
      this.editor.form.fields = fields;
      this.understood = this.text;
      this.readSentence();
    }
    this.editor.preview.changed();
  }

  fromFields(path: string): void {
    this.editor.touch(path);
    this.tell();
    this.readSentence();
    this.editor.preview.changed();
  }

  fromSentence(): void {
    if (this.sentence.unit === "custom") return;
    this.editor.form.fields = fieldsFrom(this.sentence, this.editor.form.fields);
    this.tell();
    this.editor.preview.changed();
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

  zoneChanged(): void {
    this.editor.touch("schedule.timezone");
    this.editor.preview.changed();
  }

  /** `@daily` and the like: the five fields it stands for are the server's to say. */
  takeMacro(answer: Preview): void {
    if (this.editor.form.type !== "scheduled" || fieldsOf(this.text) || !answer.fields) return;
    this.editor.form.fields = { ...answer.fields };
    this.understood = this.text;
    this.readSentence();
  }

  private get editor(): Editor {
    return this.app.ui.editor;
  }

  /** The text after one of the other shapes changed. */
  private tell(): void {
    this.text = textOf(this.editor.form.fields);
    this.understood = this.text;
  }

  private readSentence(): void {
    this.sentence = sentenceOf(this.editor.form.fields, this.sentence);
    this.dayPart = this.sentence.hours ? "some" : "all";
    if (this.sentence.hours) {
      this.hoursFrom = this.sentence.hours.from;
      this.hoursTo = this.sentence.hours.to;
    }
  }
}
