import type { Task } from "../store/model";
import type { TaskView } from "../store/task_view";
import type { Words } from "../words/en";
import { whileSeen } from "./heartbeat";
import { Row } from "./row";
import { type RowDetail, RowDetails } from "./row_details";
import { type OpenRow, RowGeometry } from "./row_geometry";

export type RowAction = "run" | "stop" | "edit" | "more" | "open";

export interface GridOptions {
  /** The element whose scrolling moves the rows: the page's main part, or the widget's own box. */
  scroller: HTMLElement;
  /** The element with the grid role; keys pressed in it move between rows. */
  grid: HTMLElement;
  /** Where rows go. Its top edge is where the first row would be. */
  body: HTMLElement;
  view: TaskView;
  words: Words;
  rowHeight: () => number;
  onAction: (action: RowAction, task: Task, anchor: HTMLElement) => void;
  /** Content of an open row. */
  makeDetail: (task: Task) => RowDetail;
}

const OVERSCAN = 6;
/** Rows that go to paper, where nothing can be scrolled; more than any screen shows. */
const MOST = 500;
const TICK_MS = 1_000;
const SLOW_TICKS = 20;

/**
 * The windowed table body: a pool of rows placed by transform over a spacer as tall as all tasks would be.
 * Rows stay in reading order in the DOM, a row is patched only when what it shows changed, and the focus
 * survives the recycling of the row that had it.
 */
export class TaskGrid {
  activeId: string | null = null;
  private readonly rows: Row[] = [];
  private first = 0;
  private geometry = new RowGeometry(1);
  private readonly details: RowDetails;
  private frame = 0;
  private ticks = 0;
  private lastChecked = -1;
  private readonly stopClock: () => void;
  private readonly resize: ResizeObserver;
  private readonly unsubscribe: () => void;

  constructor(private readonly options: GridOptions) {
    const { scroller, grid, body, view } = options;
    scroller.addEventListener("scroll", this.scheduleRender, { passive: true });
    grid.addEventListener("keydown", this.onKey);
    body.addEventListener("click", this.onClick);
    body.addEventListener("focusin", this.onFocus);
    this.details = new RowDetails(options.makeDetail, () => this.layout());
    this.resize = new ResizeObserver(() => this.layout());
    this.resize.observe(scroller);
    window.addEventListener("beforeprint", this.fill);
    window.addEventListener("afterprint", this.scheduleRender);
    this.unsubscribe = view.subscribe(() => this.scheduleRender());
    this.stopClock = whileSeen(TICK_MS, () => this.tick());
    this.layout();
  }

  dispose(): void {
    const { scroller, grid, body } = this.options;
    cancelAnimationFrame(this.frame);
    this.stopClock();
    this.resize.disconnect();
    this.details.dispose();
    this.unsubscribe();
    window.removeEventListener("beforeprint", this.fill);
    window.removeEventListener("afterprint", this.scheduleRender);
    scroller.removeEventListener("scroll", this.scheduleRender);
    grid.removeEventListener("keydown", this.onKey);
    body.removeEventListener("click", this.onClick);
    body.removeEventListener("focusin", this.onFocus);
  }

