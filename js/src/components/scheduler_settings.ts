import Alpine from "@alpinejs/csp";
import type { Panels } from "../panels";
import { count } from "../words/times";
import { AccessPanel } from "./access_panel";
import { AddressBar } from "./address_bar";
import type { App } from "./app";
import type { Bulk } from "./bulk";
import { Connection } from "./connection";
import { Contexts } from "./contexts";
import { h } from "./dom";
import type { Editor } from "./editor";
import type { Inspector } from "./inspector";
import { handleKey } from "./keyboard";
import { openMenu } from "./menu";
import { NotificationsPanel } from "./notifications_panel";
import { Overview } from "./overview";
import type { Palette } from "./palette";
import { PanelHost } from "./panel_host";
import type { RunForm } from "./run_form";
import { Sheets } from "./sheets";
import { StatusPanel } from "./status_panel";
import { TableLook } from "./table_look";
import { Tabs } from "./tabs";
import { TaskList } from "./task_list";
import { columnMenu, newTaskMenu } from "./task_menus";
import { TaskRows } from "./task_rows";
import type { Templates } from "./templates";
import { Toasts } from "./toasts";
import type { TokenBox } from "./token_box";
import type { Transfer } from "./transfer";

/** Marks when the rows were there, for whoever measures. */
const FIRST_ROWS = "scheduler-first-rows";

let serial = 0;

/** The root component: it makes the parts of one view, joins them to what the server tells, and takes them down. */
export class SchedulerSettings {
  mode: "page" | "widget" = "page";
  readOnly = false;
  executors: string[] = [];
  /** The page lies in another application, such as JupyterLab. */
  embedded = false;
  ready = false;
  loadError = "";
  can = { timeline: true, templates: true, attachments: true, transfer: true };

