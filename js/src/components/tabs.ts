import Alpine from "@alpinejs/csp";
import { TABS, type Tab } from "../store/route";
import type { App } from "./app";

/**
 * Which section of the page is shown, in two steps: a tab is selected at once, its panel activated after that was
 * drawn, so that no wrong panel flashes up. What a panel reads or polls goes on only while it is active.
 */
export class Tabs {
  selected: Tab = "scheduler";
  active: Tab = "scheduler";

  constructor(
    private readonly app: App,
    private readonly uid: string,
  ) {}

  select(tab: Tab): void {
    this.selected = tab;
    this.app.ui.address.write();
    Alpine.nextTick(() =>
      requestAnimationFrame(() => {
        if (this.selected === tab && this.active !== tab) this.activate(tab);
      }),
    );
  }

  step(by: number): void {
    const next = TABS[(TABS.indexOf(this.selected) + by + TABS.length) % TABS.length]!;
    this.select(next);
    this.app.root.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  }

  activate(tab: Tab): void {
    const { ui, root } = this.app;
    ui.status.leave();
    this.active = tab;
    // On a phone not all tabs fit.
    root.querySelector(`[data-tab="${tab}"]`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (tab === "contexts") void ui.contexts.load();
    else if (tab === "status") ui.status.enter();
    else if (tab === "access") void ui.access.load();
    else if (tab === "notifications") void ui.notifications.load();
    else Alpine.nextTick(() => ui.rows.layout());
    ui.overview.pause(tab !== "scheduler");
  }

  id(tab: string): string {
    return `${this.uid}-tab-${tab}`;
  }

  panelId(tab: string): string {
    return `${this.uid}-panel-${tab}`;
  }
}
