import Alpine from "@alpinejs/csp";
import { App, type MountOptions } from "./components/app";
import { SchedulerSettings } from "./components/scheduler_settings";
import { followTheme } from "./components/theme";
import { type Scope, TaskView } from "./store/task_view";
import { prefixDirectives } from "./templates/markup";
import { shellTemplate } from "./templates/shell";
import type { Session } from "./transport/session";

/** Set while a tree is initialised: Alpine makes the root's data synchronously, from this. */
let mounting: App | null = null;

Alpine.prefix("scheduler-");
Alpine.data(
  "schedulerSettings",
  () => new SchedulerSettings(mounting!) as unknown as Record<string, unknown>,
);

export interface Mounted {
  app: App;
  unmount(): void;
}

/**
 * Builds one view in `host`. Alpine is never started: it would observe the whole page,
 * which in a notebook is all of JupyterLab.
 */
export function mount(
  host: HTMLElement,
  session: Session,
  options: MountOptions,
  fixed: Partial<Scope> = {},
): Mounted {
  const root = document.createElement("div");
  root.className = "scheduler-root";
  root.dataset.mode = options.mode;
  if (options.surroundings) root.dataset.embedded = "true";
  root.setAttribute("x-data", "schedulerSettings");
  const { words } = options;
  // Static markup of our own; whatever comes from the server is written as text by Alpine or by hand.
  root.innerHTML = shellTemplate(words, options.mode === "page" && !options.surroundings);
  const holder = document.createDocumentFragment();
  holder.append(root);
  prefixDirectives(holder);
  if (options.height) root.style.setProperty("--scheduler-height", options.height);
  // Without this JupyterLab takes the keys typed in a field for its own shortcuts.
  host.setAttribute("data-lm-suppress-shortcuts", "true");
  host.replaceChildren(root);

  const view = new TaskView(session.table, { ...fixed, task: options.taskId ?? "" });
  if (options.taskId) {
    // One task is a card: its row, open, and nothing to search or choose with.
    root.dataset.single = "true";
    view.toggleExpanded(options.taskId, true);
  }
  const unfollow = followTheme(root, options.theme);
  const app = new App(session, view, root, options);
  mounting = app;
  Alpine.initTree(root);
  mounting = null;
  const unmount = (): void => {
    Alpine.destroyTree(root);
    unfollow();
    view.dispose();
    root.remove();
  };
  return { app, unmount };
}
