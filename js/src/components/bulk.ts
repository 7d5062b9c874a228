import type { BulkResult } from "../store/model";
import { tagList } from "../store/task_form";
import type { App } from "./app";

type BulkAction = "run" | "enable" | "disable" | "delete" | "tag";

/** A confirmation is asked from this many deletions on; fewer can be undone in one click. */
const CONFIRM_FROM = 11;

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
    const names = new Map(ids.map((id) => [id, table.get(id)?.name ?? id]));
    this.busy = true;
    try {
      const results = await this.app.api.bulk(action, ids, tags);
      const done = results.filter((result) => result.ok).map((result) => result.id);
      if (action === "delete") this.app.session.put({ deleted: done });
      else this.app.session.feed.hurry();
      this.app.view.clearSelection();
      this.say(action, results, names);
    } catch (error) {
      this.app.fail(this.label(action), error);
    } finally {
      this.busy = false;
    }
  }

  private say(action: BulkAction, results: BulkResult[], names: Map<string, string>): void {
    const { words } = this.app;
    const done = results.filter((result) => result.ok).map((result) => result.id);
    const failed = results.filter((result) => !result.ok);
    this.results = failed.map((result) => ({
      id: result.id,
      name: names.get(result.id) ?? result.id,
      message: result.error?.message ?? "",
    }));
    if (failed.length > 0) {
      this.app.ui.toasts.show(words.bulk.partly(this.label(action), done.length, failed.length), {
        level: "error",
        action: words.bulk.results,
        act: () => {
          this.app.ui.bulk.resultsOpen = true;
        },
      });
    } else if (action === "delete") {
      this.app.ui.toasts.show(words.deletedMany(done.length), {
        action: words.undo,
        act: () => void this.restore(done),
      });
    } else this.app.ui.toasts.show(words.bulk.done(this.label(action), done.length));
  }

  private async restore(ids: string[]): Promise<void> {
    const { words } = this.app;
    try {
      const results = await this.app.api.bulk("restore", ids);
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
