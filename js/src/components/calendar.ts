import type { Timeline } from "../store/model";
import type { Words } from "../words/en";
import { count, firstWeekday, fullTime, monthName, weekdayNames } from "../words/times";
import { fromMarkup, h } from "./dom";
import { icon } from "./icons";

const LEVELS = 4;

interface DayCount {
  ran: number;
  failed: number;
  planned: number;
}

/** Draws a month as a heat map: how much ran or will run each day, and where something failed. */
export function drawCalendar(
  host: HTMLElement,
  timeline: Timeline,
  words: Words,
  act: { month: Date; shift: (months: number) => void; openDay: (day: Date) => void },
): void {
  const { month } = act;
  const days = countDays(timeline);
  const most = Math.max(1, ...[...days.values()].map((day) => day.ran + day.failed));
  const button = (label: string, name: "left" | "right", by: number): HTMLElement => {
    const element = h("button", {
      type: "button",
      class: "scheduler-icon-button",
      title: label,
      onclick: () => act.shift(by),
    });
    element.append(fromMarkup<SVGElement>(icon(name)));
    return element;
  };
  const head = h("div", { class: "scheduler-timeline-bar" });
  head.append(
    button(words.calendar.previous, "left", -1),
    h("strong", {}, monthName(month.toISOString())),
    button(words.calendar.next, "right", 1),
    h("span", { class: "scheduler-spring" }),
    legend(words),
  );

  const table = h("table", { class: "scheduler-month-table", "aria-label": words.calendar.label });
  const names = weekdayNames("short");
  const headRow = h("tr");
  for (let at = 0; at < 7; at++) headRow.append(h("th", { scope: "col" }, names[(at + firstWeekday()) % 7]));
  const body = h("tbody");
  const back = (month.getDay() - firstWeekday() + 7) % 7;
  const today = new Date().toDateString();
  for (let week = 0; week < 6; week++) {
    const row = h("tr");
    for (let day = 0; day < 7; day++) {
      const date = new Date(month.getFullYear(), month.getMonth(), 1 - back + week * 7 + day);
      row.append(
        dayCell(date, days.get(keyOf(date)), most, words, {
          outside: date.getMonth() !== month.getMonth(),
          today: date.toDateString() === today,
          open: () => act.openDay(date),
        }),
      );
    }
    const firstOfRow = new Date(month.getFullYear(), month.getMonth(), 1 - back + week * 7);
    if (week > 0 && firstOfRow.getMonth() !== month.getMonth()) break;
    body.append(row);
  }
  table.append(h("thead", {}, headRow), body);
  host.replaceChildren(head, table);
}

function dayCell(
  date: Date,
  day: DayCount | undefined,
  most: number,
  words: Words,
  how: { outside: boolean; today: boolean; open: () => void },
): HTMLElement {
  const cell = h("td");
  // What is planned has an outline, not a colour: a busy day to come must not pale those that were.
  const ran = day ? day.ran + day.failed : 0;
  const level = Math.ceil(Math.sqrt(ran / most) * LEVELS);
  const label = words.calendar.day(
    fullTime(date.toISOString()).replace(/,? \d.*?:.*$/, ""),
    count(day?.ran ?? 0),
    count(day?.failed ?? 0),
    count(day?.planned ?? 0),
  );
  const button = h("button", {
    type: "button",
    class: "scheduler-month-day",
    "data-level": level,
    "data-outside": how.outside,
    "data-failed": (day?.failed ?? 0) > 0,
    "data-ahead": ran === 0 && (day?.planned ?? 0) > 0,
    "aria-current": how.today ? "date" : null,
    title: label,
    onclick: how.open,
  });
  button.append(h("span", { class: "scheduler-month-number" }, String(date.getDate())));
  if (day) {
    const lines = h("span", { class: "scheduler-month-counts" });
    if (day.ran) lines.append(h("span", {}, words.calendar.ran(day.ran)));
    if (day.failed) lines.append(h("span", { class: "scheduler-bad" }, words.calendar.failed(day.failed)));
    if (day.planned) lines.append(h("span", {}, words.calendar.planned(day.planned)));
    button.append(lines);
  }
  cell.append(button);
  return cell;
}

function legend(words: Words): HTMLElement {
  const box = h("span", { class: "scheduler-month-legend", "aria-hidden": "true" }, words.calendar.less);
  for (let level = 0; level <= LEVELS; level++)
    box.append(h("i", { class: "scheduler-month-swatch", "data-level": level }));
  box.append(words.calendar.more);
  return box;
}

function countDays(timeline: Timeline): Map<string, DayCount> {
  const days = new Map<string, DayCount>();
  for (const bucket of timeline.buckets) {
    // A bucket begins at local midnight, or an hour beside it after a clock change: its middle names the day.
    const middle = new Date(Date.parse(bucket.at) + (timeline.bucket * 1000) / 2);
    const known = days.get(keyOf(middle)) ?? { ran: 0, failed: 0, planned: 0 };
    known.ran += bucket.succeeded + bucket.running;
    known.failed += bucket.failed;
    known.planned += bucket.planned;
    days.set(keyOf(middle), known);
  }
  return days;
}

function keyOf(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}
