import type { Bucket, Timeline } from "../store/model";
import type { ViewMode } from "../store/route";
import { ApiError } from "../transport/transport";
import type { App } from "./app";
import { debounce, h } from "./dom";
import { whileSeen } from "./heartbeat";
import { drawRibbon } from "./ribbon";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FIVE_MINUTES = 300_000;
const HALF_HOUR_S = 1_800;
const DAY_S = 86_400;
const REFRESH_MS = 60_000;
const TOUCH_MS = 1_500;

/**
 * The pictures of what ran and will run: the ribbon above the list, the timeline and the calendar.
 * They are drawn by hand from one route, again each minute and shortly after a run changed.
 */
export class Overview {
  private readonly state = inertState();
  private readonly touchSoon = debounce(TOUCH_MS, (overview: Overview) => void overview.refresh());

  constructor(private readonly app: App) {}

  start(): void {
    this.state.stop();
    if (this.app.refs.ribbon && !this.state.resize) {
      this.state.resize = new ResizeObserver(() => this.redraw());
      this.state.resize.observe(this.app.refs.ribbon);
    }
    this.state.stop = whileSeen(REFRESH_MS, () => void this.refresh());
    void this.refresh();
  }

  dispose(): void {
    this.state.stop();
    this.state.resize?.disconnect();
    this.state.gone = true;
  }

  pause(on: boolean): void {
    this.state.paused = on;
    if (!on) void this.refresh();
  }

  /** Something ran: draw again soon, however much happens meanwhile. */
  touch(): void {
    this.touchSoon(this);
  }

  show(view: ViewMode): void {
    this.state.view = view;
    void this.refresh();
  }

  resized(): void {
    const { drawnWidth } = this.state;
    const width = this.app.root.clientWidth;
    if (Math.abs(width - drawnWidth) < 8) return;
    this.state.drawnWidth = width;
    this.redraw();
  }

  /** Move the timeline by hours, or the calendar by months; 0 is back to now. */
  shift(by: number): void {
    this.state.offset = by === 0 ? 0 : this.state.offset + by;
    void this.refresh();
  }

  showDay(day: Date): void {
    const noon = day.getTime() + 12 * HOUR;
    this.app.ui.tasks.setView("timeline");
    this.state.offset = Math.round((noon - Date.now()) / HOUR);
    void this.refresh();
  }

  private async refresh(): Promise<void> {
    const { state, app } = this;
    if (state.gone || state.paused || document.hidden || !app.session.ready || !app.ui?.can.timeline) return;
    try {
      const jobs: Promise<void>[] = [];
      if (app.options.mode === "page") jobs.push(this.loadRibbon());
      if (state.view === "timeline") jobs.push(this.loadTimeline());
      if (state.view === "calendar") jobs.push(this.loadCalendar());
      if (state.view !== "list") jobs.push(this.loadDrawing());
      await Promise.all(jobs);
      this.redraw();
    } catch (error) {
      if (error instanceof ApiError && error.missing) {
        app.ui.can.timeline = false;
        if (state.view !== "list") app.ui.tasks.setView("list");
      } else this.say(app.explain(error));
    }
  }

  /** A view that has nothing to show yet says why; an old picture stays. */
  private say(why: string): void {
    const { state, app } = this;
    const host = state.view === "list" ? null : app.refs[state.view];
    const drawn = state.view === "timeline" ? state.timeline : state.calendar;
    if (host && !drawn) host.replaceChildren(h("p", { class: "scheduler-quiet", role: "alert" }, why));
  }

  private async loadDrawing(): Promise<void> {
    this.state.draw ??= await this.app.importPanels();
  }

  private async loadRibbon(): Promise<void> {
    const now = Date.now();
    const half = HALF_HOUR_S * 1000;
    const start = Math.floor((now - 12 * HOUR) / half) * half;
    this.state.ribbon = dense(await this.app.api.timeline(iso(start), iso(start + DAY + half), HALF_HOUR_S));
  }

  private async loadTimeline(): Promise<void> {
    // Steps of five minutes: the server answers from what it counted for the same stretch of time before.
    const middle = Math.floor((Date.now() + this.state.offset * HOUR) / FIVE_MINUTES) * FIVE_MINUTES;
    this.state.timeline = await this.app.api.timeline(
      iso(middle - 12 * HOUR),
      iso(middle + 12 * HOUR),
      HALF_HOUR_S,
      true,
    );
  }

  private async loadCalendar(): Promise<void> {
    const { start, end } = monthSpan(this.state.offset);
    this.state.calendar = await this.app.api.timeline(iso(start), iso(end), DAY_S);
  }

  private redraw(): void {
    const { state, app } = this;
    const { ribbon, timeline, calendar } = app.refs;
    if (ribbon?.clientWidth && state.ribbon) drawRibbon(ribbon, state.ribbon, app.words, Date.now());
    if (timeline && state.timeline && state.view === "timeline") {
      state.draw?.drawTimeline(timeline, state.timeline, app, {
        shift: (by) => this.shift(by),
        moved: state.offset !== 0,
      });
    }
    if (calendar && state.calendar && state.view === "calendar") {
      state.draw?.drawCalendar(calendar, state.calendar, app.words, {
        month: monthSpan(state.offset).month,
        shift: (by) => this.shift(by),
        openDay: (day) => this.showDay(day),
      });
    }
  }
}

/** The server names only the buckets in which something happens; the ribbon has a place for each. */
function dense(timeline: Timeline): Timeline {
  const from = Date.parse(timeline.from);
  const step = timeline.bucket * 1000;
  const length = Math.round((Date.parse(timeline.to) - from) / step);
  const buckets: Bucket[] = Array.from({ length }, (_, at) => ({
    at: iso(from + at * step),
    succeeded: 0,
    failed: 0,
    running: 0,
    missed: 0,
    planned: 0,
  }));
  for (const bucket of timeline.buckets) {
    const at = Math.floor((Date.parse(bucket.at) - from) / step);
    if (buckets[at]) buckets[at] = bucket;
  }
  return { ...timeline, buckets };
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Whole weeks around a month, in the reader's zone. */
function monthSpan(offset: number): { month: Date; start: number; end: number } {
  const now = new Date();
  const month = new Date(now.getFullYear(), now.getMonth() + offset, 1);
  const start = new Date(month.getFullYear(), month.getMonth(), 1 - 7);
  const end = new Date(month.getFullYear(), month.getMonth() + 1, 1 + 7);
  return { month, start: start.getTime(), end: end.getTime() };
}

interface OverviewState {
  stop: () => void;
  view: ViewMode;
  offset: number;
  paused: boolean;
  gone: boolean;
  drawnWidth: number;
  resize: ResizeObserver | null;
  draw: typeof import("../panels") | null;
  ribbon: Timeline | null;
  timeline: Timeline | null;
  calendar: Timeline | null;
}

function inertState(): OverviewState {
  const state: OverviewState = {
    stop: () => {},
    view: "list",
    offset: 0,
    paused: false,
    gone: false,
    drawnWidth: 0,
    resize: null,
    draw: null,
    ribbon: null,
    timeline: null,
    calendar: null,
  };
  Object.defineProperty(state, "__v_skip", { value: true });
  return state;
}
