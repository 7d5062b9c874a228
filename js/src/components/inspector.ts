import { joinCommand } from "../store/argv";
import type { Action, Run, RunState, Task } from "../store/model";
import { ACTIVE_RUN_STATES, BAD_RUN_STATES } from "../store/model";
import { ApiError } from "../transport/transport";
import { duration, fullTime, longTime, preciseTime, relativeTime } from "../words/times";
import type { App } from "./app";
import { drawDurations } from "./durations";
import { LogView } from "./log_view";
import { knownFires, nextFires } from "./next_fires";
import { foreignZone, scheduleWords } from "./schedule_words";

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

interface Fact {
  name: string;
  value: string;
  title: string;
}

const PAGE = 50;
const CHART_RUNS = 30;
const RESULT_LENGTH = 120;

/** The sheet that shows one task with its history, or one run with its log. */
export class Inspector {
  open = false;
  kind: "task" | "run" = "task";
  loading = false;
  message = "";
  title = "";
  state = "idle";
  stateWord = "";
  halted = "";
  waiting = "";
  taskId = "";
  runId = "";
  facts: Fact[] = [];
  fires: { key: string; at: string; in: string }[] = [];
  onlyBad = false;
  runs: RunRow[] = [];
  cursor: string | null = null;
  runsLoaded = false;
  medianWords = "";
  chartTitle = "";
  parameters: { name: string; value: string }[] = [];
  result = "";
  errorName = "";
  errorMessage = "";
  traceback = "";
  attempts: { id: string; label: string; current: boolean }[] = [];
  active = false;
  hasOutput = false;
  outputLinks: { href: string; label: string }[] = [];
  logEmpty = "";
  lineWords = "";
  following = true;
  wrap = true;
  private run: Run | null = null;
  private history: Run[] = [];
  private log: LogView | null = null;
  private logRead = false;
  private stopLog: (() => void) | null = null;
  private line: number | null = null;

  constructor(private readonly app: App) {}

  async showTask(id: string): Promise<void> {
    this.begin("task");
    this.taskId = id;
    this.runId = "";
    this.app.ui.sheetOpened({ kind: "task", id, line: null });
    const known = this.app.table.get(id);
    if (known) this.fillTask(known);
    this.loading = !known;
    try {
      const [task] = await Promise.all([this.app.api.task(id), this.loadRuns(true)]);
      if (this.taskId !== id || this.kind !== "task") return;
      this.fillTask(task);
      const fires = await nextFires(this.app, task);
      if (this.taskId === id && this.kind === "task") this.showFires(fires);
    } catch (error) {
      this.message =
        error instanceof ApiError && error.status === 404
          ? this.app.words.editor.gone
          : this.app.explain(error);
    } finally {
      this.loading = false;
    }
  }

  async showRun(id: string, line: number | null = null): Promise<void> {
    this.begin("run");
    this.runId = id;
    this.line = line;
    this.loading = true;
    this.app.ui.sheetOpened({ kind: "run", id, line });
    try {
      const run = await this.app.api.runById(id);
      if (this.runId !== id) return;
      this.taskId = run.task_id;
      this.fillRun(run);
      this.readLog();
      void this.loadAttempts(run);
    } catch (error) {
      this.message =
        error instanceof ApiError && error.status === 404
          ? this.app.words.runDetail.gone
          : this.app.explain(error);
    } finally {
      this.loading = false;
    }
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.endLog();
    this.app.ui.sheetClosed();
  }

  back(): void {
    void this.showTask(this.taskId);
  }

  /** Runs that changed, as the feed tells: keep the open sheet true. */
  apply(runs: Run[]): void {
    if (!this.open) return;
    if (this.kind === "run") {
      const changed = runs.find((run) => run.id === this.runId);
      if (changed) this.fillRun({ ...this.run, ...changed });
      return;
    }
    const mine = runs.filter((run) => run.task_id === this.taskId);
    if (mine.length === 0) return;
    for (const run of mine) {
      const at = this.history.findIndex((known) => known.id === run.id);
      if (at >= 0) this.history[at] = run;
      else if (!this.onlyBad || BAD_RUN_STATES.has(run.state)) this.history.unshift(run);
    }
    this.showHistory();
  }

  taskChanged(): void {
    const task = this.open && this.kind === "task" ? this.app.table.get(this.taskId) : null;
    if (task) this.fillTask(task, false);
  }

  setOnlyBad(on: boolean): void {
    this.onlyBad = on;
    void this.loadRuns(true);
  }

  async loadRuns(fresh: boolean): Promise<void> {
    const id = this.taskId;
    const answer = await this.app.api.runs({
      task_id: id,
      limit: PAGE,
      cursor: fresh ? undefined : (this.cursor ?? undefined),
      state: this.onlyBad ? [...BAD_RUN_STATES].join(",") : undefined,
    });
    if (this.taskId !== id) return;
    this.history = fresh ? answer.runs : [...this.history, ...answer.runs];
    this.cursor = answer.next_cursor;
    this.runsLoaded = true;
    this.showHistory();
  }

