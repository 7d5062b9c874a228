import type { Context } from "../store/model";
import { readPreferences } from "../store/preferences";
import { ApiError } from "../transport/transport";
import { bytes, count, relativeTime } from "../words/times";
import type { App } from "./app";
import { debounce } from "./dom";

interface ContextRow {
  id: string;
  label: string;
  path: string;
  tasks: string;
  kernel: string;
  alive: boolean;
  activity: string;
  showLabel: string;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-/;

/** The contexts tab, and the list that the pickers of a context choose from. */
export class Contexts {
  list: ContextRow[] = [];
  loaded = false;
  missing = false;
  private asked = false;
  private readonly loadSoon = debounce(1_000, (contexts: Contexts) => void contexts.load());

  constructor(private readonly app: App) {}

  /** Load once, for a picker; the tab itself loads each time it is shown. */
  ensure(): void {
    if (!this.asked) void this.load();
  }

  async load(): Promise<void> {
    this.asked = true;
    try {
      this.list = (await this.app.api.contexts()).map((context) => this.row(context));
      this.missing = false;
      if (!this.loaded) this.recall();
    } catch (error) {
      this.missing = error instanceof ApiError && error.missing;
      if (!this.missing) this.app.fail(this.app.words.contexts.title, error);
    }
    this.loaded = true;
  }

  /** The feed names contexts that changed; the list is small and read again. */
  changed(): void {
    if (this.loaded && !this.missing) this.loadSoon(this);
  }

  async act(id: string, action: "open" | "restart" | "clear", runId?: string): Promise<void> {
    const { contexts: words } = this.app.words;
    // A tab opened after the answer would be a pop-up to the browser: open it in the click itself.
    const { surroundings } = this.app.options;
    const tab = action === "open" && !surroundings ? window.open("about:blank", "_blank") : null;
    try {
      const answer = await this.app.api.contextAction(id, action, runId);
      const url = typeof answer?.url === "string" ? new URL(answer.url, location.href).href : null;
      if (tab && url) tab.location.href = url;
      else tab?.close();
      if (action === "open" && typeof answer?.path === "string") surroundings?.openFile(answer.path);
      this.app.ui.toasts.show({ open: words.opened, restart: words.restarted, clear: words.cleared }[action]);
      void this.load();
    } catch (error) {
      tab?.close();
      this.app.fail(words[action], error);
    }
  }

  /** The context chosen last time is the current one again, unless the address says otherwise. */
  private recall(): void {
    const { ui, options } = this.app;
    const { context } = readPreferences();
    if (options.mode !== "page" || ui.tasks.filter.context || !this.list.some((row) => row.id === context))
      return;
    ui.tasks.filter.context = context;
    ui.tasks.applyFilter();
  }

  /** A context that was given no name is called by the tasks in it; one whose tasks are gone by its id. */
  private nameOf(id: string): string {
    const { table, words } = this.app;
    const own = table.get(id)?.name;
    if (own) return own;
    const [first, ...others] = table.namesIn(id);
    if (first) return others.length ? words.contexts.andMore(first, others.length) : first;
    return UUID.test(id) ? words.contexts.left(id.slice(0, 8)) : id;
  }

  /** ``python3, kept, 52.1 MB`` */
  private kernelText({ name, state, memory }: NonNullable<Context["kernel"]>): string {
    const { contexts: words, status } = this.app.words;
    const parts = [name ?? words.kernel, state && (status.kernelStates[state] ?? state).toLowerCase()];
    return [...parts, memory ? bytes(memory) : ""].filter(Boolean).join(", ");
  }

  private row(context: Context): ContextRow {
    const { contexts: words, relative } = this.app.words;
    const alive = Boolean(context.kernel);
    const label = context.name || this.nameOf(context.id);
    return {
      id: context.id,
      label,
      path: context.path ?? "",
      tasks: count(context.task_count ?? 0),
      kernel: context.kernel ? this.kernelText(context.kernel) : words.noKernel,
      alive,
      activity: context.last_modified ? relativeTime(context.last_modified, relative) : "",
      showLabel: `${count(context.task_count ?? 0)}, ${words.useIt}: ${label}`,
    };
  }
}
