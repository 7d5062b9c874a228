import type { Task } from "../store/model";
import type { App } from "./app";
import { inert } from "./dom";
import { openMenu } from "./menu";
import { awaitRowDetail } from "./row_detail_later";
import { type RowAction, TaskGrid } from "./task_grid";
import { taskMenu } from "./task_menus";

const NARROW_PX = 640;
const ROW_PX = { comfortable: 44, compact: 34 };
const CARD_PX = 104;

type KeyAction = "run" | "runWith" | "stop" | "edit" | "open" | "expand" | "delete";

/** The rows of the list, and what the pointer and the keys do with one of them. */
export class TaskRows {
  private grid: TaskGrid | null = null;
  private narrow = false;

  constructor(private readonly app: App) {
    inert(this);
  }

  /** Called once the markup is alive. */
  mount(): void {
    const { app } = this;
    const { refs } = app;
    this.grid = new TaskGrid({
      scroller: app.options.mode === "page" ? refs.main! : refs.scroll!,
      grid: refs.grid!,
      body: refs.body!,
      view: app.view,
      words: app.words,
      rowHeight: () => (this.narrow ? CARD_PX : ROW_PX[app.ui.look.density]),
      onAction: (action, task, anchor) => this.act(action, task, anchor),
      makeDetail: (task) => awaitRowDetail(app, task),
    });
  }

  dispose(): void {
    this.grid?.dispose();
    this.grid = null;
  }

  layout(): void {
    this.grid?.layout();
  }

  /** The view's width changed: narrow ones show cards. */
  measure(): void {
    const narrow = this.app.root.clientWidth <= NARROW_PX;
    if (narrow === this.narrow) return;
    this.narrow = narrow;
    this.layout();
  }

  get activeId(): string | null {
    return this.grid?.activeId ?? null;
  }

  focus(): void {
    this.grid?.focusActive();
  }

  /** The focus is in the list, on another task than this one, which it was on: it belongs there. */
  returnTo(taskId: string): boolean {
    const position = this.app.view.positionOf(taskId);
    if (!this.grid?.focused || this.activeId === taskId || position < 0) return false;
    this.grid.focusPosition(position);
    return true;
  }

  /** Whether a key pressed there is meant for the list. */
  has(target: HTMLElement): boolean {
    return this.app.refs.grid!.contains(target) || target === document.body;
  }

  /** These return false where there is nothing to do, so that the key keeps its usual meaning. */
  move(by: number): unknown {
    return this.shown && this.app.ui.tasks.shown > 0 && this.grid?.move(by);
  }

  onActive(action: KeyAction): unknown {
    const { app } = this;
    const task = this.activeId ? app.table.get(this.activeId) : null;
    if (!task || !this.shown) return false;
    // Nothing happens to a row that the reader was not shown to be at; what is selected is seen.
    const meansSelected = action === "delete" && app.ui.tasks.selectedCount > 1;
    if (!this.grid!.focused && !meansSelected) return void this.focus();
    if (action === "expand") return this.grid!.toggleDetail(task.uuid);
    if (action !== "open" && app.options.readOnly) return false;
    if (action === "delete") return void this.remove(task);
    if (action === "runWith") return app.ui.panel("runForm", "show", task.uuid);
    this.act(action, task, app.refs.grid!);
    return true;
  }

  private get shown(): boolean {
    const { ui } = this.app;
    return ui.tasks.view === "list" && ui.ready;
  }

  private act(action: RowAction, task: Task, anchor: HTMLElement): void {
    const { app } = this;
    if (action === "open") app.ui.openTask(task.uuid);
    else if (action === "more") openMenu(app.root, anchor, taskMenu(app, task));
    else if (app.options.readOnly) return;
    else if (action === "run") void app.runTask(task);
    else if (action === "stop") void app.stopTask(task);
    else app.ui.panel("editor", "edit", task.uuid);
  }

  /** The key deletes what is selected, if that is more than the row itself. */
  private async remove(task: Task): Promise<void> {
    const { app } = this;
    if (app.ui.tasks.selectedCount > 1) {
      app.ui.panel("bulk", "act", "delete");
      return;
    }
    const at = app.view.positionOf(task.uuid);
    await app.deleteTask(task);
    this.grid?.focusPosition(Math.min(at, app.view.length - 1));
  }
}
