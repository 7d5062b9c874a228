import type { Task } from "../store/model";
import { TABS } from "../store/route";
import type { App } from "./app";
import { ICONS, type IconName } from "./icons";
import { scheduleWords } from "./schedule_words";

interface PaletteItem {
  id: string;
  label: string;
  note: string;
  keys: string[];
  path: string;
  /** A heading stands above the first item of each group. */
  heading: string;
}

const TASKS_SHOWN = 8;

/** The command palette: commands, and what can be done with the task that the words fit best. */
export class Palette {
  open = false;
  q = "";
  items: PaletteItem[] = [];
  active = 0;
  private readonly runs: { acts: (() => void)[] } = { acts: [] };

  constructor(private readonly app: App) {
    Object.defineProperty(this.runs, "__v_skip", { value: true });
  }

  get activeId(): string {
    return this.items[this.active]?.id ?? "";
  }

  show(): void {
    this.q = "";
    this.open = true;
    this.search();
    this.app.ui.focusLater(() => this.app.refs.paletteInput);
  }

  close(): void {
    this.open = false;
  }

  search(): void {
    const { words } = this.app;
    this.items = [];
    this.runs.acts = [];
    this.active = 0;
    const q = this.q.trim().toLowerCase();
    const found = q ? this.find(q) : [];
    const [best, ...others] = found;
    if (best) this.addTask(best, best.name);
    for (const task of others) {
      this.add(words.palette.otherTasks, task.name, "clock", () => this.app.ui.openTask(task.uuid), {
        note: scheduleWords(task, words),
      });
    }
    this.addCommands(q);
  }

  key(event: KeyboardEvent): void {
    const n = this.items.length;
    if (event.key === "ArrowDown" && n) this.active = (this.active + 1) % n;
    else if (event.key === "ArrowUp" && n) this.active = (this.active + n - 1) % n;
    else if (event.key === "Enter") this.choose(this.active);
    else return;
    event.preventDefault();
    this.app.ui.focusLater(() => {
      this.app.root.querySelector(`#${CSS.escape(this.activeId)}`)?.scrollIntoView({ block: "nearest" });
      return null;
    });
  }

  choose(at: number): void {
    const act = this.runs.acts[at];
    this.close();
    act?.();
  }

  private find(q: string): Task[] {
    const { table } = this.app;
    const starts: Task[] = [];
    const holds: Task[] = [];
    for (let slot = 0; slot < table.tasks.length && starts.length < TASKS_SHOWN; slot++) {
      const task = table.tasks[slot];
      if (!task) continue;
      const text = table.searchText(slot);
      if (text.startsWith(q)) starts.push(task);
      else if (holds.length < TASKS_SHOWN && text.includes(q)) holds.push(task);
    }
    return [...starts, ...holds].slice(0, TASKS_SHOWN);
  }

  private addTask(task: Task, heading: string): void {
    const { words, ui, options } = this.app;
    if (!options.readOnly) {
      if (task.state === "running")
        this.add(heading, words.stop, "stop", () => void this.app.stopTask(task), { keys: ["S"] });
      else this.add(heading, words.runNow, "play", () => void this.app.runTask(task), { keys: ["R"] });
      this.add(heading, words.runWith, "sliders", () => void ui.runForm.show(task.uuid), {
        keys: ["⇧", "R"],
      });
    }
    this.add(heading, words.history, "history", () => ui.openTask(task.uuid), { keys: ["H"] });
    if (!options.readOnly)
      this.add(heading, words.edit, "pencil", () => void ui.editor.edit(task.uuid), { keys: ["E"] });
  }

  private addCommands(q: string): void {
    const { words, ui, options } = this.app;
    const heading = words.palette.commands;
    const add = (label: string, name: IconName, act: () => void, keys: string[] = []): void => {
      if (!q || label.toLowerCase().includes(q)) this.add(heading, label, name, act, { keys });
    };
    if (!options.readOnly) {
      add(words.newTask, "plus", () => ui.editor.create("scheduled"), ["N"]);
      add(words.newPlanned, "calendar", () => ui.editor.create("planned"));
      add(words.newAdhoc, "key", () => ui.editor.create("adhoc"));
      if (ui.can.templates) add(words.fromTemplate, "template", () => void ui.templates.show());
      if (ui.can.transfer) add(words.importTasks, "upload", () => ui.transfer.openImport());
    }
    if (ui.can.transfer) add(words.exportTasks, "download", () => ui.transfer.openExport());
    for (const state of ["error", "running", "disabled"] as const) {
      add(`${words.filterStates}: ${words.states[state]}`, "search", () => ui.tasks.setState(state));
    }
    add(words.clearFilters, "close", () => ui.tasks.clearFilter());
    for (const view of ["list", "timeline", "calendar"] as const) {
      if (view !== "list" && !ui.can.timeline) continue;
      const name = ({ list: "list", timeline: "gantt", calendar: "calendar" } as const)[view];
      add(words.palette.goTo(words.views[view]), name, () => ui.tasks.setView(view));
    }
    if (options.mode === "page") {
      for (const tab of TABS.filter((tab) => tab !== "scheduler")) {
        add(words.palette.goTo(words.tabs[tab]), "folder", () => ui.tabs.select(tab));
      }
    }
    add(words.compact, "columns", () => ui.look.toggleDensity());
    add(words.shortcuts.title, "help", () => ui.panel("shortcuts", "show"), ["?"]);
  }

  private add(
    heading: string,
    label: string,
    name: IconName,
    act: () => void,
    { note = "", keys = [] }: { note?: string; keys?: string[] } = {},
  ): void {
    const first = this.items.findLast((item) => item.heading)?.heading !== heading;
    this.items.push({
      id: this.app.ui.fieldId(`palette-${this.items.length}`),
      label,
      note,
      keys,
      path: ICONS[name],
      heading: first ? heading : "",
    });
    this.runs.acts.push(act);
  }
}