  runIt(): void {
    const task = this.app.table.get(this.taskId);
    if (task) void this.app.runTask(task);
  }

  async stop(): Promise<void> {
    if (this.kind === "task") {
      const task = this.app.table.get(this.taskId);
      if (task) await this.app.stopTask(task);
      return;
    }
    try {
      await this.app.api.cancel(this.runId);
      this.app.ui.toasts.show(this.app.words.stopping(this.title));
      this.app.session.feed.hurry();
    } catch (error) {
      this.app.fail(this.app.words.stop, error);
    }
  }

  editIt(): void {
    const id = this.taskId;
    this.close();
    void this.app.ui.editor.edit(id);
  }

  rerun(): void {
    void this.app.ui.runForm.show(this.taskId, this.run?.parameters);
  }

  resetIt(): void {
    const task = this.app.table.get(this.taskId);
    if (task) void this.app.resetTask(task);
  }

  /** Opens the run's output where JupyterLab shows it, tied to the kernel if that still lives. */
  openOutput(): void {
    if (this.run?.context_id) void this.app.ui.contexts.act(this.run.context_id, "open", this.run.id);
  }

  /** The output as a page to read or send on, and as the file it is. */
  private linksTo(run: Run): { href: string; label: string }[] {
    const { runDetail: names } = this.app.words;
    const page = `api/runs/${encodeURIComponent(run.id)}/output?format=html`;
    const targets = run.output_path?.endsWith(".ipynb")
      ? [
          { path: page, label: names.report },
          { path: `${page}&hide_input=true`, label: names.reportWithoutCode },
        ]
      : [];
    if (run.output_path)
      targets.push({
        path: `api/runs/${encodeURIComponent(run.id)}/output?download=true`,
        label: names.download,
      });
    return targets.flatMap(({ path, label }) => {
      const href = this.app.session.transport.link(path);
      return href === null ? [] : [{ href, label }];
    });
  }

  copyLink(): void {
    this.app.ui.copyLink();
  }

  toggleFollow(): void {
    this.following = !this.following;
    if (this.log) {
      this.log.follow = this.following;
      if (this.following) this.log.element.scrollTop = this.log.element.scrollHeight;
    }
  }

  private begin(kind: Inspector["kind"]): void {
    this.endLog();
    this.kind = kind;
    this.open = true;
    this.app.ui.focusLater(() => this.app.refs.inspectorTitle);
    this.message = "";
    this.title = "";
    this.facts = [];
    this.fires = [];
    this.parameters = [];
    this.result = "";
    this.errorName = "";
    this.errorMessage = "";
    this.traceback = "";
    this.attempts = [];
    this.halted = "";
    this.waiting = "";
    this.hasOutput = false;
    this.run = null;
    if (kind === "task") {
      this.runs = [];
      this.history = [];
      this.runsLoaded = false;
      this.onlyBad = false;
      this.cursor = null;
      this.medianWords = "";
      this.chartTitle = "";
    }
  }

  private fillTask(task: Task, whole = true): void {
    const { words } = this.app;
    this.title = task.name;
    this.state = task.state;
    this.stateWord = words.states[task.state];
    this.halted = task.halted ?? "";
    const waiting = task.waiting_for_server;
    this.waiting = waiting ? words.waitingForServer(waiting.label, fullTime(waiting.since)) : "";
    this.active = task.state === "running";
    const zone = foreignZone(task);
    const facts: Fact[] = [{ name: words.task.schedule, value: scheduleWords(task, words), title: "" }];
    if (zone) facts.push({ name: words.editor.zoneLabel, value: zone, title: "" });
    if (task.action) facts.push({ name: words.task.action, value: actionWords(task.action), title: "" });
    if (task.tags.length > 0) facts.push({ name: words.editor.tags, value: task.tags.join(", "), title: "" });
    if (task.description) facts.push({ name: words.editor.description, value: task.description, title: "" });
    if (whole || task.action) this.facts = facts;
    if (whole || this.fires.length <= 1) this.showFires(knownFires(task));
  }

  private showFires(fires: string[]): void {
    this.fires = fires.map((fire, at) => ({
      key: `${fire}/${at}`,
      at: longTime(fire),
      in: relativeTime(fire, this.app.words.relative),
    }));
  }

  private showHistory(): void {
    this.runs = this.history.map((run) => this.rowOf(run));
    const recent = this.history
      .filter((run) => run.duration !== null)
      .slice(0, CHART_RUNS)
      .reverse();
    const median = drawDurations(this.app.refs.durations, recent, this.app.words);
    this.chartTitle = recent.length > 0 ? this.app.words.task.durationTitle(recent.length) : "";
    this.medianWords = median === null ? "" : this.app.words.task.median(duration(median));
  }

