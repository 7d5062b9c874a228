import Alpine from "@alpinejs/csp";
import type { Parameters, Run, Task } from "../store/model";
import type { TaskTable } from "../store/task_table";
import type { TaskView } from "../store/task_view";
import type { Api } from "../transport/api";
import type { Session } from "../transport/session";
import { ApiError } from "../transport/transport";
import type { Words } from "../words/en";
import { inert } from "./dom";
import type { SchedulerSettings } from "./scheduler_settings";
import type { Theme } from "./theme";

export interface MountOptions {
  mode: "page" | "widget";
  words: Words;
  /** Loads one of the other bundles, or null where the browser cannot reach their files. */
  importChunk: (name: string) => Promise<unknown> | null;
  readOnly: boolean;
  /** A widget that shows one task. */
  taskId: string | null;
  /** Makes such a widget show them all. */
  showAll?: () => void;
  height: string | null;
  theme: Theme;
  /** A page that lies in another application, which then owns the address, the title and the other keys. */
  surroundings?: Surroundings;
}

/** What an application such as JupyterLab does for a page that lies in it. */
export interface Surroundings {
  /** Show a file of the served folder. */
  openFile(path: string): void;
  /** Whether this file is open there with changes that are not on disk: a run would not see them. */
  isUnsaved(path: string): boolean;
  save(path: string): Promise<void>;
  /** Tells whenever a file was edited or saved there; returns the way to stop. */
  observe(tell: () => void): () => void;
}

/**
 * What every component of one mounted view shares, and the actions on tasks that several of them offer.
 * It stays out of Alpine's reactivity; `ui` is the reactive root.
 */
export class App {
  /** Set by the root as soon as Alpine has made it reactive. */
  ui!: SchedulerSettings;
  refs: Record<string, HTMLElement> = {};
  private readonly chunks = new Map<string, Promise<unknown>>();

  constructor(
    readonly session: Session,
    readonly view: TaskView,
    readonly root: HTMLElement,
    readonly options: MountOptions,
  ) {
    inert(this);
  }

  get api(): Api {
    return this.session.api;
  }

  get table(): TaskTable {
    return this.session.table;
  }

  get words(): Words {
    return this.options.words;
  }

  /** Loads a bundle that is not part of the core. */
  async importChunk<T>(name: string): Promise<T> {
    return (await this.fetchChunk(name)) as T;
  }

  /** Everything that is not on the first screen, with its styles. */
  async importPanels(): Promise<typeof import("../panels")> {
    const panels = await this.importChunk<typeof import("../panels")>("panels.js");
    panels.dressPanels(this.root);
    return panels;
  }

  fetchChunk(name: string): Promise<unknown> {
    const known = this.chunks.get(name);
    if (known) return known;
    const loading = this.loadChunk(name);
    this.chunks.set(name, loading);
    loading.catch(() => this.chunks.delete(name));
    return loading;
  }

  private async loadChunk(name: string): Promise<unknown> {
    const direct = this.options.importChunk(name);
    if (direct) return direct;
    // The browser reaches only the kernel: that has the same files.
    const source = await this.api.chunk(name);
    const blob = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    try {
      return await import(blob);
    } finally {
      URL.revokeObjectURL(blob);
    }
  }

  /** Do something once what was just changed is on the screen. */
  afterDrawing(act: () => void): void {
    Alpine.nextTick(() => requestAnimationFrame(act));
  }

  /** Put an element in the place of another, each with the directives on it. */
  replace(old: HTMLElement, fresh: HTMLElement): void {
    Alpine.destroyTree(old);
    old.replaceWith(fresh);
    Alpine.initTree(fresh);
  }

  /** A copy without Alpine's proxies, fit to be sent or kept. */
  plain<T>(value: T): T {
    return structuredClone(Alpine.raw(value)) as T;
  }

  explain(error: unknown): string {
    if (error instanceof ApiError) return error.offline ? this.words.liveHelp.offline : error.message;
    return error instanceof Error ? error.message : String(error);
  }

  fail(what: string, error: unknown): void {
    this.ui.toasts.show(this.words.failedTo(what, this.explain(error)), { level: "error" });
  }

  async runTask(task: Task, parameters?: Parameters): Promise<Run | null> {
    try {
      const run = await this.api.run(task.uuid, parameters);
      this.session.feed.hurry();
      const text =
        run?.state === "queued" ? this.words.queuedToast(task.name) : this.words.started(task.name);
      this.ui.toasts.show(text, { action: this.words.show, act: () => this.ui.openRun(run.id) });
      return run;
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) {
        const active = (error.detail.run as { id?: string } | undefined)?.id ?? task.active_runs?.[0]?.id;
        this.ui.toasts.show(this.words.failedTo(task.name, error.message || this.words.alreadyRunning), {
          level: "error",
          action: active ? this.words.show : "",
          act: () => active && this.ui.openRun(active),
        });
      } else this.fail(this.words.runTask(task.name), error);
      return null;
    }
  }

  async stopTask(task: Task): Promise<void> {
    try {
      const runs = task.active_runs?.length ? task.active_runs : await this.activeRuns(task.uuid);
      await Promise.all(runs.map((run) => this.api.cancel(run.id)));
      this.session.feed.hurry();
      this.ui.toasts.show(this.words.stopping(task.name));
    } catch (error) {
      this.fail(this.words.stopTask(task.name), error);
    }
  }

  async deleteTask(task: Task): Promise<void> {
    try {
      await this.api.remove(task.uuid);
      this.session.put({ deleted: [task.uuid] });
      this.ui.toasts.show(this.words.deleted(task.name), {
        action: this.words.undo,
        act: () => void this.restoreTask(task.uuid),
      });
    } catch (error) {
      this.fail(this.words.remove, error);
    }
  }

  async restoreTask(id: string): Promise<void> {
    try {
      const task = (await this.api.restore(id)) ?? (await this.api.task(id));
      this.session.put({ tasks: [task] });
      this.ui.toasts.show(this.words.restored(task.name));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        this.ui.toasts.show(this.words.missing.cannot, { level: "error" });
      } else this.fail(this.words.undo, error);
    }
  }

  async setEnabled(task: Task, enabled: boolean): Promise<void> {
    try {
      const saved = await this.api.update(task.uuid, { enabled });
      this.session.put({ tasks: [saved.task] });
      this.ui.toasts.show(enabled ? this.words.enabledToast(task.name) : this.words.disabledToast(task.name));
    } catch (error) {
      this.fail(enabled ? this.words.enable : this.words.disable, error);
    }
  }

  async resetTask(task: Task): Promise<void> {
    try {
      await this.api.reset(task.uuid);
      this.session.put({ tasks: [await this.api.task(task.uuid)] });
      this.ui.toasts.show(this.words.resetToast(task.name));
    } catch (error) {
      this.fail(this.words.reset, error);
    }
  }

  async copyText(text: string, said: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.ui.toasts.show(said);
    } catch (error) {
      this.fail(this.words.copyLink, error);
    }
  }

  private async activeRuns(taskId: string): Promise<{ id: string }[]> {
    const { runs } = await this.api.runs({ task_id: taskId, limit: 20 });
    return runs.filter((run) => run.state === "running" || run.state === "queued");
  }
}
