import type { Bucket, Timeline } from "../store/model";
import type { Words } from "../words/en";
import { clockTime, count } from "../words/times";
import { svg } from "./dom";

const TALL = 36;
const BELOW = 10;
const LABELS = 18;
const GAP = 5;
const HOUR = 3_600_000;

/** Draws the activity ribbon: what ran above the line, what failed below it, what is planned as outlines. */
export function drawRibbon(host: HTMLElement, timeline: Timeline, words: Words, now: number): void {
  const { buckets } = timeline;
  const width = Math.max(240, host.clientWidth);
  const from = Date.parse(timeline.from);
  const step = timeline.bucket * 1000;
  // Buckets in which nothing happens are left out of the answer.
  const pitch = width / Math.max(1, Math.ceil((Date.parse(timeline.to) - from) / step));
  const bar = Math.max(2, pitch - (width < 640 ? 2 : GAP));
  const most = Math.max(1, ...buckets.map((b) => b.succeeded + b.running + b.planned + b.failed));
  const mostBad = Math.max(1, ...buckets.map((b) => b.failed));
  const sum = (key: keyof Omit<Bucket, "at">): string =>
    count(buckets.reduce((total, b) => total + b[key], 0));
  const chart = svg("svg", {
    width,
    height: TALL + BELOW + LABELS,
    viewBox: `0 0 ${width} ${TALL + BELOW + LABELS}`,
    role: "img",
    "aria-label": words.ribbonSummary(sum("succeeded"), sum("failed"), sum("planned")),
  });
  const scale = (n: number): number => (n === 0 ? 0 : Math.max(3, Math.sqrt(n / most) * TALL));

  buckets.forEach((bucket) => {
    const at = Math.floor((Date.parse(bucket.at) - from) / step);
    const x = at * pitch + (pitch - bar) / 2;
    const group = svg("g", {}, svg("title", {}, describe(bucket, timeline.bucket, words)));
    group.append(
      svg("rect", { x: at * pitch, y: 0, width: pitch, height: TALL + BELOW, class: "scheduler-ribbon-hit" }),
    );
    const total = bucket.succeeded + bucket.running + bucket.planned + bucket.failed;
    let y = TALL;
    const stack = (n: number, kind: string): void => {
      if (n === 0) return;
      const height = Math.max(3, (n / total) * scale(total));
      y -= height;
      const inset = kind === "planned" ? 0.5 : 0;
      group.append(
        svg("rect", {
          x: x + inset,
          y: y + inset,
          width: bar - 2 * inset,
          height: Math.max(2, height - 2 * inset),
          rx: 2,
          class: `scheduler-ribbon-${kind}`,
        }),
      );
    };
    stack(bucket.succeeded, "succeeded");
    stack(bucket.running, "running");
    stack(bucket.planned, "planned");
    if (bucket.failed > 0) {
      const height = 3 + (bucket.failed / mostBad) * 4;
      group.append(
        svg("rect", { x, y: TALL + 3, width: bar, height, rx: 1, class: "scheduler-ribbon-failed" }),
      );
    } else if (bucket.missed > 0) {
      group.append(
        svg("rect", {
          x: x + 0.5,
          y: TALL + 3.5,
          width: bar - 1,
          height: 3,
          rx: 1,
          class: "scheduler-ribbon-missed",
        }),
      );
    }
    chart.append(group);
  });
  labels(chart, timeline, width, words, now);
  host.replaceChildren(chart);
}

/** Hours along the foot; those too near the mark of now, or to the last one, stay out. */
function labels(chart: SVGElement, timeline: Timeline, width: number, words: Words, now: number): void {
  const from = Date.parse(timeline.from);
  const span = Date.parse(timeline.to) - from;
  const xOf = (at: number): number => ((at - from) / span) * width;
  const nowX = xOf(now);
  const step = (width < 640 ? 6 : 3) * HOUR;
  const first = new Date(from);
  first.setMinutes(0, 0, 0);
  while (first.getTime() < from || (first.getHours() * HOUR) % step !== 0)
    first.setHours(first.getHours() + 1);
  for (let at = first.getTime(); at <= from + span; at += step) {
    const x = xOf(at);
    if (Math.abs(x - nowX) < 74) continue;
    const anchor = x < 20 ? "start" : x > width - 20 ? "end" : "middle";
    chart.append(
      svg(
        "text",
        { x, y: TALL + BELOW + LABELS - 3, "text-anchor": anchor },
        clockTime(new Date(at).toISOString()),
      ),
    );
  }
  chart.append(
    svg(
      "text",
      { x: nowX, y: TALL + BELOW + LABELS - 3, "text-anchor": "middle", class: "scheduler-ribbon-now" },
      words.nowMark(clockTime(new Date(now).toISOString())),
    ),
  );
}

function describe(bucket: Bucket, seconds: number, words: Words): string {
  const end = new Date(Date.parse(bucket.at) + seconds * 1000).toISOString();
  const keys = ["succeeded", "failed", "running", "missed", "planned"] as const;
  const counts = keys.map((key) => ({ key, n: bucket[key] ?? 0 })).filter(({ n }) => n > 0);
  return `${words.bucket(clockTime(bucket.at), clockTime(end))}: ${words.bucketCounts(counts)}`;
}
