import type { Run, RunState } from "../store/model";
import { BAD_RUN_STATES } from "../store/model";
import type { Words } from "../words/en";
import { duration, fullTime, mediumTime } from "../words/times";
import type { App } from "./app";
import { drawDurations } from "./durations";

interface RunRow {
  id: string;
  state: RunState;
  stateWord: string;
  started: string;
  startedTitle: string;
  took: string;
  origin: string;
  result: string;
}

const PAGE = 50;
const CHART_RUNS = 30;
const RESULT_LENGTH = 120;

/** The runs of one task, newest first: a table that grows by pages, and how long the last ones took. */
export class RunHistory {
  rows: RunRow[] = [];
  onlyBad = false;
  loaded = false;
  cursor: string | null = null;
  chartTitle = "";
  medianWords = "";
  private taskId = "";
  private runs: Run[] = [];

  constructor(private readonly app: App) {}

  /** Forget the task before, and read this one's. */
  begin(taskId: string): Promise<void> {
    this.taskId = taskId;
    this.rows = [];
    this.runs = [];
    this.onlyBad = false;
    this.loaded = false;
    this.cursor = null;
    this.chartTitle = "";
    this.medianWords = "";
    return this.load(true);
  }

  setOnlyBad(on: boolean): void {
    this.onlyBad = on;
    void this.load(true);
  }

  /** The first page anew, or the next one. */
  async load(fresh: boolean): Promise<void> {
    const id = this.taskId;
    const answer = await this.app.api.runs({
      task_id: id,
      limit: PAGE,
      cursor: fresh ? undefined : (this.cursor ?? undefined),
      state: this.onlyBad ? [...BAD_RUN_STATES].join(",") : undefined,
    });
    if (this.taskId !== id) return;
    this.runs = fresh ? answer.runs : [...this.runs, ...answer.runs];
    this.cursor = answer.next_cursor;
    this.loaded = true;
    this.show();
  }

  /** Runs that changed, as the feed tells. */
  apply(runs: Run[]): void {
    const mine = runs.filter((run) => run.task_id === this.taskId);
    if (mine.length === 0) return;
    for (const run of mine) {
      const at = this.runs.findIndex((known) => known.id === run.id);
      if (at >= 0) this.runs[at] = run;
      else if (!this.onlyBad || BAD_RUN_STATES.has(run.state)) this.runs.unshift(run);
    }
    this.show();
  }

  private show(): void {
    const { words, refs } = this.app;
    this.rows = this.runs.map((run) => rowOf(run, words));
    const recent = this.runs
      .filter((run) => run.duration !== null)
      .slice(0, CHART_RUNS)
      .reverse();
    const median = drawDurations(refs.durations, recent, words);
    this.chartTitle = recent.length > 0 ? words.task.durationTitle(recent.length) : "";
    this.medianWords = median === null ? "" : words.task.median(duration(median));
  }
}

function rowOf(run: Run, words: Words): RunRow {
  const at = run.started_at ?? run.fire_time ?? run.queued_at;
  const result = run.error ? `${run.error.name}: ${run.error.message}` : (run.result ?? run.reason ?? "");
  return {
    id: run.id,
    state: run.state,
    stateWord: words.runStates[run.state],
    started: at ? mediumTime(at) : "",
    startedTitle: at ? fullTime(at) : "",
    took: run.duration === null ? "" : duration(run.duration),
    origin: words.origins[run.origin] ?? run.origin,
    result: String(result).slice(0, RESULT_LENGTH),
  };
}
