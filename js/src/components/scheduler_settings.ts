import Alpine from "@alpinejs/csp";
import type { Panels } from "../panels";
import type { Banner, Task, TaskState } from "../store/model";
import { COLUMNS, type ColumnKey, readPreferences, writePreferences } from "../store/preferences";
import { type Route, TABS, type Tab, type ViewMode } from "../store/route";
import { DEFAULT_SORT, type Filter, NO_FILTER, type Sort, type SortKey } from "../store/task_view";
import type { LiveState } from "../transport/live";
import { briefTime, clockTime, count } from "../words/times";
import { AccessPanel } from "./access_panel";
import { AddressBar } from "./address_bar";
import type { App } from "./app";
import type { Bulk } from "./bulk";
import { Contexts } from "./contexts";
import { firstControl, matchDialog } from "./dialog_element";
import { h } from "./dom";
import type { Editor } from "./editor";
import { HeldKeys } from "./held_keys";
import type { Inspector } from "./inspector";
import { handleKey } from "./keyboard";
import { openMenu } from "./menu";
import { NotificationsPanel } from "./notifications_panel";
import { Overview } from "./overview";
import type { Palette } from "./palette";
import { awaitRowDetail } from "./row_detail_later";
import type { RunForm } from "./run_form";
import { StatusPanel } from "./status_panel";
import { type RowAction, TaskGrid } from "./task_grid";
import { columnMenu, newTaskMenu, taskMenu } from "./task_menus";
import type { Templates } from "./templates";
import { Toasts } from "./toasts";
import type { TokenBox } from "./token_box";
import type { Transfer } from "./transfer";

const NARROW_PX = 640;
const ROW_PX = { comfortable: 44, compact: 34 };
const CARD_PX = 104;
const SLOW_MS = 1_500;
/** Marks when the rows were there, for whoever measures. */
const FIRST_ROWS = "scheduler-first-rows";

let serial = 0;

/** The root component: what the list shows, which tab and sheet are open, and the address that says so. */
export class SchedulerSettings {
  mode: "page" | "widget" = "page";
  readOnly = false;
  executors: string[] = [];
  /** The page lies in another application, such as JupyterLab. */
  embedded = false;
  tab: Tab = "scheduler";
  activeTab: Tab = "scheduler";
  view: ViewMode = "list";
  live: LiveState = "connecting";
  ready = false;
  loadError = "";
  staleWords = "";
  banners: Banner[] = [];
  /** As the server told them last; they follow what happens to it. */
  private serverBanners: Banner[] = [];
  counts = { all: 0, idle: 0, running: 0, error: 0, disabled: 0 };
  summary = { nextName: "", nextAt: "", nextId: "" };
  filter: Filter = { ...NO_FILTER };
  sort: Sort = { ...DEFAULT_SORT };
  shown = 0;
  selectedCount = 0;
  tags: string[] = [];
  density: "comfortable" | "compact" = "comfortable";
  columns: ColumnKey[] = [];
  can = { timeline: true, templates: true, attachments: true, transfer: true };
  sheet: Route["sheet"] = null;

  readonly toasts = new Toasts();
  readonly contexts: Contexts;
  readonly status: StatusPanel;
  readonly access: AccessPanel;
  readonly notifications: NotificationsPanel;
  readonly overview: Overview;
  readonly held: HeldKeys;
  private readonly address: AddressBar;
  /** The sheets and dialogs are there; what follows comes with them, from a bundle of its own. */
  panelled = false;
  declare editor: Editor;
  declare inspector: Inspector;
  declare runForm: RunForm;
  declare token: TokenBox;
  declare bulk: Bulk;
  declare palette: Palette;
  declare transfer: Transfer;
  declare templates: Templates;

  declare $refs: Record<string, HTMLElement>;
  private readonly uid = `scheduler-${++serial}`;

  constructor(private readonly app: App) {
    this.contexts = new Contexts(app);
    this.status = new StatusPanel(app);
    this.access = new AccessPanel(app);
    this.notifications = new NotificationsPanel(app);
    this.held = new HeldKeys(app.root);
    this.overview = new Overview(app);
    this.address = new AddressBar(app);
    hide(this, "grid", "undo", "frame", "slow", "narrow", "lastFocus", "installing");
  }

