import Alpine from "@alpinejs/csp";
import type { TaskState } from "../store/model";
import { readPreferences, writePreferences } from "../store/preferences";
import type { ViewMode } from "../store/route";
import { DEFAULT_SORT, type Filter, NO_FILTER, type Sort, type SortKey } from "../store/task_view";
import { briefTime } from "../words/times";
import type { App } from "./app";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the list shows: how it is narrowed and sorted, which of its three views is open, and the counts around it. */
export class TaskList {
  view: ViewMode = "list";
  filter: Filter = { ...NO_FILTER };
  sort: Sort = { ...DEFAULT_SORT };
  counts = { all: 0, idle: 0, running: 0, error: 0, disabled: 0 };
  summary = { nextName: "", nextAt: "", nextId: "" };
  tags: string[] = [];
  shown = 0;
  selectedCount = 0;
  /** Why there is no task at all: none was made, the one of this widget is not there, or none fits its filter. */
  nothing: "" | "none" | "gone" | "unmatched" = "";
  /** What the task of this widget was called, or how it was asked for. */
  goneTitle = "";

  constructor(private readonly app: App) {}

  get attentionWords(): string {
    return this.app.words.attention(this.counts.error);
  }

  get shownWords(): string {
    const { words } = this.app;
    return this.shown === this.counts.all
      ? words.taskCount(this.shown)
      : words.shownOf(this.shown, this.counts.all);
  }

  get selectedWords(): string {
    return this.app.words.bulk.selected(this.selectedCount);
  }

  get selectAllWords(): string {
    return this.app.words.bulk.selectAll(this.shown);
  }

  ariaSort(key: SortKey): string {
    if (this.sort.key !== key) return "none";
    return this.sort.descending ? "descending" : "ascending";
  }

  applyFilter(): void {
    const { view, options, ui } = this.app;
    view.setFilter(this.app.plain(this.filter));
    if (options.mode === "page") writePreferences({ context: this.filter.context });
    ui.address.write();
    ui.overview.touch();
  }

  setState(state: TaskState | ""): void {
    this.filter.state = this.filter.state === state ? "" : state;
    this.applyFilter();
  }

  clearFilter(): void {
    this.filter = { ...NO_FILTER };
    this.applyFilter();
    this.focusSearch();
  }

  sortBy(key: SortKey): void {
    const again = this.sort.key === key;
    // Third click: back to what needs attention first.
    this.setSort(again && this.sort.descending ? { ...DEFAULT_SORT } : { key, descending: again });
  }

  setSort(sort: Sort): void {
    this.sort = sort;
    this.app.view.setSort({ ...sort });
    this.app.ui.address.write();
  }

  setView(view: ViewMode): void {
    const { ui } = this.app;
    this.view = view;
    ui.address.write();
    ui.overview.show(view);
    if (view === "list") Alpine.nextTick(() => ui.rows.layout());
  }

  toggleAll(event: Event): void {
    if ((event.target as HTMLInputElement).checked) this.selectAll();
    else this.clearSelection();
  }

  selectAll(): void {
    this.app.view.selectAll();
  }

  clearSelection(): void {
    this.app.view.clearSelection();
  }

  focusSearch(): void {
    const search = this.app.refs.search as HTMLInputElement;
    search.focus();
    search.select();
  }

  leaveSearch(event: KeyboardEvent): void {
    event.preventDefault();
    if (this.filter.q) {
      this.filter.q = "";
      this.applyFilter();
    } else this.app.ui.rows.focus();
  }

  saveView(name: string): void {
    const views = readPreferences().views.filter((view) => view.name !== name);
    const { plain } = this.app;
    writePreferences({ views: [...views, { name, filter: plain(this.filter), sort: plain(this.sort) }] });
  }

  useView(filter: Filter, sort: Sort): void {
    this.filter = { ...NO_FILTER, ...filter };
    this.applyFilter();
    this.setSort(sort);
  }

  showContext(id: string): void {
    this.filter = { ...NO_FILTER, context: id };
    this.applyFilter();
    this.app.ui.tabs.select("scheduler");
  }

  /** Leave behind what is not there: every task, whatever the filters were. */
  seeAll(): void {
    const { ui, options } = this.app;
    if (options.taskId) {
      options.showAll?.();
      return;
    }
    ui.inspector.close();
    ui.tabs.select("scheduler");
    this.clearFilter();
  }

  bringBack(): void {
    void this.app.restoreTask(this.app.options.taskId!);
  }

  /** Bring the counts and totals up to what the view holds. */
  synchronise(): void {
    const { view, table, refs, options } = this.app;
    Object.assign(this.counts, view.counts());
    this.nothing = this.whyNothing();
    if (options.taskId) this.goneTitle = this.nameGone(table.get(options.taskId)?.name);
    this.shown = view.length;
    this.selectedCount = view.selected.size;
    const next = table.next();
    this.summary.nextName = next?.name ?? "";
    this.summary.nextId = next?.uuid ?? "";
    this.summary.nextAt = next?.next_run ? briefTime(next.next_run) : "";
    const tags = table.tags().map(([tag]) => tag);
    if (tags.join() !== this.tags.join()) this.tags = tags;
    const all = refs.all as HTMLInputElement | undefined;
    if (!all) return;
    all.checked = this.selectedCount > 0 && this.selectedCount >= this.shown;
    all.indeterminate = this.selectedCount > 0 && !all.checked;
  }

  private whyNothing(): TaskList["nothing"] {
    if (this.counts.all > 0) return "";
    if (this.app.options.taskId) return "gone";
    return this.app.view.scoped ? "unmatched" : "none";
  }

  /** A task's last known name; before any was known, what stands in the widget, unless that is an id. */
  private nameGone(name: string | undefined): string {
    const { words, options } = this.app;
    if (name !== undefined) return words.missing.titleOf(name);
    if (this.goneTitle) return this.goneTitle;
    return ID.test(options.taskId!) ? words.missing.title : words.missing.titleOf(options.taskId!);
  }
}
