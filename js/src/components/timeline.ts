import type { Lane, Timeline } from "../store/model";
import { BAD_RUN_STATES } from "../store/model";
import type { TaskView } from "../store/task_view";
import { clockTime, count, fullTime, shortDate } from "../words/times";
import type { App } from "./app";
import { fromMarkup, h, svg } from "./dom";
import { icon } from "./icons";
import { barKind } from "./strip";

const LANE = 30;
/** Left and right of the lanes together. */
const PADDING = 32;
const BAR = 16;
const HOUR = 3_600_000;
/** More lanes than this are not read; the filter narrows them. */
const LANES = 200;
/** Pixels of lanes below which there is room for half as many hours. */
const NARROW = 500;
/** Hours between two lines. */
const STRIDE = 3;
const MARK_GAP = 2;

/** Draws a lane for each task that ran or will run in 24 hours: runs to scale, planned fires as hollow marks. */
export function drawTimeline(
  host: HTMLElement,
  timeline: Timeline,
  app: App,
  move: { shift: (hours: number) => void; moved: boolean },
): void {
  const { words } = app;
  const lanes = lanesShown(timeline, app.view);
  const names = host.clientWidth < 640 ? 120 : 220;
  const width = Math.max(160, host.clientWidth - names - PADDING);
  const scale = new Scale(timeline, width);

  const bar = h("div", { class: "scheduler-timeline-bar" });
  bar.append(
    step(words.timeline.earlier, "left", () => move.shift(-12)),
    h(
      "button",
      {
        type: "button",
        class: "scheduler-button scheduler-button-plain",
        disabled: !move.moved,
        onclick: () => move.shift(0),
      },
      words.timeline.today,
    ),
    step(words.timeline.later, "right", () => move.shift(12)),
    h(
      "span",
      { class: "scheduler-soft" },
      `${fullTime(timeline.from).replace(/:\d\d$/, "")} – ${fullTime(timeline.to).replace(/:\d\d$/, "")}`,
    ),
    h("span", { class: "scheduler-spring scheduler-wide" }),
    h(
      "span",
      { class: "scheduler-soft scheduler-wide" },
      lanes.length > 0 ? words.timeline.lanes(lanes.length) : "",
    ),
  );

  const list = h("div", { class: "scheduler-lanes", role: "list", "aria-label": words.timeline.label });
  list.style.setProperty("--scheduler-lane-names", `${names}px`);
  list.append(axis(scale));
  for (const lane of lanes.slice(0, LANES)) list.append(laneRow(lane, scale, app));
  if (lanes.length === 0) list.append(h("p", { class: "scheduler-quiet" }, words.timeline.empty));
  if (lanes.length > LANES)
    list.append(h("p", { class: "scheduler-quiet" }, words.timeline.more(lanes.length - LANES)));

  const focused = host.contains(document.activeElement)
    ? (document.activeElement as HTMLElement).dataset.key
    : null;
  host.replaceChildren(bar, list);
  if (focused)
    host.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });

  function step(label: string, name: "left" | "right", act: () => void): HTMLElement {
    const button = h("button", {
      type: "button",
      class: "scheduler-icon-button",
      "aria-label": label,
      title: label,
      "data-key": name,
      onclick: act,
    });
    button.append(fromMarkup<SVGElement>(icon(name)));
    return button;
  }
}

/** The lanes of the tasks in the list, in its order: narrowing and sorting it narrow and sort them. */
function lanesShown(timeline: Timeline, view: TaskView): Lane[] {
  const lanes = new Map((timeline.tasks ?? []).map((lane) => [lane.uuid, lane]));
  const shown: Lane[] = [];
  for (let at = 0; at < view.length && shown.length < lanes.size; at++) {
    const lane = lanes.get(view.taskAt(at)!.uuid);
    if (lane) shown.push(lane);
  }
  return shown;
}

class Scale {
  readonly from: number;
  readonly to: number;
  /** Pixels that a moment takes: half-hourly runs must stay apart. */
  readonly mark: number;

  constructor(
    timeline: Timeline,
    readonly width: number,
  ) {
    this.from = Date.parse(timeline.from);
    this.to = Date.parse(timeline.to);
    this.mark = width < NARROW ? 3 : 5;
  }

