import type { CronFields } from "./model";

/**
 * The visual cron builder's logic: a sentence ("every week on Mon, Thu at 07:45") and the five fields, each
 * made from the other. Only shapes that a sentence can say are read here; words, fires and errors always
 * come from the server.
 */

export type Unit = "minute" | "hour" | "day" | "week" | "month" | "year" | "custom";

export interface Sentence {
  unit: Unit;
  /** Every so many minutes or hours. */
  step: number;
  /** Minute past the hour, for "every hour". */
  minute: number;
  /** Wall time `HH:MM`, for day, week, month and year. */
  time: string;
  /** Hours of the day between which minutes or hours repeat; null is the whole day. */
  hours: { from: number; to: number } | null;
  /** 0 is Sunday; empty means every day. */
  weekdays: number[];
  /** Days of the month, `L` the last one. */
  monthDays: string[];
  /** 1 to 12, for year. */
  month: number;
}

export const FIELD_NAMES = ["minute", "hour", "day", "month", "weekday"] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

export const DEFAULT_FIELDS: CronFields = { minute: "0", hour: "7", day: "*", month: "*", weekday: "*" };

const WEEKDAY_NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const NEUTRAL: Sentence = {
  unit: "custom",
  step: 1,
  minute: 0,
  time: "07:00",
  hours: null,
  weekdays: [],
  monthDays: ["1"],
  month: 1,
};

export function textOf(fields: CronFields): string {
  return FIELD_NAMES.map((name) => fields[name].trim() || "*").join(" ");
}

/** Five fields of a free text, or null when it has not exactly five. (`@daily` and the like: ask the server.) */
export function fieldsOf(text: string): CronFields | null {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5) return null;
  const [minute, hour, day, month, weekday] = parts as [string, string, string, string, string];
  return { minute, hour, day, month, weekday };
}

/** The sentence that says what these fields say, or one of unit `custom` when none can. */
export function sentenceOf(fields: CronFields, previous: Sentence = NEUTRAL): Sentence {
  const custom: Sentence = { ...previous, unit: "custom" };
  const weekdays = parseWeekdays(fields.weekday);
  if (!weekdays) return custom;
  const minute = parseNumber(fields.minute, 0, 59);
  const hour = parseNumber(fields.hour, 0, 23);
  const anyDay = fields.day === "*" && fields.month === "*";

  if (minute !== null && hour !== null) {
    const at: Sentence = { ...previous, time: clock(hour, minute), minute, hours: null, step: 1 };
    if (anyDay) return { ...at, unit: weekdays.length ? "week" : "day", weekdays };
    const monthDays = parseMonthDays(fields.day);
    if (!monthDays || weekdays.length) return custom;
    if (fields.month === "*") return { ...at, unit: "month", monthDays, weekdays: [] };
    const month = parseNumber(fields.month, 1, 12);
    if (month === null || monthDays.length !== 1) return custom;
    return { ...at, unit: "year", monthDays, month, weekdays: [] };
  }
  if (!anyDay) return custom;

  const hourPart = parseHours(fields.hour);
  if (!hourPart) return custom;
  if (minute !== null) {
    return { ...previous, unit: "hour", minute, step: hourPart.step, hours: hourPart.hours, weekdays };
  }
  const step = parseStep(fields.minute, 59);
  if (step === null || hourPart.step !== 1) return custom;
  return { ...previous, unit: "minute", step, hours: hourPart.hours, weekdays };
}

/** The five fields that a sentence means. `custom` has none of its own: the given ones stay. */
export function fieldsFrom(sentence: Sentence, current: CronFields): CronFields {
  const [hour = "0", minute = "0"] = sentence.time.split(":");
  const at = {
    minute: String(Number(minute)),
    hour: String(Number(hour)),
    day: "*",
    month: "*",
    weekday: "*",
  };
  const days = sentence.monthDays.length ? formatMonthDays(sentence.monthDays) : "1";
  switch (sentence.unit) {
    case "minute":
      return {
        ...at,
        minute: stepText(sentence.step, "*"),
        hour: hoursText(sentence.hours, 1),
        weekday: formatWeekdays(sentence.weekdays),
      };
    case "hour":
      return {
        ...at,
        minute: String(sentence.minute),
        hour: hoursText(sentence.hours, sentence.step),
        weekday: formatWeekdays(sentence.weekdays),
      };
    case "day":
      return at;
    case "week":
      return { ...at, weekday: formatWeekdays(sentence.weekdays.length ? sentence.weekdays : [1]) };
    case "month":
      return { ...at, day: days };
    case "year":
      return { ...at, day: sentence.monthDays[0] ?? "1", month: String(sentence.month) };
    default:
      return { ...current };
  }
}

