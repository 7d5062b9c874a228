import { BAD_RUN_STATES, type RunState, type StripBar } from "../store/model";
import { fromMarkup } from "./dom";

/** Bars of the history strip: 4 px each, 2 px apart, the newest at the right. */
const BARS = 20;
const PITCH = 6;
const WIDTH = 4;
/** Heights: of the tallest bar, of the line that bars stand on, of the mark below it that a failure has. */
const TALLEST = 16;
const BASE = 18;
const MARK_TOP = 20;
const HEIGHT = 24;
export const STRIP_WIDTH = BARS * PITCH - (PITCH - WIDTH);

export type BarKind = "good" | "bad" | "active" | "queued" | "hollow" | "none";
const KINDS: BarKind[] = ["good", "bad", "active", "queued", "hollow", "none"];

export function barKind(state: RunState): BarKind {
  if (state === "succeeded") return "good";
  if (BAD_RUN_STATES.has(state)) return "bad";
  if (state === "running") return "active";
  if (state === "queued") return "queued";
  return "hollow";
}

/** One path of each kind: six nodes a strip, however many bars. */
export const STRIP_MARKUP = `<svg class="scheduler-strip" viewBox="0 0 ${STRIP_WIDTH} ${HEIGHT}" width="${STRIP_WIDTH}" height="${HEIGHT}" role="img">${KINDS.map(
  (kind) => `<path class="scheduler-bar-${kind}"/>`,
).join("")}</svg>`;

export function makeStrip(): SVGElement {
  return fromMarkup<SVGElement>(STRIP_MARKUP);
}

/** Draws the bars; `label` says the same in words. */
export function drawStrip(strip: SVGElement, bars: StripBar[], label: string): void {
  const paths = stripPaths(bars);
  KINDS.forEach((kind, at) => {
    const path = strip.children[at] as SVGPathElement;
    if (path.getAttribute("d") !== paths[kind]) path.setAttribute("d", paths[kind]);
  });
  if (strip.getAttribute("aria-label") !== label) strip.setAttribute("aria-label", label);
}

/** Path data of each kind of bar. Height is the duration against this strip's own longest. */
export function stripPaths(bars: StripBar[]): Record<BarKind, string> {
  const shown = bars.slice(-BARS);
  const longest = Math.max(0.001, ...shown.map(([, seconds]) => seconds ?? 0));
  const paths: Record<BarKind, string> = { good: "", bad: "", active: "", queued: "", hollow: "", none: "" };
  for (let slot = 0; slot < BARS - shown.length; slot++) {
    paths.none += `M${slot * PITCH} ${BASE - 2}h${WIDTH}v2h-${WIDTH}z`;
  }
  shown.forEach(([state, seconds], at) => {
    const x = (BARS - shown.length + at) * PITCH;
    const kind = barKind(state);
    if (kind === "hollow" || kind === "queued") {
      paths[kind] += `M${x + 0.5} ${BASE - 7.5}h${WIDTH - 1}v7h-${WIDTH - 1}z`;
      return;
    }
    const height = Math.max(4, Math.round(TALLEST * Math.sqrt((seconds ?? 0) / longest)));
    paths[kind] += bar(x, kind === "active" ? Math.max(height, 9) : height);
    if (kind === "bad") paths.bad += `M${x} ${MARK_TOP}h${WIDTH}v3h-${WIDTH}z`;
  });
  return paths;
}

function bar(x: number, height: number): string {
  const straight = height - 1;
  return `M${x} ${BASE}v-${straight}a1 1 0 0 1 1-1h${WIDTH - 2}a1 1 0 0 1 1 1v${straight}z`;
}