  private rowOf(run: Run): RunRow {
    const { words } = this.app;
    const at = run.started_at ?? run.fire_time ?? run.queued_at;
    const result = run.error ? `${run.error.name}: ${run.error.message}` : (run.result ?? run.reason ?? "");
    return {
      id: run.id,
      state: run.state,
      stateWord: words.runStates[run.state],
      started: at ? longTime(at) : "",
      startedTitle: at ? fullTime(at) : "",
      took: run.duration === null ? "" : duration(run.duration),
      origin: words.origins[run.origin] ?? run.origin,
      result: String(result).slice(0, RESULT_LENGTH),
    };
  }

  private fillRun(run: Run): void {
    const { words } = this.app;
    const names = words.runDetail;
    this.run = run;
    this.title = run.task_name;
    this.state = run.state;
    this.stateWord = words.runStates[run.state];
    this.active = ACTIVE_RUN_STATES.has(run.state);
    const time = (name: string, iso: string | null): Fact[] =>
      iso
        ? [{ name, value: longTime(iso).replace(/[^,]*$/, ` ${preciseTime(iso)}`), title: fullTime(iso) }]
        : [];
    this.facts = [
      ...time(names.fire, run.fire_time),
      ...time(names.started, run.started_at),
      ...time(names.finished, run.finished_at),
      ...(run.duration === null ? [] : [{ name: names.duration, value: duration(run.duration), title: "" }]),
      { name: names.origin, value: words.origins[run.origin] ?? run.origin, title: "" },
      ...(run.attempt > 1 ? [{ name: names.attempt, value: String(run.attempt), title: "" }] : []),
      ...(run.reason ? [{ name: names.reason, value: run.reason, title: "" }] : []),
    ];
    this.parameters = Object.entries(run.parameters ?? {}).map(([name, value]) => ({
      name,
      value: typeof value === "string" ? value : JSON.stringify(value),
    }));
    this.result = run.result === null || run.result === undefined ? "" : String(run.result);
    this.errorName = run.error?.name ?? "";
    this.errorMessage = run.error?.message ?? "";
    this.traceback = tracebackText(run.error?.traceback);
    this.hasOutput = Boolean(run.output_path) && this.app.session.transport.link("") !== null;
    this.outputLinks = this.linksTo(run);
    this.sayLog();
  }

  /** What stands in place of the log, if anything: it may be still to come, or there may be nothing in it. */
  private sayLog(): void {
    const { readingLog, noLog, noLogDone } = this.app.words.runDetail;
    this.logEmpty = this.log?.length ? "" : !this.logRead ? readingLog : this.active ? noLog : noLogDone;
  }

  private readLog(): void {
    this.endLog();
    const host = this.app.refs.log;
    if (!host) return;
    this.following = this.line === null;
    const log = new LogView(host, this.app.words, (line) => this.app.ui.lineChosen(line));
    log.clear();
    log.follow = this.following;
    this.log = log;
    let wanted = this.line;
    this.stopLog = this.app.session.feed.followLog(this.runId, 0, (entries) => {
      log.append(entries);
      this.lineWords = log.length ? this.app.words.runDetail.lines(log.length) : "";
      this.logRead = true;
      this.sayLog();
      if (wanted !== null && log.length >= wanted) {
        log.mark(wanted);
        wanted = null;
      }
    });
  }

  private endLog(): void {
    this.stopLog?.();
    this.stopLog = null;
    this.log = null;
    this.logRead = false;
    this.lineWords = "";
  }

  /** Other attempts at the same fire. */
  private async loadAttempts(run: Run): Promise<void> {
    if (!run.key && run.attempt <= 1) return;
    try {
      const { runs } = await this.app.api.runs({ task_id: run.task_id, limit: 100 });
      const same = runs.filter((other) => other.fire_time === run.fire_time && other.key === run.key);
      if (same.length < 2 || this.runId !== run.id) return;
      this.attempts = same
        .sort((a, b) => a.attempt - b.attempt)
        .map((other) => ({
          id: other.id,
          label: `${other.attempt}. ${this.app.words.runStates[other.state]}`,
          current: other.id === run.id,
        }));
    } catch {
      // The run itself is on the screen; its siblings are a courtesy.
    }
  }
}

export function actionWords(action: Action): string {
  // The list carries only a label of what a task does.
  const { label } = action as { label?: string };
  if (label !== undefined) return label;
  if (action.kind === "notebook") return action.path;
  if (action.kind === "command") return joinCommand(action.argv);
  return (
    (action.kind === "prompt" ? action.prompt : action.source).split("\n").find((line) => line.trim()) ?? ""
  );
}

function tracebackText(traceback: string | string[] | null | undefined): string {
  const text = Array.isArray(traceback) ? traceback.join("\n") : (traceback ?? "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours of the kernel's traceback
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}