  // Set by hide(): what Alpine need not watch.
  declare private grid: TaskGrid | null;
  declare private undo: (() => void)[];
  declare private frame: number;
  declare private slow: ReturnType<typeof setTimeout> | undefined;
  declare private narrow: boolean;
  declare private lastFocus: string | null;
  declare private installing: Promise<Panels> | undefined;

  /** Called by Alpine once the markup is alive. */
  init(): void {
    const { app } = this;
    app.ui = this;
    app.refs = this.$refs;
    this.mode = app.options.mode;
    this.readOnly = app.options.readOnly;
    this.embedded = app.options.surroundings !== undefined;
    const preferences = readPreferences();
    this.density = app.options.mode === "widget" ? "compact" : preferences.density;
    this.columns = preferences.columns;
    this.applyLook();
    this.undo = [
      app.view.subscribe(() => this.scheduleSync()),
      app.session.observe({
        state: (state) => this.liveChanged(state),
        loaded: (error) => {
          this.loadError = error ? app.explain(error) : "";
          this.synchronise();
          if (error === null) this.arrive();
        },
        runs: (runs) => {
          if (this.panelled) this.inspector.apply(runs);
          this.overview.touch();
          if (this.mode === "page") this.notifications.browser.saw(runs);
        },
        contexts: () => this.contexts.changed(),
        banners: (banners) => {
          this.serverBanners = banners;
          this.showBanners();
        },
      }),
    ];
    this.grid = new TaskGrid({
      scroller: this.mode === "page" ? this.$refs.main! : this.$refs.scroll!,
      grid: this.$refs.grid!,
      body: this.$refs.body!,
      view: app.view,
      words: app.words,
      rowHeight: () => (this.narrow ? CARD_PX : ROW_PX[this.density]),
      onAction: (action, task, anchor) => this.act(action, task, anchor),
      makeDetail: (task) => awaitRowDetail(app, task),
    });
    const resize = new ResizeObserver(() => this.measure());
    resize.observe(app.root);
    this.undo.push(() => resize.disconnect());
    this.measure();
    this.listen();
    if (this.mode === "page") this.undo.push(this.address.follow());
    const unobserve = app.options.surroundings?.observe(() => {
      if (this.panelled && this.editor.open) this.editor.lookAround();
    });
    if (unobserve) this.undo.push(unobserve);
    this.liveChanged(app.session.feed.state);
    this.synchronise();
    if (app.session.ready) this.arrive();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.slow);
    for (const undo of this.undo) undo();
    this.overview.dispose();
    if (this.panelled) {
      this.inspector.close();
      this.editor.dispose();
    }
    this.grid?.dispose();
    this.grid = null;
  }

  // Words that depend on what is shown

  get liveWord(): string {
    return this.app.words.live[this.live];
  }

  get liveHelp(): string {
    return this.app.words.liveHelp[this.live];
  }

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

  get columnsKey(): string {
    return this.columns.join(" ");
  }

  number(value: number): string {
    return count(value);
  }

  ariaSort(key: SortKey): string {
    if (this.sort.key !== key) return "none";
    return this.sort.descending ? "descending" : "ascending";
  }

  fieldId(path: string): string {
    return `${this.uid}-${path.replaceAll(".", "-")}`;
  }

  noteId(path: string): string {
    return `${this.fieldId(path)}-note`;
  }

  tabId(tab: string): string {
    return `${this.uid}-tab-${tab}`;
  }

  panelId(tab: string): string {
    return `${this.uid}-panel-${tab}`;
  }

  // Tabs: a tab is selected at once, its panel activated after the selection is drawn

  selectTab(tab: Tab): void {
    this.tab = tab;
    this.address.write();
    Alpine.nextTick(() =>
      requestAnimationFrame(() => {
        if (this.tab === tab && this.activeTab !== tab) this.activate(tab);
      }),
    );
  }

  stepTab(by: number): void {
    const next = TABS[(TABS.indexOf(this.tab) + by + TABS.length) % TABS.length]!;
    this.selectTab(next);
    this.app.root.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  }

  // The list

  applyFilter(): void {
    this.app.view.setFilter(this.app.plain(this.filter));
    if (this.mode === "page") writePreferences({ context: this.filter.context });
    this.address.write();
    this.overview.touch();
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
    this.address.write();
  }

  setView(view: ViewMode): void {
    this.view = view;
    this.address.write();
    this.overview.show(view);
    if (view === "list") Alpine.nextTick(() => this.grid?.layout());
  }

  toggleAll(event: Event): void {
    if ((event.target as HTMLInputElement).checked) this.app.view.selectAll();
    else this.app.view.clearSelection();
  }

  selectAll(): void {
    this.app.view.selectAll();
  }

  clearSelection(): void {
    this.app.view.clearSelection();
  }

  focusSearch(): void {
    (this.$refs.search as HTMLInputElement).focus();
    (this.$refs.search as HTMLInputElement).select();
  }

  leaveSearch(event: KeyboardEvent): void {
    event.preventDefault();
    if (this.filter.q) {
      this.filter.q = "";
      this.applyFilter();
    } else this.focusGrid();
  }

  focusGrid(): void {
    this.grid?.focusActive();
  }

  moveActive(by: number): unknown {
    if (this.view !== "list" || !this.ready || this.shown === 0) return false;
    return this.grid?.move(by);
  }

  inGrid(target: HTMLElement): boolean {
    return this.$refs.grid!.contains(target) || target === document.body;
  }

  onActive(action: "run" | "runWith" | "stop" | "edit" | "open" | "expand" | "delete"): unknown {
    const id = this.grid?.activeId;
    const task = id ? this.app.table.get(id) : null;
    if (!task || this.view !== "list" || !this.ready) return false;
    if (action === "expand") return this.grid!.toggleDetail(task.uuid);
    if (action !== "open" && this.readOnly) return false;
    if (action === "delete") return void this.removeActive(task);
    if (action === "runWith") return this.panel("runForm", "show", task.uuid);
    this.act(action, task, this.$refs.grid!);
    return true;
  }

  openTask(id: string): void {
    this.panel("inspector", "showTask", id);
  }

  openRun(id: string): void {
    this.panel("inspector", "showRun", id);
  }

  /** Call a method of a sheet or dialog, which loads them all when the first is asked for. */
  panel<K extends keyof Panels>(name: K, method: keyof Panels[K] & string, ...given: unknown[]): void {
    this.held.hold();
    void this.panels()
      .then(
        (panels) =>
          void (panels[name] as unknown as Record<string, (...given: unknown[]) => unknown>)[method]?.(
            ...given,
          ),
        (error: unknown) => this.app.fail(this.app.words.loadFailedPart, error),
      )
      .finally(() => this.focusLater(() => this.releaseKeys()));
  }

  /** One frame after what was opened has taken the focus. */
  private releaseKeys(): null {
    requestAnimationFrame(() => this.held.release());
    return null;
  }

  panels(): Promise<Panels> {
    this.installing ??= this.install().catch((error: unknown) => {
      this.installing = undefined;
      throw error;
    });
    return this.installing;
  }

  showContext(id: string): void {
    this.filter = { ...NO_FILTER, context: id };
    this.applyFilter();
    this.selectTab("scheduler");
  }

  reload(): void {
    this.loadError = "";
    void this.app.session.load();
  }

  // Menus

  newMenu(event: Event): void {
    openMenu(this.app.root, event.currentTarget as HTMLElement, newTaskMenu(this, this.app.words));
  }

  optionsMenu(event: Event): void {
    openMenu(this.app.root, event.currentTarget as HTMLElement, columnMenu(this, this.app.words));
  }

  toggleDensity(): void {
    this.density = this.density === "compact" ? "comfortable" : "compact";
    writePreferences({ density: this.density });
    this.applyLook();
  }

  toggleColumn(key: ColumnKey): void {
    const on = new Set(this.columns);
    if (!on.delete(key)) on.add(key);
    this.columns = COLUMNS.filter((column) => on.has(column));
    writePreferences({ columns: [...this.columns] });
    this.applyLook();
  }

  saveView(name: string): void {
    const views = readPreferences().views.filter((view) => view.name !== name);
    writePreferences({
      views: [...views, { name, filter: this.app.plain(this.filter), sort: this.app.plain(this.sort) }],
    });
  }

  useView(filter: Filter, sort: Sort): void {
    this.filter = { ...NO_FILTER, ...filter };
    this.applyFilter();
    this.setSort(sort);
  }

  // Sheets and the address

  /** The form holds something that was not sent. */
  get unsaved(): boolean {
    return this.panelled && this.editor.open && this.editor.dirty;
  }

  show(hash: string): void {
    this.address.show(hash);
  }

  sheetOpened(sheet: Route["sheet"]): void {
    if (this.sheet === null) this.lastFocus = this.grid?.activeId ?? null;
    this.sheet = sheet;
    this.address.write(true);
  }

  sheetClosed(): void {
    if (this.panelled && (this.editor.open || this.inspector.open)) return;
    this.sheet = null;
    this.address.write();
    requestAnimationFrame(() => {
      // The dialog gives the focus back by itself; a row recycled meanwhile cannot take it.
      if (document.activeElement === document.body && this.lastFocus && this.app.table.get(this.lastFocus)) {
        this.grid?.focusActive();
      }
    });
  }

  lineChosen(line: number): void {
    if (this.sheet?.kind !== "run") return;
    this.sheet = { ...this.sheet, line };
    this.address.write();
  }

  copyLink(): void {
    void this.app.copyText(location.href, this.app.words.linkCopied);
  }

  /** Called by each dialog's markup whenever its component opens or closes. */
  syncDialog(dialog: HTMLDialogElement, open: boolean): void {
    if (matchDialog(dialog, open)) this.focusLater(() => firstControl(dialog));
  }

  /** Focus an element once Alpine has drawn it. */
  focusLater(find: () => HTMLElement | null | undefined): void {
    Alpine.nextTick(() => requestAnimationFrame(() => find()?.focus()));
  }

  /** The list of zones is long and the same for every form: made once, when a form first opens. */
  fillZones(): void {
    const id = this.fieldId("zones");
    if (this.app.root.querySelector(`#${id}`)) return;
    const zones = h("datalist", { id });
    for (const zone of Intl.supportedValuesOf?.("timeZone") ?? []) zones.append(h("option", { value: zone }));
    this.app.root.append(zones);
  }

  private act(action: RowAction, task: Task, anchor: HTMLElement): void {
    if (action === "open") this.openTask(task.uuid);
    else if (action === "more") openMenu(this.app.root, anchor, taskMenu(this.app, task));
    else if (this.readOnly) return;
    else if (action === "run") void this.app.runTask(task);
    else if (action === "stop") void this.app.stopTask(task);
    else this.panel("editor", "edit", task.uuid);
  }

  private async removeActive(task: Task): Promise<void> {
    if (this.selectedCount > 1) {
      this.panel("bulk", "act", "delete");
      return;
    }
    const at = this.app.view.positionOf(task.uuid);
    await this.app.deleteTask(task);
    this.grid?.focusPosition(Math.min(at, this.app.view.length - 1));
  }

  activate(tab: Tab): void {
    this.status.leave();
    this.activeTab = tab;
    // On a phone not all tabs fit.
    const chosen = this.app.root.querySelector(`[data-tab="${tab}"]`);
    chosen?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (tab === "contexts") void this.contexts.load();
    else if (tab === "status") this.status.enter();
    else if (tab === "access") void this.access.load();
    else if (tab === "notifications") void this.notifications.load();
    else Alpine.nextTick(() => this.grid?.layout());
    this.overview.pause(tab !== "scheduler");
  }

  private async install(): Promise<Panels> {
    const { makePanels } = await this.app.importPanels();
    const { panels, markup } = makePanels(this.app);
    Object.assign(this, panels);
    this.panelled = true;
    const added = [...markup.children] as HTMLElement[];
    this.app.root.append(markup);
    for (const element of added) Alpine.initTree(element);
    // Through `this`, so that what they change is seen.
    return this as unknown as Panels;
  }

  /** What depends on the list being there: features, ribbon, contexts. */
  private arrive(): void {
    if (this.mode === "page") this.undo.push(whenIdle(() => void this.app.fetchChunk("panels.js")));
    this.overview.start();
    this.contexts.ensure();
    if (this.activeTab === "access") void this.access.load();
    if (this.activeTab === "notifications") void this.notifications.load();
    if (this.mode === "page") this.notifications.browser.settle();
    void this.status.first().then(({ executors = [], you }) => {
      this.executors = executors;
      if (you && !you.may.includes("execute")) this.forbid();
    });
    Alpine.nextTick(() => {
      this.grid?.layout();
      // One, not one more for each view: the browser keeps them all.
      performance.clearMarks(FIRST_ROWS);
      performance.mark(FIRST_ROWS);
    });
  }

  private listen(): void {
    const onKey = (event: KeyboardEvent): void => handleKey(this, event);
    const where = this.mode === "page" && !this.embedded ? document : this.app.root;
    where.addEventListener("keydown", onKey as EventListener);
    this.undo.push(() => where.removeEventListener("keydown", onKey as EventListener));
  }

  private liveChanged(state: LiveState): void {
    this.live = state;
    clearTimeout(this.slow);
    if (state === "live" || state === "polling" || state === "paused") {
      this.setStale("");
      return;
    }
    // A short gap is not worth a banner.
    this.slow = setTimeout(() => {
      const { heardAt } = this.app.session;
      if (this.live === "offline" && heardAt) {
        this.setStale(this.app.words.stale(clockTime(new Date(heardAt).toISOString())));
      }
    }, SLOW_MS);
  }

  private setStale(message: string): void {
    this.staleWords = message;
    this.showBanners();
  }

  private showBanners(): void {
    const { staleWords: message, serverBanners } = this;
    this.banners = message ? [{ level: "warning", code: "stale", message }, ...serverBanners] : serverBanners;
  }

  private scheduleSync(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.synchronise();
    });
  }

  /** Bring the counts and totals that the chrome shows up to what the view holds. */
  private synchronise(): void {
    const { view, table, session, words } = this.app;
    this.ready = session.ready;
    Object.assign(this.counts, view.counts());
    this.shown = view.length;
    this.selectedCount = view.selected.size;
    const next = table.next();
    this.summary.nextName = next?.name ?? "";
    this.summary.nextId = next?.uuid ?? "";
    this.summary.nextAt = next?.next_run ? briefTime(next.next_run) : "";
    const tags = table.tags().map(([tag]) => tag);
    if (tags.join() !== this.tags.join()) this.tags = tags;
    const all = this.$refs.all as HTMLInputElement | undefined;
    if (all) {
      all.checked = this.selectedCount > 0 && this.selectedCount >= this.shown;
      all.indeterminate = this.selectedCount > 0 && !all.checked;
    }
    if (this.panelled) this.inspector.taskChanged();
    if (this.mode === "page" && !this.embedded) {
      document.title = this.counts.error > 0 ? `(${this.counts.error}) ${words.title}` : words.title;
    }
  }

  private measure(): void {
    const narrow = this.app.root.clientWidth <= NARROW_PX;
    if (narrow !== this.narrow) {
      this.narrow = narrow;
      this.grid?.layout();
    }
    this.overview.resized();
  }

  /** The reader may look, not act: nothing is offered that the server would refuse. */
  private forbid(): void {
    this.readOnly = true;
    this.app.options.readOnly = true;
    this.applyLook();
  }

  private applyLook(): void {
    this.app.root.toggleAttribute("data-read-only", this.readOnly);
    this.app.root.dataset.density = this.density;
    Alpine.nextTick(() => this.grid?.layout());
  }
}

/** Calls back when the browser has nothing to do; returns the way to call that off. */
function whenIdle(act: () => void): () => void {
  if (!globalThis.requestIdleCallback) {
    const timer = setTimeout(act);
    return () => clearTimeout(timer);
  }
  const waiting = requestIdleCallback(act);
  return () => cancelIdleCallback(waiting);
}

/** Makes fields that Alpine neither watches nor walks into. */
function hide(target: object, ...names: string[]): void {
  for (const name of names) {
    Object.defineProperty(target, name, {
      value: undefined,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
}
