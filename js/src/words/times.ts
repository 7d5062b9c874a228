/**
 * Times, spans and counts in the reader's own zone and language. The clock is always the 24-hour one, so that
 * a time reads the same as the schedule's words beside it.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  let format = cache.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) {
    format = new Intl.DateTimeFormat(undefined, { hourCycle: "h23", ...options });
    cache.set(key, format);
  }
  return format;
}

function unit(value: number, name: string, digits = 0): string {
  const key = `${name}/${digits}`;
  let format = cache.get(key) as Intl.NumberFormat | undefined;
  if (!format) {
    format = new Intl.NumberFormat(undefined, {
      style: "unit",
      unit: name,
      unitDisplay: name === "day" ? "long" : name === "minute" ? "short" : "narrow",
      maximumFractionDigits: digits,
    });
    cache.set(key, format);
  }
  // Narrow units stick to their number ("6h"); a thin gap reads better and is what the short ones have.
  return format.format(value).replace(/(\d)(?=\p{L})/u, "$1 ");
}

let zone = "";

export function readerZone(): string {
  zone ||= Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return zone;
}

const whole = new Intl.NumberFormat();

export function count(value: number): string {
  return whole.format(value);
}

/** `02:30` */
export function clockTime(iso: string, timeZone?: string): string {
  return dateFormat({ hour: "2-digit", minute: "2-digit", timeZone }).format(new Date(iso));
}

/** `02:30:04` */
export function preciseTime(at: string | number): string {
  return dateFormat({ hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(at));
}

/** `Thu 12 March, 02:30` */
export function longTime(iso: string, timeZone?: string): string {
  const date = dateFormat({ weekday: "short", day: "numeric", month: "long", timeZone }).format(
    new Date(iso),
  );
  return `${date}, ${clockTime(iso, timeZone)}`;
}

/** `Thu 12 Mar, 02:30` */
export function mediumTime(iso: string, timeZone?: string): string {
  const date = dateFormat({ weekday: "short", day: "numeric", month: "short", timeZone }).format(
    new Date(iso),
  );
  return `${date}, ${clockTime(iso, timeZone)}`;
}

/** `12 Mar 2026, 02:30:04`, for places where nothing may be guessed */
export function fullTime(iso: string, timeZone?: string): string {
  return dateFormat({ dateStyle: "medium", timeStyle: "medium", timeZone }).format(new Date(iso));
}

export function shortDate(iso: string): string {
  return dateFormat({ day: "numeric", month: "short" }).format(new Date(iso));
}

export function monthName(iso: string): string {
  return dateFormat({ month: "long", year: "numeric" }).format(new Date(iso));
}

/** As short as it stays clear: the time today and tomorrow, with the day within a week, else with the date. */
export function briefTime(iso: string, now = Date.now()): string {
  const at = new Date(iso);
  const ahead = dayDistance(at.getTime(), now);
  const time = clockTime(iso);
  if (ahead >= 0 && ahead <= 1) return time;
  if (ahead > 1 && ahead < 7) return `${dateFormat({ weekday: "short" }).format(at)} ${time}`;
  return `${shortDate(iso)} ${time}`;
}

export interface RelativeWords {
  in: (span: string) => string;
  ago: (span: string) => string;
  tomorrow: string;
  now: string;
  due: string;
}

/** `in 12 min`, `tomorrow`, `6 h ago` */
export function relativeTime(iso: string, words: RelativeWords, now = Date.now()): string {
  const at = Date.parse(iso);
  const distance = at - now;
  if (distance >= 0) {
    if (dayDistance(at, now) === 1 && distance > 12 * HOUR) return words.tomorrow;
    return words.in(span(distance));
  }
  return -distance < 5_000 ? words.now : words.ago(span(-distance));
}

/** A rounded span: `58 s`, `12 min`, `6 h`, `3 days` */
export function span(ms: number): string {
  if (ms < MINUTE) return unit(Math.max(1, Math.round(ms / 1000)), "second");
  if (ms < HOUR) return unit(Math.round(ms / MINUTE), "minute");
  if (ms < 36 * HOUR) return unit(Math.round(ms / HOUR), "hour");
  return unit(Math.round(ms / DAY), "day");
}

/** An exact duration, for a run: `0.4 s`, `58 s`, `14 min 3 s`, `2 h 5 min` */
export function duration(seconds: number): string {
  if (seconds < 10) return unit(seconds, "second", 1);
  const whole = Math.round(seconds);
  if (whole < 60) return unit(whole, "second");
  if (whole < 3600) return `${unit(Math.floor(whole / 60), "minute")} ${unit(whole % 60, "second")}`;
  return `${unit(Math.floor(whole / 3600), "hour")} ${unit(Math.floor((whole % 3600) / 60), "minute")}`;
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  const kilo = size / 1024;
  return kilo < 1024 ? `${Math.round(kilo)} KB` : `${(kilo / 1024).toFixed(1)} MB`;
}

/** Calendar days between two instants, in the reader's zone. */
function dayDistance(at: number, now: number): number {
  const midnight = (ms: number): number => {
    const date = new Date(ms);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  };
  return Math.round((midnight(at) - midnight(now)) / DAY);
}

/** Short weekday names, Sunday first: `["Sun", ...]` */
export function weekdayNames(style: "short" | "narrow" | "long"): string[] {
  // 4 January 1970 was a Sunday.
  return Array.from({ length: 7 }, (_, day) =>
    dateFormat({ weekday: style, timeZone: "UTC" }).format(new Date((3 + day) * DAY)),
  );
}

export function monthNames(): string[] {
  return Array.from({ length: 12 }, (_, month) =>
    dateFormat({ month: "long", timeZone: "UTC" }).format(new Date(Date.UTC(2026, month, 15))),
  );
}

/** 0 (Sunday) to 6: the first day of the reader's week. */
export function firstWeekday(): number {
  const locale = new Intl.Locale(Intl.DateTimeFormat().resolvedOptions().locale) as Intl.Locale & {
    weekInfo?: { firstDay: number };
    getWeekInfo?: () => { firstDay: number };
  };
  return (locale.getWeekInfo?.() ?? locale.weekInfo ?? { firstDay: 1 }).firstDay % 7;
}
