import { BAD_RUN_STATES, type RunSummary } from "../store/model";
import type { Words } from "../words/en";
import { duration, fullTime, shortDate } from "../words/times";
import { svg } from "./dom";
import { barKind } from "./strip";

const BARS = 30;
const PITCH = 13.4;
const WIDTH = 9;
const HEIGHT = 60;
const FOOT = 22;
const MARK = 4;
/** With fewer bars, the date of the first would run into that of the last. */
const ROOM_FOR_TWO = 8;

/** Draws how long the last runs took, oldest first, with the median as a line. Returns the median in seconds. */
export function drawDurations(
  host: HTMLElement | undefined,
  runs: Pick<RunSummary, "state" | "duration" | "started_at">[],
  words: Words,
): number | null {
  if (!host) return null;
  const seconds = runs.map((run) => run.duration ?? 0);
  if (runs.length === 0) {
    host.replaceChildren();
    return null;
  }
  const median = medianOf(runs.filter((run) => run.state === "succeeded").map((run) => run.duration ?? 0));
  const longest = Math.max(0.001, ...seconds);
  const width = BARS * PITCH;
  const chart = svg("svg", {
    viewBox: `0 0 ${width} ${HEIGHT + FOOT}`,
    class: "scheduler-durations",
    role: "img",
    "aria-label": `${words.task.durationTitle(runs.length)}${median === null ? "" : `, ${words.task.median(duration(median))}`}`,
  });
  const offset = BARS - runs.length;
  runs.forEach((run, at) => {
    const x = (offset + at) * PITCH;
    const height = Math.max(3, ((run.duration ?? 0) / longest) * (HEIGHT - 4));
    const group = svg("g", {}, svg("title", {}, titleOf(run, words)));
    group.append(
      svg("rect", {
        x,
        y: HEIGHT - height,
        width: WIDTH,
        height,
        rx: 1.5,
        class: `scheduler-bar-${barKind(run.state)}`,
      }),
    );
    if (BAD_RUN_STATES.has(run.state)) {
      group.append(
        svg("rect", { x, y: HEIGHT + 3, width: WIDTH, height: MARK, rx: 1, class: "scheduler-bar-bad" }),
      );
    }
    chart.append(group);
  });
  if (median !== null) {
    const y = HEIGHT - (median / longest) * (HEIGHT - 4);
    chart.append(svg("line", { x1: 0, x2: width, y1: y, y2: y, class: "scheduler-median" }));
  }
  const first = runs[0]?.started_at;
  const last = runs.at(-1)?.started_at;
  const y = HEIGHT + FOOT - 2;
  const dateOf = (iso: string): string =>
    new Date().toDateString() === new Date(iso).toDateString() ? words.task.today : shortDate(iso);
  if (first && runs.length > ROOM_FOR_TWO)
    chart.append(svg("text", { x: offset * PITCH, y }, shortDate(first)));
  if (last) chart.append(svg("text", { x: width - PITCH + WIDTH, y, "text-anchor": "end" }, dateOf(last)));
  host.replaceChildren(chart);
  return median;
}

function titleOf(run: Pick<RunSummary, "state" | "duration" | "started_at">, words: Words): string {
  const parts = [words.runStates[run.state]];
  if (run.duration !== null) parts.push(duration(run.duration));
  if (run.started_at) parts.push(fullTime(run.started_at));
  return parts.join(", ");
}

export function medianOf(values: number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