  /** The full hours shown that `stride` divides, in the reader's zone. */
  hours(stride: number): number[] {
    const first = new Date(this.from);
    first.setMinutes(0, 0, 0);
    const hours: number[] = [];
    for (let at = first.getTime(); at <= this.to; at += HOUR) {
      if (at >= this.from && new Date(at).getHours() % stride === 0) hours.push(at);
    }
    return hours;
  }

  x(at: number): number {
    return Math.max(0, Math.min(this.width, ((at - this.from) / (this.to - this.from)) * this.width));
  }
}

function axis(scale: Scale): HTMLElement {
  const row = h("div", { class: "scheduler-lane scheduler-lane-axis", role: "presentation" });
  row.append(h("span", { class: "scheduler-lane-name" }));
  const chart = svg("svg", { width: scale.width, height: 24, "aria-hidden": "true" });
  for (const at of scale.hours(scale.width < NARROW ? 2 * STRIDE : STRIDE)) {
    const iso = new Date(at).toISOString();
    const label = new Date(at).getHours() === 0 ? shortDate(iso) : clockTime(iso);
    chart.append(svg("text", { x: scale.x(at), y: 15, "text-anchor": "middle" }, label));
  }
  row.append(chart);
  return row;
}

/** Fires as marks; those too close to be told apart become one band. */
function plannedMarks(fires: string[], scale: Scale): { x: number; width: number; label: string }[] {
  const marks: { x: number; width: number; label: string }[] = [];
  for (const fire of fires) {
    const x = scale.x(Date.parse(fire));
    const last = marks.at(-1);
    if (last && x - (last.x + last.width) < MARK_GAP)
      last.width = Math.max(last.width, x + scale.mark - last.x);
    else marks.push({ x, width: scale.mark, label: fullTime(fire) });
  }
  return marks;
}

function laneRow(lane: Lane, scale: Scale, app: App): HTMLElement {
  const { words } = app;
  const row = h("div", { class: "scheduler-lane", role: "listitem" });
  row.append(
    h(
      "button",
      {
        type: "button",
        class: "scheduler-name scheduler-lane-name",
        "data-key": lane.uuid,
        onclick: () => app.ui.openTask(lane.uuid),
      },
      lane.name,
    ),
  );
  const bad = lane.runs.filter((run) => BAD_RUN_STATES.has(run.state)).length;
  const chart = svg("svg", {
    width: scale.width,
    height: LANE,
    role: "img",
    "aria-label": words.calendar.day(
      lane.name,
      count(lane.runs.length),
      count(bad),
      count(lane.planned.length),
    ),
  });
  for (const at of scale.hours(STRIDE)) {
    const x = scale.x(at);
    chart.append(svg("line", { x1: x, x2: x, y1: 0, y2: LANE, class: "scheduler-lane-grid" }));
  }
  const middle = (LANE - BAR) / 2;
  for (const mark of plannedMarks(lane.planned, scale)) {
    const rect = svg("rect", {
      x: mark.x,
      y: middle + 0.5,
      width: mark.width,
      height: BAR - 1,
      rx: 1,
      class: "scheduler-ribbon-planned",
    });
    rect.append(svg("title", {}, `${words.legend.planned}, ${mark.label}`));
    chart.append(rect);
  }
  for (const run of lane.runs) {
    if (!run.started_at) continue;
    const start = Date.parse(run.started_at);
    const end = run.finished_at ? Date.parse(run.finished_at) : Date.now();
    const x = scale.x(start);
    const kind = barKind(run.state);
    const rect = svg("rect", {
      x,
      y: middle,
      width: Math.max(scale.mark, scale.x(end) - x),
      height: BAR,
      rx: 2,
      class: `scheduler-bar-${kind} scheduler-lane-run`,
      onclick: () => app.ui.openRun(run.id),
    });
    rect.append(svg("title", {}, `${words.runStates[run.state]}, ${fullTime(run.started_at)}`));
    chart.append(rect);
    if (kind === "bad")
      chart.append(
        svg("rect", { x, y: middle + BAR + 2, width: scale.mark, height: 3, class: "scheduler-bar-bad" }),
      );
  }
  const now = Date.now();
  if (now > scale.from && now < scale.to) {
    chart.append(
      svg("line", { x1: scale.x(now), x2: scale.x(now), y1: 0, y2: LANE, class: "scheduler-lane-now" }),
    );
  }
  row.append(chart);
  return row;
}
