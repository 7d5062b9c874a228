import type { Task } from "../store/model";
import { COLUMNS, readPreferences, writePreferences } from "../store/preferences";
import { DEFAULT_SORT } from "../store/task_view";
import type { Words } from "../words/en";
import type { App } from "./app";
import type { MenuEntry } from "./menu";
import type { SchedulerSettings } from "./scheduler_settings";

/** What the menus offer, by what the reader may do and what the server can. */

export function taskMenu(app: App, task: Task): MenuEntry[] {
  const { words, ui } = app;
  const running = task.state === "running";
  const entries: MenuEntry[] = [
    { label: words.history, icon: "history", key: "H", run: () => ui.openTask(task.uuid) },
  ];
  if (app.options.readOnly) return entries;
  entries.push(
    running
      ? { label: words.stop, icon: "stop", key: "S", run: () => void app.stopTask(task) }
      : { label: words.runNow, icon: "play", key: "R", run: () => void app.runTask(task) },
    { label: words.runWith, icon: "sliders", key: "⇧R", run: () => ui.panel("runForm", "show", task.uuid) },
    ...(task.type === "scheduled"
      ? [
          {
            label: words.backfill.menu,
            icon: "history" as const,
            run: () => ui.panel("backfill", "show", task.uuid),
          },
        ]
      : []),
    null,
    { label: words.edit, icon: "pencil", key: "E", run: () => ui.panel("editor", "edit", task.uuid) },
    { label: words.duplicate, icon: "copy", run: () => ui.panel("editor", "duplicate", task.uuid) },
  );
  if (ui.can.templates) {
    entries.push({
      label: words.saveAsTemplate,
      icon: "template",
      run: () => ui.panel("templates", "askSave", task),
    });
  }
  entries.push(
    task.enabled
      ? { label: words.disable, icon: "pause", run: () => void app.setEnabled(task, false) }
      : { label: words.enable, icon: "power", run: () => void app.setEnabled(task, true) },
  );
  if (task.state === "error" || task.halted) {
    entries.push({ label: words.reset, icon: "refresh", run: () => void app.resetTask(task) });
  }
  entries.push(null, {
    label: words.remove,
    icon: "trash",
    key: "Del",
    danger: true,
    run: () => void app.deleteTask(task),
  });
  return entries;
}

export function newTaskMenu(ui: SchedulerSettings, words: Words): MenuEntry[] {
  const entries: MenuEntry[] = [
    {
      label: words.newScheduled,
      icon: "clock",
      key: "N",
      run: () => ui.panel("editor", "create", "scheduled"),
    },
    { label: words.newPlanned, icon: "calendar", run: () => ui.panel("editor", "create", "planned") },
    { label: words.newAdhoc, icon: "key", run: () => ui.panel("editor", "create", "adhoc") },
  ];
  if (ui.can.templates) {
    entries.push(null, {
      label: words.fromTemplate,
      icon: "template",
      run: () => ui.panel("templates", "show"),
    });
  }
  if (ui.can.transfer) {
    entries.push(
      null,
      { label: words.importTasks, icon: "upload", run: () => ui.panel("transfer", "openImport") },
      { label: words.exportTasks, icon: "download", run: () => ui.panel("transfer", "openExport") },
    );
  }
  return entries;
}

export function columnMenu(ui: SchedulerSettings, words: Words): MenuEntry[] {
  const { views } = readPreferences();
  const entries: MenuEntry[] = [
    { label: words.compact, checked: ui.look.density === "compact", run: () => ui.look.toggleDensity() },
    words.columnsTitle,
    ...COLUMNS.map((key) => ({
      label: words.columns[key],
      checked: ui.look.columns.includes(key),
      run: () => ui.look.toggleColumn(key),
    })),
    null,
    { label: words.resetSort, icon: "alert" as const, run: () => ui.tasks.setSort({ ...DEFAULT_SORT }) },
    words.savedViews,
    ...views.map((view) => ({
      label: view.name,
      icon: "bookmark" as const,
      run: () => ui.tasks.useView(view.filter, view.sort),
      remove: {
        label: words.removeView(view.name),
        run: () => void writePreferences({ views: views.filter((other) => other.name !== view.name) }),
      },
    })),
    { label: words.saveView, icon: "plus", run: () => ui.panel("templates", "askView") },
  ];
  return entries;
}
