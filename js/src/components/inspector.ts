import type { Run, Task } from "../store/model";
import { ACTIVE_RUN_STATES } from "../store/model";
import { ApiError } from "../transport/transport";
import { fullTime, longTime, relativeTime } from "../words/times";
import type { App } from "./app";
import { type Fact, outputPaths, parameterRows, runFacts, taskFacts, tracebackText } from "./facts";
import { whileSeen } from "./heartbeat";
import { knownFires, nextFires } from "./next_fires";
import { RunHistory } from "./run_history";
import { RunLog } from "./run_log";

const TICK_MS = 1_000;

/** The sheet that shows one task with its history, or one run with its log. */
export class Inspector {
  open = false;
  kind: "task" | "run" = "task";
  loading = false;
  message = "";
  /** What is not there (any more): the task, or the run itself. */
  lost: "" | "task" | "run" = "";
  title = "";
  state = "idle";
  stateWord = "";
  halted = "";
  waiting = "";
  taskId = "";
  runId = "";
  facts: Fact[] = [];
  fires: { key: string; at: string; in: string }[] = [];
  parameters: { name: string; value: string }[] = [];
  result = "";
  errorName = "";
  errorMessage = "";
  traceback = "";
  attempts: { id: string; label: string; current: boolean }[] = [];
  active = false;
  /** How far the run says it is, from 0 to 1; null while it says nothing. */
  progress: number | null = null;
  hasOutput = false;
  outputLinks: { href: string; label: string }[] = [];
  readonly history: RunHistory;
  readonly log: RunLog;
  private run: Run | null = null;
  private stopClock = (): void => {};

  constructor(private readonly app: App) {
    this.history = new RunHistory(app);
    this.log = new RunLog(app);
  }

  async showTask(id: string): Promise<void> {
    this.begin("task");
    this.taskId = id;
    this.runId = "";
    this.app.ui.sheets.opened({ kind: "task", id, line: null });
    const known = this.app.table.get(id);
    if (known) this.fillTask(known);
    this.loading = !known;
    try {
      const [task] = await Promise.all([this.app.api.task(id), this.history.begin(id)]);
      if (this.taskId !== id || this.kind !== "task") return;
      this.fillTask(task);
      const fires = await nextFires(this.app, task);
      if (this.taskId === id && this.kind === "task") this.showFires(fires);
    } catch (error) {
      if (this.taskId === id && this.kind === "task") this.fail(error);
    } finally {
      this.loading = false;
    }
  }

  async showRun(id: string, line: number | null = null): Promise<void> {
    this.begin("run");
    this.runId = id;
    this.taskId = "";
    this.loading = true;
    this.app.ui.sheets.opened({ kind: "run", id, line });
    try {
      const run = await this.app.api.runById(id);
      if (this.runId !== id) return;
      this.taskId = run.task_id;
      this.fillRun(run);
      this.log.start(id, line);
      this.log.setActive(this.active);
      this.stopClock();
      this.stopClock = whileSeen(TICK_MS, () => this.tick());
      void this.loadAttempts(run);
    } catch (error) {
      if (this.runId === id) this.fail(error);
    } finally {
      this.loading = false;
      this.taskChanged();
    }
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    this.rest();
    this.app.ui.sheets.closed();
  }

  back(): void {
    void this.showTask(this.taskId);
  }

  again(): void {
    if (this.kind === "task") void this.showTask(this.taskId);
    else void this.showRun(this.runId);
  }

  get lostTitle(): string {
    const { missing } = this.app.words;
    if (this.kind === "run") return missing.runTitle;
    return this.title ? missing.titleOf(this.title) : missing.title;
  }

  get lostText(): string {
    const { missing } = this.app.words;
    return this.kind === "run" ? missing.runText : missing.text;
  }

  bringBack(): void {
    void this.app.restoreTask(this.taskId);
  }

  /** Runs that changed, as the feed tells: keep the open sheet true. */
  apply(runs: Run[]): void {
    if (!this.open) return;
    if (this.kind === "task") {
      this.history.apply(runs);
      return;
    }
    const changed = runs.find((run) => run.id === this.runId);
    if (changed) this.fillRun({ ...this.run, ...changed });
  }

  taskChanged(): void {
    if (!this.open || !this.taskId || this.loading || !this.app.session.ready) return;
    const task = this.app.table.get(this.taskId);
    if (!task) this.lost ||= "task";
    else if (this.lost === "task") this.found();
    else if (this.kind === "task") this.fillTask(task, false);
    else this.progress = task.active_runs?.find((run) => run.id === this.runId)?.progress ?? this.progress;
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

  copyLink(): void {
    this.app.ui.copyLink();
  }

  private begin(kind: Inspector["kind"]): void {
    this.rest();
    this.kind = kind;
    this.open = true;
    this.app.ui.focusLater(() => this.app.refs.inspectorTitle);
    this.message = "";
    this.lost = "";
    this.title = "";
    this.stateWord = "";
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
    this.progress = null;
    this.run = null;
  }

  private rest(): void {
    this.log.end();
    this.stopClock();
  }

  private fail(error: unknown): void {
    if (error instanceof ApiError && error.status === 404) this.lost = this.kind;
    else this.message = this.app.explain(error);
  }

  /** The deletion was undone. */
  private found(): void {
    this.lost = "";
    if (this.kind === "task") void this.showTask(this.taskId);
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
    if (whole || task.action) this.facts = taskFacts(task, words);
    if (whole || this.fires.length <= 1) this.showFires(knownFires(task));
  }

  private showFires(fires: string[]): void {
    this.fires = fires.map((fire, at) => ({
      key: `${fire}/${at}`,
      at: longTime(fire),
      in: relativeTime(fire, this.app.words.relative),
    }));
  }

  private fillRun(run: Run): void {
    const { words, session } = this.app;
    this.run = run;
    this.title = run.task_name;
    this.state = run.state;
    this.stateWord = words.runStates[run.state];
    this.active = ACTIVE_RUN_STATES.has(run.state);
    this.progress = run.progress ?? this.progress;
    this.facts = runFacts(run, words, Date.now());
    this.parameters = parameterRows(run);
    this.result = run.result === null || run.result === undefined ? "" : String(run.result);
    this.errorName = run.error?.name ?? "";
    this.errorMessage = run.error?.message ?? "";
    this.traceback = tracebackText(run.error?.traceback);
    this.hasOutput = Boolean(run.output_path) && session.transport.link("") !== null;
    this.outputLinks = outputPaths(run, words).flatMap(({ path, label }) => {
      const href = session.transport.link(path);
      return href === null ? [] : [{ href, label }];
    });
    this.log.setActive(this.active);
  }

  /** How long the run has been going on grows by itself. */
  private tick(): void {
    if (this.run && this.active) {
      this.facts = runFacts(this.run, this.app.words, Date.now());
    }
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