  /** Draw at the next frame, however often asked. */
  readonly scheduleRender = (): void => {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.layout());
  };

  private readonly fill = (): void => this.render(0, MOST * this.geometry.rowHeight);

  /** Place and patch the rows now. */
  layout(): void {
    this.frame = 0;
    const { scroller, body, view, rowHeight } = this.options;
    this.geometry = new RowGeometry(rowHeight(), this.openRows());
    // Read before anything is written: the other way round the browser would have to lay out twice.
    const box = scroller.getBoundingClientRect();
    const offset = box.top - body.getBoundingClientRect().top;
    const height = `${this.geometry.top(view.length)}px`;
    if (body.style.height !== height) body.style.height = height;
    this.render(Math.max(0, offset), box.height);
  }

  /** Make a row the active one, bring it into view and give it the focus. */
  focusPosition(position: number): void {
    const { view } = this.options;
    const task = view.taskAt(Math.max(0, Math.min(view.length - 1, position)));
    if (!task) return;
    this.activeId = task.uuid;
    this.reveal(view.positionOf(task.uuid));
    this.layout();
    this.rowOf(task.uuid)?.element.focus({ preventScroll: true });
  }

  focusActive(): void {
    const position = this.activeId ? this.options.view.positionOf(this.activeId) : 0;
    this.focusPosition(Math.max(0, position));
  }

  /** A row has the focus, or something in it; the grid has it for a row that is being recycled. */
  get focused(): boolean {
    const { grid, body } = this.options;
    return document.activeElement === grid || body.contains(document.activeElement);
  }

  /** Where no row has the focus, the active one gets it first. */
  move(by: number): void {
    if (!this.focused) {
      this.focusActive();
      return;
    }
    const { view } = this.options;
    const at = this.activeId ? view.positionOf(this.activeId) : -1;
    this.focusPosition(at < 0 ? 0 : at + by);
  }

  rowOf(id: string): Row | undefined {
    return this.rows.find((row) => row.task?.uuid === id && !row.element.hidden);
  }

  private *openRows(): Iterable<OpenRow> {
    const { view } = this.options;
    for (const id of view.expanded) {
      const position = view.positionOf(id);
      if (position >= 0) yield { position, extra: this.details.heightOf(id) };
    }
  }

  /** `offset` is how much of the body lies above what can be seen, `height` how much can be. */
  private render(offset: number, height: number): void {
    const { body, view } = this.options;
    const visible = Math.min(MOST, Math.ceil(height / this.geometry.rowHeight) + 1);
    const want = Math.min(view.length, visible + OVERSCAN * 2);
    while (this.rows.length < want) {
      const row = new Row(this.options.words);
      this.rows.push(row);
      body.append(row.element);
    }
    const start = this.geometry.positionAt(offset) - OVERSCAN;
    const first = Math.max(0, Math.min(start, view.length - this.rows.length));
    this.rotate(first - this.first);
    this.first = first;
    if (this.activeId === null || view.positionOf(this.activeId) < 0) {
      this.activeId = view.taskAt(0)?.uuid ?? null;
    }
    const now = Date.now();
    this.rows.forEach((row, at) => {
      this.place(row, first + at, now);
    });
    if (document.activeElement === this.options.grid && this.activeId) {
      this.rowOf(this.activeId)?.element.focus({ preventScroll: true });
    }
  }

  /** Recycle rows from one end to the other, so that those which stay in view keep their place in the DOM. */
  private rotate(by: number): void {
    const { body, grid } = this.options;
    if (by === 0 || Math.abs(by) >= this.rows.length) return;
    const moved = by > 0 ? this.rows.splice(0, by) : this.rows.splice(by);
    if (moved.some((row) => row.element.contains(document.activeElement)))
      grid.focus({ preventScroll: true });
    if (by > 0) {
      this.rows.push(...moved);
      body.append(...moved.map((row) => row.element));
    } else {
      this.rows.unshift(...moved);
      body.prepend(...moved.map((row) => row.element));
    }
  }

  private place(row: Row, position: number, now: number): void {
    const { view, words } = this.options;
    const task = view.taskAt(position);
    if (row.element.hidden !== !task) row.element.hidden = !task;
    if (!task) {
      row.task = null;
      row.setDetail(null);
      return;
    }
    const { element } = row;
    if (row.task && row.task.uuid !== task.uuid && element.contains(document.activeElement)) {
      this.options.grid.focus({ preventScroll: true });
    }
    const transform = `translateY(${this.geometry.top(position)}px)`;
    if (element.style.transform !== transform) element.style.transform = transform;
    const expanded = view.expanded.has(task.uuid);
    row.patch(task, {
      words,
      hueOf: this.hueOf,
      now,
      position,
      expanded,
      selected: view.selected.has(task.uuid),
      active: task.uuid === this.activeId,
    });
    row.setDetail(expanded ? this.details.elementFor(task) : null);
  }

  private reveal(position: number): void {
    const { scroller, body, grid } = this.options;
    const { rowHeight } = this.geometry;
    const box = scroller.getBoundingClientRect();
    const head = (grid.querySelector<HTMLElement>(".scheduler-head")?.offsetHeight ?? 0) + 4;
    const top = body.getBoundingClientRect().top - box.top + this.geometry.top(position);
    if (top < head) scroller.scrollTop += top - head;
    else if (top + rowHeight > box.height) scroller.scrollTop += top + rowHeight - box.height + 8;
  }

  private tick(): void {
    const running = this.rows.some((row) => row.task?.state === "running");
    if (running || ++this.ticks % SLOW_TICKS === 0) this.scheduleRender();
  }

  private readonly hueOf = (tag: string): number => this.options.view.table.hueOf(tag);

  private readonly onClick = (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    const row = this.rowAt(target);
    if (!row?.task || row.detail?.contains(target)) return;
    const control = target.closest<HTMLElement>("[data-action]");
    this.activeId = row.task.uuid;
    if (!control) {
      if (!target.closest("label")) row.element.focus({ preventScroll: true });
      this.scheduleRender();
      return;
    }
    const action = control.dataset.action!;
    if (action === "select") this.select(row, event.shiftKey);
    else if (action === "expand") this.toggleDetail(row.task.uuid);
    else this.options.onAction(action as RowAction, row.task, control);
  };

  private readonly onFocus = (event: FocusEvent): void => {
    const row = this.rowAt(event.target as HTMLElement);
    if (!row?.task || row.task.uuid === this.activeId) return;
    this.activeId = row.task.uuid;
    for (const other of this.rows) other.setActive(other === row);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.rowAt(target);
    if (row?.detail?.contains(target)) return;
    const by = this.stepOf(event.key);
    const own = row?.task && target === row.element ? row : null;
    if (by !== null) this.move(by);
    else if (event.key === "ArrowRight") row?.step(target, 1);
    else if (event.key === "ArrowLeft") row?.step(target, -1);
    else if (event.key === "Enter" && own) this.options.onAction("open", own.task!, own.element);
    else if (event.key === " " && own) this.select(own, event.shiftKey);
    else return;
    event.preventDefault();
  };

  /** How many rows a key moves on; null for any other key. */
  private stepOf(key: string): number | null {
    const page = Math.max(1, this.rows.length - OVERSCAN * 2 - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    return steps[key] ?? null;
  }

  toggleDetail(id: string): void {
    const { view } = this.options;
    if (view.expanded.has(id)) this.details.drop(id);
    view.toggleExpanded(id);
    this.layout();
  }

  private select(row: Row, range: boolean): void {
    const { view } = this.options;
    const task = row.task!;
    const on = !view.selected.has(task.uuid);
    if (range && this.lastChecked >= 0) view.toggleRange(this.lastChecked, row.position, on);
    else view.toggle(task.uuid, on);
    this.lastChecked = row.position;
  }

  private rowAt(target: HTMLElement): Row | undefined {
    const element = target.closest<HTMLElement>(".scheduler-row");
    return element ? this.rows.find((row) => row.element === element) : undefined;
  }
}
