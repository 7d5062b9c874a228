import { formatRoute, parseRoute, type Route } from "../store/route";
import type { App } from "./app";
import { inert } from "./dom";

/** Keeps the page's address and what it shows in step, both ways. A widget has no address of its own. */
export class AddressBar {
  constructor(private readonly app: App) {
    inert(this);
  }

  /** Show what the address says, now and whenever it changes. Returns the way to stop. */
  follow(): () => void {
    const read = (): void => this.apply(parseRoute(location.hash));
    const leave = (event: BeforeUnloadEvent): void => {
      const { ui } = this.app;
      if (ui.panelled && ui.editor.open && ui.editor.dirty) event.preventDefault();
    };
    addEventListener("popstate", read);
    addEventListener("hashchange", read);
    addEventListener("beforeunload", leave);
    read();
    return () => {
      removeEventListener("popstate", read);
      removeEventListener("hashchange", read);
      removeEventListener("beforeunload", leave);
    };
  }

  /** Write what is shown into the address; `push` makes a step that the back button undoes. */
  write(push = false): void {
    const { ui } = this.app;
    if (ui.mode !== "page") return;
    const { tab, view, sheet, filter, sort } = ui;
    const hash = formatRoute({ tab, view, sheet, filter, sort });
    if (hash === location.hash) return;
    history[push ? "pushState" : "replaceState"](null, "", hash || location.pathname + location.search);
  }

  private apply(route: Route): void {
    const { ui, view } = this.app;
    ui.filter = route.filter;
    ui.sort = route.sort;
    view.setFilter({ ...route.filter });
    view.setSort({ ...route.sort });
    if (ui.view !== route.view) {
      ui.view = route.view;
      ui.overview.show(route.view);
    }
    ui.tab = route.tab;
    if (ui.activeTab !== route.tab) ui.activate(route.tab);
    const { sheet } = route;
    if (JSON.stringify(sheet) === JSON.stringify(ui.sheet)) return;
    if (!sheet) {
      if (!ui.panelled) return;
      ui.editor.close();
      ui.inspector.close();
    } else if (sheet.kind === "new") ui.panel("editor", "create", sheet.id);
    else if (sheet.kind === "edit") ui.panel("editor", "edit", sheet.id);
    else if (sheet.kind === "task") ui.panel("inspector", "showTask", sheet.id);
    else ui.panel("inspector", "showRun", sheet.id, sheet.line);
  }
}
