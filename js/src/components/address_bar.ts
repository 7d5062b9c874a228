import { formatRoute, parseRoute, type Route } from "../store/route";
import type { App } from "./app";
import { inert } from "./dom";

/**
 * Keeps the page's address and what it shows in step, both ways. A widget has no address of its own, nor has a page
 * in another application, which is told what to show instead.
 */
export class AddressBar {
  constructor(private readonly app: App) {
    inert(this);
  }

  /** Show what the address says, now and whenever it changes. Returns the way to stop. */
  follow(): () => void {
    const read = (): void => this.apply(parseRoute(location.hash));
    const leave = (event: BeforeUnloadEvent): void => {
      if (this.app.ui.unsaved) event.preventDefault();
    };
    addEventListener("beforeunload", leave);
    if (!this.owned) return () => removeEventListener("beforeunload", leave);
    addEventListener("popstate", read);
    addEventListener("hashchange", read);
    read();
    return () => {
      removeEventListener("popstate", read);
      removeEventListener("hashchange", read);
      removeEventListener("beforeunload", leave);
    };
  }

  /** Show what an address such as `#/run/4f…` says; how the list is narrowed stays as it is. */
  show(hash: string): void {
    const { ui } = this.app;
    this.apply({
      ...parseRoute(hash),
      filter: this.app.plain(ui.tasks.filter),
      sort: this.app.plain(ui.tasks.sort),
    });
  }

  /** Write what is shown into the address; `push` makes a step that the back button undoes. */
  write(push = false): void {
    const { ui } = this.app;
    if (!this.owned) return;
    const { view, filter, sort } = ui.tasks;
    const hash = formatRoute({ tab: ui.tabs.selected, view, sheet: ui.sheets.open, filter, sort });
    if (hash === location.hash) return;
    history[push ? "pushState" : "replaceState"](null, "", hash || location.pathname + location.search);
  }

  private get owned(): boolean {
    const { mode, surroundings } = this.app.options;
    return mode === "page" && !surroundings;
  }

  private apply(route: Route): void {
    const { ui, view } = this.app;
    ui.tasks.filter = route.filter;
    ui.tasks.sort = route.sort;
    view.setFilter({ ...route.filter });
    view.setSort({ ...route.sort });
    if (ui.tasks.view !== route.view) {
      ui.tasks.view = route.view;
      ui.overview.show(route.view);
    }
    ui.tabs.selected = route.tab;
    if (ui.tabs.active !== route.tab) ui.tabs.activate(route.tab);
    const { sheet } = route;
    if (JSON.stringify(sheet) === JSON.stringify(ui.sheets.open)) return;
    if (!sheet) {
      if (!ui.host.ready) return;
      ui.editor.close();
      ui.inspector.close();
    } else if (sheet.kind === "new" && sheet.notebook) ui.panel("editor", "schedule", sheet.notebook);
    else if (sheet.kind === "new") ui.panel("editor", "create", sheet.id);
    else if (sheet.kind === "edit") ui.panel("editor", "edit", sheet.id);
    else if (sheet.kind === "task") ui.panel("inspector", "showTask", sheet.id);
    else ui.panel("inspector", "showRun", sheet.id, sheet.line);
  }
}