/** The sentence after its unit was changed: what the new unit needs and the old one lacked gets a sensible start. */
export function withUnit(sentence: Sentence, unit: Unit): Sentence {
  const next: Sentence = { ...sentence, unit };
  if (unit === "minute" && ![1, 2, 5, 10, 15, 20, 30].includes(next.step)) next.step = 15;
  if (unit === "hour" && ![1, 2, 3, 4, 6, 8, 12].includes(next.step)) next.step = 1;
  if (unit === "week" && next.weekdays.length === 0) next.weekdays = [1];
  if (unit === "day" || unit === "month" || unit === "year") next.weekdays = [];
  if (unit === "year") next.monthDays = next.monthDays.slice(0, 1);
  return next;
}

export function toggleWeekday(sentence: Sentence, day: number): Sentence {
  const on = new Set(sentence.weekdays);
  if (!on.delete(day)) on.add(day);
  if (sentence.unit === "week" && on.size === 0) return sentence;
  return { ...sentence, weekdays: [...on].sort((a, b) => a - b) };
}

export function toggleMonthDay(sentence: Sentence, day: string): Sentence {
  if (sentence.unit === "year") return { ...sentence, monthDays: [day] };
  const on = new Set(sentence.monthDays);
  if (!on.delete(day)) on.add(day);
  if (on.size === 0) return sentence;
  return { ...sentence, monthDays: [...on].sort((a, b) => dayOrder(a) - dayOrder(b)) };
}

/** Weekday numbers (0 is Sunday) of a plain list such as `1,4`, `mon-fri`, `6,7`; [] for `*`; null if it says more. */
export function parseWeekdays(text: string): number[] | null {
  if (text === "*") return [];
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const [first, last, ...rest] = part.split("-");
    const from = weekday(first);
    const to = last === undefined ? from : weekday(last);
    if (from === null || to === null || rest.length || to < from) return null;
    for (let day = from; day <= to; day++) days.add(day % 7);
  }
  return days.size === 7 ? [] : [...days].sort((a, b) => a - b);
}

export function formatWeekdays(days: number[]): string {
  if (days.length === 0 || days.length === 7) return "*";
  return formatRuns([...days].sort((a, b) => a - b));
}

/** `HH:MM` of a time as a person types it (`7`, `745`, `7:45`, `07.45`), or null. */
export function readClock(text: string): string | null {
  const match = /^\s*(\d{1,2})(?:[:.h ]?(\d{2}))?\s*$/.exec(text);
  if (!match) return null;
  const hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  return hour < 24 && minute < 60 ? clock(hour, minute) : null;
}

function parseMonthDays(text: string): string[] | null {
  const days: string[] = [];
  for (const part of text.split(",")) {
    if (/^l$/i.test(part)) {
      days.push("L");
      continue;
    }
    const [first, last, ...rest] = part.split("-");
    const from = parseNumber(first ?? "", 1, 31);
    const to = last === undefined ? from : parseNumber(last, 1, 31);
    if (from === null || to === null || rest.length || to < from) return null;
    for (let day = from; day <= to; day++) days.push(String(day));
  }
  return days;
}

function formatMonthDays(days: string[]): string {
  const numbers = days.filter((day) => day !== "L").map(Number);
  const parts = numbers.length ? [formatRuns(numbers.sort((a, b) => a - b))] : [];
  if (days.includes("L")) parts.push("L");
  return parts.join(",");
}

/** `1,2,3,5` as `1-3,5`: ranges from three on, as a person would write them. */
function formatRuns(numbers: number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end + 1] === numbers[end]! + 1) end++;
    if (end - at >= 2) parts.push(`${numbers[at]}-${numbers[end]}`);
    else for (let i = at; i <= end; i++) parts.push(String(numbers[i]));
    at = end + 1;
  }
  return parts.join(",");
}

function parseHours(text: string): { step: number; hours: Sentence["hours"] } | null {
  const [range = "", stepPart, ...rest] = text.split("/");
  const step = stepPart === undefined ? 1 : parseNumber(stepPart, 1, 23);
  if (step === null || rest.length) return null;
  if (range === "*") return { step, hours: null };
  const [first = "", last, ...more] = range.split("-");
  const from = parseNumber(first, 0, 23);
  const to = last === undefined ? null : parseNumber(last, 0, 23);
  if (from === null || to === null || more.length || to < from) return null;
  return { step, hours: { from, to } };
}

function hoursText(hours: Sentence["hours"], step: number): string {
  if (!hours) return stepText(step, "*");
  return stepText(step, `${hours.from}-${hours.to}`);
}

function stepText(step: number, base: string): string {
  return step > 1 ? `${base}/${step}` : base;
}

function parseStep(text: string, limit: number): number | null {
  if (text === "*") return 1;
  return text.startsWith("*/") ? parseNumber(text.slice(2), 1, limit) : null;
}

function parseNumber(text: string, least: number, most: number): number | null {
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

function weekday(text: string | undefined): number | null {
  const named = WEEKDAY_NAMES.indexOf(text ?? "");
  return named >= 0 ? named : parseNumber(text ?? "", 0, 7);
}

function dayOrder(day: string): number {
  return day === "L" ? 32 : Number(day);
}

function clock(hour: number, minute: number): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