  readonly toasts: Toasts;
  readonly sheets: Sheets;
  readonly tabs: Tabs;
  readonly tasks: TaskList;
  readonly rows: TaskRows;
  readonly look: TableLook;
  readonly connection: Connection;
  readonly contexts: Contexts;
  readonly status: StatusPanel;
  readonly access: AccessPanel;
  readonly notifications: NotificationsPanel;
  readonly overview: Overview;
  readonly address: AddressBar;
  readonly host: PanelHost;
  // These come with the host's bundle.
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
    this.toasts = new Toasts(app);
    this.sheets = new Sheets(app);
    this.tabs = new Tabs(app, this.uid);
    this.tasks = new TaskList(app);
    this.rows = new TaskRows(app);
    this.look = new TableLook(app);
    this.connection = new Connection(app);
    this.contexts = new Contexts(app);
    this.status = new StatusPanel(app);
    this.access = new AccessPanel(app);
    this.notifications = new NotificationsPanel(app);
    this.overview = new Overview(app);
    this.address = new AddressBar(app);
    this.host = new PanelHost(app);
    hide(this, "undo", "frame");
  }

  // Set by hide(): what Alpine need not watch.
  declare private undo: (() => void)[];
  declare private frame: number;

  /** Called by Alpine once the markup is alive. */
  init(): void {
    const { app } = this;
    app.ui = this;
    app.refs = this.$refs;
    this.mode = app.options.mode;
    this.readOnly = app.options.readOnly;
    this.embedded = app.options.surroundings !== undefined;
    this.look.recall();
    this.undo = [
      app.view.subscribe(() => this.scheduleSync()),
      app.session.observe({
        state: (state) => this.connection.changed(state),
        loaded: (error) => {
          this.loadError = error ? app.explain(error) : "";
          this.synchronise();
          if (error === null) this.arrive();
        },
        runs: (runs) => {
          if (this.host.ready) this.inspector.apply(runs);
          this.overview.touch();
          if (this.mode === "page") this.notifications.browser.saw(runs);
        },
        contexts: () => this.contexts.changed(),
        banners: (banners) => this.connection.tell(banners),
      }),
    ];
    this.rows.mount();
    const resize = new ResizeObserver(() => this.measure());
    resize.observe(app.root);
    this.undo.push(() => resize.disconnect());
    this.measure();
    this.listen();
    if (this.mode === "page") this.undo.push(this.address.follow());
    const unobserve = app.options.surroundings?.observe(() => {
      if (this.host.ready && this.editor.open) this.editor.lookAround();
    });
    if (unobserve) this.undo.push(unobserve);
    this.connection.changed(app.session.feed.state);
    this.synchronise();
    if (app.session.ready) this.arrive();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.connection.dispose();
    for (const undo of this.undo) undo();
    this.overview.dispose();
    if (this.host.ready) {
      this.inspector.close();
      this.editor.dispose();
    }
    this.rows.dispose();
  }

  number(value: number): string {
    return count(value);
  }

  fieldId(path: string): string {
    return `${this.uid}-${path.replaceAll(".", "-")}`;
  }

  noteId(path: string): string {
    return `${this.fieldId(path)}-note`;
  }

  reload(): void {
    this.loadError = "";
    void this.app.session.load();
  }

  newMenu(event: Event): void {
    openMenu(this.app.root, event.currentTarget as HTMLElement, newTaskMenu(this, this.app.words));
  }

  optionsMenu(event: Event): void {
    openMenu(this.app.root, event.currentTarget as HTMLElement, columnMenu(this, this.app.words));
  }

  // Sheets and dialogs

  /** Call a method of a sheet or dialog, which loads them all when the first is asked for. */
  panel<K extends keyof Panels>(name: K, method: keyof Panels[K] & string, ...given: unknown[]): void {
    this.host.call(name, method, given);
  }

  openTask(id: string): void {
    this.panel("inspector", "showTask", id);
  }

  openRun(id: string): void {
    this.panel("inspector", "showRun", id);
  }

  /** The form holds something that was not sent. */
  get unsaved(): boolean {
    return this.host.ready && this.editor.open && this.editor.dirty;
  }

  show(hash: string): void {
    this.address.show(hash);
  }

  copyLink(): void {
    void this.app.copyText(location.href, this.app.words.linkCopied);
  }

  /** Focus an element once Alpine has drawn it. */
  focusLater(find: () => HTMLElement | null | undefined): void {
    this.app.afterDrawing(() => find()?.focus());
  }

  /** The list of zones is long and the same for every form: made once, when a form first opens. */
  fillZones(): void {
    const id = this.fieldId("zones");
    if (this.app.root.querySelector(`#${id}`)) return;
    const zones = h("datalist", { id });
    for (const zone of Intl.supportedValuesOf?.("timeZone") ?? []) zones.append(h("option", { value: zone }));
    this.app.root.append(zones);
  }

  /** What depends on the list being there: features, ribbon, contexts. */
  private arrive(): void {
    if (this.mode === "page") this.undo.push(whenIdle(() => void this.app.fetchChunk("panels.js")));
    this.overview.start();
    this.contexts.ensure();
    if (this.tabs.active === "access") void this.access.load();
    if (this.tabs.active === "notifications") void this.notifications.load();
    if (this.mode === "page") this.notifications.browser.settle();
    void this.status.first().then(({ executors = [], you }) => {
      this.executors = executors;
      if (you && !you.may.includes("execute")) this.forbid();
    });
    Alpine.nextTick(() => {
      this.rows.layout();
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

  private scheduleSync(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.synchronise();
    });
  }

  private synchronise(): void {
    const { session, words } = this.app;
    this.ready = session.ready;
    this.tasks.synchronise();
    if (this.host.ready) this.inspector.taskChanged();
    if (this.mode === "page" && !this.embedded) {
      const { error } = this.tasks.counts;
      document.title = error > 0 ? `(${error}) ${words.title}` : words.title;
    }
  }

  private measure(): void {
    this.rows.measure();
    this.overview.resized();
  }

  /** The reader may look, not act: nothing is offered that the server would refuse. */
  private forbid(): void {
    this.readOnly = true;
    this.app.options.readOnly = true;
    this.look.apply();
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
