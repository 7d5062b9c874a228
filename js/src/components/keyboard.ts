import type { SchedulerSettings } from "./scheduler_settings";

/** The view's own keys. Typing in a field and keys with a modifier (but for the two that have one) are left alone. */
export function handleKey(ui: SchedulerSettings, event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const target = event.composedPath()[0] as HTMLElement;
  if (target.closest?.("dialog, .scheduler-menu") || ui.host.held.take(event)) return;
  const modified = event.ctrlKey || event.metaKey;
  if (modified && event.key.toLowerCase() === "k") {
    event.preventDefault();
    ui.panel("palette", "show");
    return;
  }
  if (typing(target) || event.altKey) return;
  if (modified) {
    if (event.key.toLowerCase() === "a" && ui.rows.has(target)) {
      event.preventDefault();
      ui.tasks.selectAll();
    }
    return;
  }
  const act =
    actions[event.shiftKey && event.key.length === 1 ? `Shift+${event.key.toUpperCase()}` : event.key];
  if (!act || ui.tabs.active !== "scheduler") return;
  if (act(ui) !== false) event.preventDefault();
}

/** Each returns false when it had nothing to do, so that the key keeps its usual meaning. */
const actions: Record<string, (ui: SchedulerSettings) => unknown> = {
  "/": (ui) => ui.tasks.focusSearch(),
  j: (ui) => ui.rows.move(1),
  k: (ui) => ui.rows.move(-1),
  r: (ui) => ui.rows.onActive("run"),
  "Shift+R": (ui) => ui.rows.onActive("runWith"),
  s: (ui) => ui.rows.onActive("stop"),
  e: (ui) => ui.rows.onActive("edit"),
  h: (ui) => ui.rows.onActive("open"),
  o: (ui) => ui.rows.onActive("expand"),
  n: (ui) => !ui.readOnly && ui.panel("editor", "create", "scheduled"),
  Delete: (ui) => ui.rows.onActive("delete"),
  "?": (ui) => ui.panel("shortcuts", "show"),
  "Shift+?": (ui) => ui.panel("shortcuts", "show"),
  Escape: (ui) => ui.tasks.selectedCount > 0 && ui.tasks.clearSelection(),
};

function typing(target: HTMLElement): boolean {
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  const type = (target as HTMLInputElement).type;
  return target.tagName === "INPUT" && type !== "checkbox" && type !== "radio";
}
