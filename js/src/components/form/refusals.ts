import { ApiError } from "../../transport/transport";
import type { App } from "../app";
import type { Editor } from "../editor";
import { type ConflictRow, conflictsOf } from "./conflict";
import { controlOf, labelOf } from "./controls";
import { rowOfDate } from "./planned_dates";
import { newTaskId } from "./sending";

/** The code editor is a group of its own, and groups are not called invalid. */
const INVALID = '[aria-invalid="true"], [data-invalid="true"]';

/** What becomes of a form that the server would not take: said at its fields, side by side with another's, or on top. */
export class Refusals {
  /** Where the task that someone else saved meanwhile differs from the form. */
  conflict: ConflictRow[] = [];

  constructor(private readonly app: App) {}

  async meet(error: unknown): Promise<void> {
    const { editor } = this;
    const refusal = error instanceof ApiError ? error : null;
    if (refusal?.status === 412 && editor.id) await this.showConflict();
    else if (refusal?.status === 404 && !refusal.missing && editor.id) this.makeAnew();
    else if (refusal?.field) this.showField(refusal.field, refusal.message);
    else editor.message = `${editor.words.saveFailed}: ${this.app.explain(error)}`;
    // Closed while it was being saved: the reader must hear of it all the same.
    if (!editor.open) editor.offer(editor.message || editor.words.conflict.title);
  }

  /** Say it on top, and go to the first field that was refused. */
  point(message: string): void {
    this.editor.message = message;
    this.app.ui.focusLater(() => {
      const { editorForm } = this.app.refs;
      const bad = editorForm?.querySelectorAll<HTMLElement>(INVALID) ?? [];
      return [...bad].find((control) => control.checkVisibility());
    });
  }

  async takeTheirs(): Promise<void> {
    await this.editor.edit(this.editor.id);
  }

  /** Save over the other change: the patch holds only the fields changed here, theirs elsewhere stay. */
  async keepMine(): Promise<void> {
    this.conflict = [];
    await this.editor.save(false);
  }

  private get editor(): Editor {
    return this.app.ui.editor;
  }

  private showField(field: string, why: string): void {
    const { editor } = this;
    const place = /^plan\.todo\.(\d+)/.exec(field)?.[1];
    const at = place === undefined ? field : editor.dates.path(rowOfDate(Number(place), editor.form));
    editor.errors[at] = why;
    if (at.startsWith("policy")) editor.unfold.policy = true;
    if (at.startsWith("notify")) editor.unfold.notify = true;
    if (at === "description" || at.startsWith("tags")) editor.unfold.details = true;
    const { checkFields, saveFailed } = editor.words;
    this.point(controlOf(this.app, at) ? checkFields : `${saveFailed}: ${why}`);
  }

  /** The task was deleted meanwhile: what stands here can still be made into a new one. */
  private makeAnew(): void {
    const { editor } = this;
    editor.id = "";
    editor.newId = newTaskId();
    editor.token.clear();
    editor.message = editor.words.deletedMeanwhile;
  }

  private async showConflict(): Promise<void> {
    const { app, editor } = this;
    try {
      const theirs = await app.api.task(editor.id);
      const label = (path: string): string => labelOf(app, path);
      this.conflict = conflictsOf(app.plain(editor.start), app.plain(editor.form), theirs, label);
      editor.revision = theirs.revision;
      app.session.put({ tasks: [theirs] });
      if (this.conflict.length > 0) return;
      // Both saved the same: there is nothing to decide.
      editor.settle();
      editor.close();
    } catch (error) {
      editor.message = app.explain(error);
    }
  }
}
