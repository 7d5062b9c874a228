import type { BulkResult, Task } from "../store/model";
import { tagList } from "../store/task_form";
import type { App } from "./app";

type BulkAction = "run" | "enable" | "disable" | "delete" | "tag";

/** A confirmation is asked from this many deletions on; fewer can be undone in one click. */
const CONFIRM_FROM = 11;

/** What takes an action back. */
const OPPOSITES: Partial<Record<BulkAction, string>> = {
  delete: "restore",
  enable: "disable",
  disable: "enable",
};

/** What is done to all selected tasks at once, with what came of it for each. */
export class Bulk {
  confirming = false;
  tagging = false;
  tags = "";
  busy = false;
  results: { id: string; name: string; message: string }[] = [];
  resultsOpen = false;
  title = "";

  constructor(private readonly app: App) {}

  async act(action: BulkAction): Promise<void> {
    const ids = [...this.app.view.selected];
    if (ids.length === 0 || this.busy) return;
    if (action === "delete" && ids.length >= CONFIRM_FROM && !this.confirming) {
      this.title = this.app.words.bulk.confirmTitle(ids.length);
      this.confirming = true;
      return;
    }
    this.confirming = false;
    await this.send(action, ids);
  }

  askTags(): void {
    this.tags = "";
    this.tagging = true;
  }

  async applyTags(): Promise<void> {
    const tags = tagList(this.tags);
    this.tagging = false;
    if (tags.length > 0) await this.send("tag", [...this.app.view.selected], tags);
  }

  cancel(): void {
    this.confirming = false;
    this.tagging = false;
    this.resultsOpen = false;
  }

  private async send(action: BulkAction, ids: string[], tags?: string[]): Promise<void> {
    const { table } = this.app;
    const before = new Map(ids.map((id) => [id, table.get(id) ?? undefined]));
    this.busy = true;
    try {
      const results = await this.app.api.bulk(action, ids, tags);
      const done = results.filter((result) => result.ok).map((result) => result.id);
      if (action === "delete") this.app.session.put({ deleted: done });
      else this.app.session.feed.hurry();
      this.app.view.clearSelection();
      this.sayDone(
        action,
        done,
        done.filter((id) => changes(action, before.get(id))),
      );
      const failed = results.filter((result) => !result.ok);
      if (failed.length > 0) this.sayFailed(action, done.length, failed, before);
    } catch (error) {
      this.app.fail(this.label(action), error);
    } finally {
      this.busy = false;
    }
  }

  /** `changed` are those that are not as they were, and can be again. */
  private sayDone(action: BulkAction, done: string[], changed: string[]): void {
    if (done.length === 0) return;
    const { words } = this.app;
    const text =
      action === "delete" ? words.deletedMany(done.length) : words.bulk.done(this.label(action), done.length);
    const opposite = OPPOSITES[action];
    if (!opposite || changed.length === 0) this.app.ui.toasts.show(text);
    else
      this.app.ui.toasts.show(text, { action: words.undo, act: () => void this.takeBack(opposite, changed) });
  }

  private sayFailed(
    action: BulkAction,
    done: number,
    failed: BulkResult[],
    before: ReadonlyMap<string, Task | undefined>,
  ): void {
    const { bulk } = this.app.words;
    this.results = failed.map(({ id, error }) => ({
      id,
      name: before.get(id)?.name ?? id,
      message: error?.message ?? "",
    }));
    this.app.ui.toasts.show(bulk.partly(this.label(action), done, failed.length), {
      level: "error",
      action: bulk.results,
      act: () => {
        this.app.ui.bulk.resultsOpen = true;
      },
    });
  }

  private async takeBack(action: string, ids: string[]): Promise<void> {
    const { words } = this.app;
    try {
      const results = await this.app.api.bulk(action, ids);
      const bad = results.filter((result) => !result.ok).length;
      this.app.session.feed.hurry();
      if (bad > 0) {
        this.app.ui.toasts.show(words.bulk.partly(words.undo, ids.length - bad, bad), { level: "error" });
      } else this.app.ui.toasts.show(words.bulk.done(words.undo, ids.length));
    } catch (error) {
      this.app.fail(words.undo, error);
    }
  }

  private label(action: BulkAction): string {
    const { bulk } = this.app.words;
    return { run: bulk.run, enable: bulk.enable, disable: bulk.disable, delete: bulk.remove, tag: bulk.tag }[
      action
    ];
  }
}

/** Whether the action made another task of it. */
function changes(action: BulkAction, task: Task | undefined): boolean {
  if (action === "enable" || action === "disable") return task?.enabled === (action === "disable");
  return true;
}
