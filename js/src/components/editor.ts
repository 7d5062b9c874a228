import type { Task, TaskParts, TaskType } from "../store/model";
import { formOf, patchOf, sameForm, type TaskForm, taskOf } from "../store/task_form";
import type { SavedTask } from "../transport/api";
import { ApiError } from "../transport/transport";
import type { Words } from "../words/en";
import { readerZone } from "../words/times";
import type { App } from "./app";
import { ActionFields } from "./form/action_fields";
import { AttachmentList } from "./form/attachment_list";
import { type ConflictRow, conflictsOf } from "./form/conflict";
import { controlOf, labelOf } from "./form/controls";
import { type Draft, draftOf } from "./form/drafts";
import { FieldErrors } from "./form/field_errors";
import { FormChoices } from "./form/form_choices";
import { NotifyFields } from "./form/notify_fields";
import { PlannedDates, rowOfDate } from "./form/planned_dates";
import { ScheduleBuilder } from "./form/schedule_builder";
import { SchedulePreview } from "./form/schedule_preview";
import { STARTING_POINTS } from "./form/starting_points";
import { TokenFields } from "./form/token_fields";

const FOLDED = { details: false, notify: false, policy: false };

/**
 * The form that makes and changes tasks: opening and leaving it, saving, and what the server answered. What stands in
 * it is the business of its parts.
 */
export class Editor extends FieldErrors {
  open = false;
  loading = false;
  busy = false;
  id = "";
  /** The id that a new task is to have: sent again after a lost reply, it is not made twice. */
  newId = "";
  revision = 0;
  message = "";
  subtitle = "";
  conflict: ConflictRow[] = [];
  form: TaskForm = formOf({}, "UTC");
  /** The form as it was opened: what differs from it is what was changed. */
  start: TaskForm = formOf({}, "UTC");
  unfold = { ...FOLDED };
  /** A form that was left unsaved, and is offered again. */
  left: Draft | null = null;
  readonly choices: FormChoices;
  readonly cron: ScheduleBuilder;
  readonly preview: SchedulePreview;
  readonly dates: PlannedDates;
  readonly action: ActionFields;
  readonly notify: NotifyFields;
  readonly token: TokenFields;
  readonly files: AttachmentList;
  /** Counts the forms shown: what was asked for an earlier one is not meant for this. */
  private turn = 0;

  constructor(private readonly app: App) {
    super();
    this.choices = new FormChoices(app);
    this.cron = new ScheduleBuilder(app);
    this.preview = new SchedulePreview(app);
    this.dates = new PlannedDates(app);
    this.action = new ActionFields(app);
    this.notify = new NotifyFields(app);
    this.token = new TokenFields(app);
    this.files = new AttachmentList(app);
  }

  get words(): Words["editor"] {
    return this.app.words.editor;
  }

  get title(): string {
    return this.id ? this.words.editTitle : this.words.newTitle;
  }

  get dirty(): boolean {
    return !sameForm(this.start, this.form) || this.files.dirty || this.cron.unread;
  }

  get leftWords(): string {
    return this.left ? this.words.left(this.left.form.name) : "";
  }

  /** Labels of servers mean something here. */
  get labelled(): boolean {
    const { labels, shared } = this.choices;
    return shared || labels.length > 0 || this.form.serverLabel !== "";
  }

  get labelUnknown(): boolean {
    const label = this.form.serverLabel.trim();
    return this.choices.loaded && label !== "" && !this.choices.labels.includes(label);
  }

  // Opening

  create(type: TaskType, from: TaskParts = {}): void {
    this.begin("", formOf({ ...from, type, tags: from.tags ?? [] }, readerZone()));
    if (type === "planned" && this.form.dates.length === 0) {
      this.dates.add();
      this.start.dates = structuredClone(this.app.plain(this.form.dates));
    }
    this.app.ui.sheetOpened({ kind: "new", id: type });
  }

  /** A new task that runs this notebook. A form with something in it is not thrown away for it. */
  schedule(path: string): void {
    if (this.open && this.dirty) {
      this.app.ui.toasts.show(this.words.finishFirst);
      return;
    }
    this.begin("", formOf({ action: { kind: "notebook", path } }, readerZone()));
    this.action.pathChanged();
    // What was filled in for the reader is nothing that closing the form would lose.
    this.start.name = this.form.name;
    this.app.ui.sheetOpened({ kind: "new", id: "scheduled", notebook: path });
  }

  /** One of the starting points that the empty page offers. */
  startFrom(at: number): void {
    this.create("scheduled", STARTING_POINTS[at]);
  }

  async edit(id: string): Promise<void> {
    if (this.app.options.readOnly) {
      this.app.ui.openTask(id);
      return;
    }
    const known = this.app.table.get(id);
    this.begin(id, formOf(known ?? {}, readerZone()));
    const { turn } = this;
    this.subtitle = known?.name ?? "";
    this.loading = true;
    this.app.ui.sheetOpened({ kind: "edit", id, line: null });
    try {
      const task = await this.app.api.task(id);
      if (turn !== this.turn) return;
      this.fill(task);
    } catch (error) {
      if (turn !== this.turn) return;
      this.message =
        error instanceof ApiError && error.status === 404 ? this.words.gone : this.app.explain(error);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
    if (!this.message) this.app.ui.focusLater(() => (this.open ? controlOf(this.app, "name") : null));
  }

  async duplicate(id: string): Promise<void> {
    try {
      const task = await this.app.api.task(id);
      const names = task.attachments ?? [];
      const kept = names.length > 0 ? await this.app.api.attachments(id) : [];
      this.create(task.type, { ...task, name: this.app.words.copyOf(task.name) });
      this.files.copy(names, kept);
    } catch (error) {
      this.app.fail(this.app.words.duplicate, error);
    }
  }

  // Leaving

  /** Closes; what was typed can be brought back for as long as the page lives. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.app.ui.sheetClosed();
    if (this.dirty && !this.busy) this.offer(this.app.words.closedUnsaved);
  }

  reopen(): void {
    this.open = true;
    this.app.ui.sheetOpened(
      this.id ? { kind: "edit", id: this.id, line: null } : { kind: "new", id: this.form.type },
    );
    this.action.show();
  }

  /** The form that was left unsaved, in place of this one, which takes its turn to be offered. */
  bringBack(): void {
    const { left } = this;
    if (!left) return;
    const { form, start, rows, pending, removed, ...rest } = left;
    this.begin(rest.id, form);
    Object.assign(this, rest, { start });
    Object.assign(this.files, { rows, pending, removed });
    if (this.left === left) this.left = null;
    this.reopen();
  }

  dropLeft(): void {
    this.left = null;
  }

  onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.save(event.shiftKey);
    }
  }

  /** Called where a part was folded or unfolded by hand. */
  folded(part: keyof typeof FOLDED, event: Event): void {
    this.unfold[part] = (event.target as HTMLDetailsElement).open;
  }

  /** Ask the application around this page about the notebook: it may have been edited or saved meanwhile. */
  lookAround(): void {
    this.action.lookAround();
  }

  typeChanged(): void {
    this.touch("schedule");
    this.touch("plan");
    if (this.form.type === "planned" && this.form.dates.length === 0) this.dates.add();
    else this.preview.changed();
  }

  dispose(): void {
    this.action.dispose();
  }

  // Saving

  async save(thenRun: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.message = "";
    this.forgetErrors();
    const { turn } = this;
    try {
      if (!(await this.cron.settled())) {
        this.point(this.bad("schedule") ? this.words.checkFields : this.app.words.liveHelp.offline);
        return;
      }
      const isNew = !this.id;
      const saved = await this.send();
      const { task } = saved;
      this.app.session.put({ tasks: [task] });
      if (turn !== this.turn) return;
      this.id = task.uuid;
      if (!(await this.sendFiles(task.uuid))) return;
      this.settle();
      this.open = false;
      this.app.ui.sheetClosed();
      if (saved.token_secret) this.app.ui.token.show(task, saved.token_secret);
      if (thenRun) void this.app.runTask(task);
      else this.app.ui.toasts.show(this.app.words[isNew ? "created" : "saved"](task.name));
    } catch (error) {
      if (turn === this.turn) await this.refuse(error);
      else this.app.fail(this.words.saveFailed, error);
    } finally {
      if (turn === this.turn) this.busy = false;
    }
  }

  async remove(): Promise<void> {
    const task = this.app.table.get(this.id);
    this.settle();
    this.close();
    if (task) await this.app.deleteTask(task);
  }

  async takeTheirs(): Promise<void> {
    await this.edit(this.id);
  }

  /** Save over the other change: the patch holds only the fields changed here, theirs elsewhere stay. */
  async keepMine(): Promise<void> {
    this.conflict = [];
    await this.save(false);
  }

  private begin(id: string, form: TaskForm): void {
    if (this.dirty && !this.busy) this.left = draftOf(this, this.app);
    this.turn++;
    this.id = id;
    this.newId = id ? "" : (crypto.randomUUID?.() ?? "");
    this.revision = 0;
    this.message = "";
    this.subtitle = "";
    this.errors = {};
    this.conflict = [];
    this.token.clear();
    this.files.show("", []);
    this.unfold = { ...FOLDED };
    this.loading = false;
    this.busy = false;
    this.open = true;
    this.setForm(form);
    void this.choices.load().then(() => this.action.chooseEndpoint());
    // A server that tells nobody of anything has no such part.
    void this.app.ui.notifications.read().catch(() => {});
    this.app.ui.contexts.ensure();
    this.app.ui.focusLater(() => this.app.refs.editorForm?.querySelector<HTMLElement>("input[type=text]"));
    this.app.ui.focusLater(() => {
      if (this.app.refs.editorBody) this.app.refs.editorBody.scrollTop = 0;
      return null;
    });
  }

  private fill(task: Task): void {
    this.subtitle = task.name;
    this.setForm(formOf(task, readerZone()));
    this.action.chooseEndpoint();
    this.token.show(task);
    this.files.show(task.uuid, task.attachments ?? []);
    this.unfold.details = Boolean(task.description);
  }

  private setForm(form: TaskForm): void {
    this.form = form;
    this.start = structuredClone(this.app.plain(form));
    this.cron.show();
    this.action.show(form.kind === "notebook" ? form.path : "");
  }

  /** Nothing in this form is unsaved. */
  private settle(): void {
    this.start = structuredClone(this.app.plain(this.form));
    this.files.settle();
  }

  private async send(): Promise<SavedTask> {
    const form = this.app.plain(this.form);
    if (this.id) return this.change(this.id, this.app.plain(this.start), form, this.revision);
    try {
      return await this.app.api.create({ ...taskOf(form), ...(this.newId ? { uuid: this.newId } : {}) });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409 && error.field === "uuid")) throw error;
      // It was made by an attempt whose reply was lost: what was changed since is put on top.
      const made = await this.app.api.task(this.newId);
      return this.change(made.uuid, formOf(made, readerZone()), form, made.revision);
    }
  }

  private async change(id: string, from: TaskForm, to: TaskForm, revision: number): Promise<SavedTask> {
    const patch = patchOf(from, to);
    if (Object.keys(patch).length === 0) return { task: await this.app.api.task(id) };
    return this.app.api.update(id, patch, revision);
  }

  private async refuse(error: unknown): Promise<void> {
    const refusal = error instanceof ApiError ? error : null;
    if (refusal?.status === 412 && this.id) await this.showConflict();
    else if (refusal?.status === 404 && !refusal.missing && this.id) this.makeAnew();
    else if (refusal?.field) this.showRefusal(refusal.field, refusal.message);
    else this.message = `${this.words.saveFailed}: ${this.app.explain(error)}`;
    // Closed while it was being saved: the reader must hear of it all the same.
    if (!this.open) this.offer(this.message || this.words.conflict.title);
  }

  private showRefusal(field: string, why: string): void {
    const place = /^plan\.todo\.(\d+)/.exec(field)?.[1];
    const at = place === undefined ? field : this.dates.path(rowOfDate(Number(place), this.form));
    this.errors[at] = why;
    if (at.startsWith("policy")) this.unfold.policy = true;
    if (at.startsWith("notify")) this.unfold.notify = true;
    if (at === "description" || at.startsWith("tags")) this.unfold.details = true;
    this.point(controlOf(this.app, at) ? this.words.checkFields : `${this.words.saveFailed}: ${why}`);
  }

  /** Say it on top, and go to the first field that was refused. */
  private point(message: string): void {
    this.message = message;
    this.app.ui.focusLater(() =>
      [...(this.app.refs.editorForm?.querySelectorAll<HTMLElement>('[aria-invalid="true"]') ?? [])].find(
        (control) => control.checkVisibility(),
      ),
    );
  }

  /** The task was deleted meanwhile: what stands here can still be made into a new one. */
  private makeAnew(): void {
    this.id = "";
    this.newId = crypto.randomUUID?.() ?? "";
    this.token.clear();
    this.message = this.words.deletedMeanwhile;
  }

  private offer(message: string): void {
    this.app.ui.toasts.show(message, { action: this.app.words.reopen, act: () => this.reopen() });
  }

  /** What the server says of the schedule as it is now stays true; all else is asked anew. */
  private forgetErrors(): void {
    const { refusal } = this.preview;
    this.errors = refusal ? { [refusal.path]: refusal.message } : {};
  }

  private async showConflict(): Promise<void> {
    try {
      const theirs = await this.app.api.task(this.id);
      const label = (path: string): string => labelOf(this.app, path);
      this.conflict = conflictsOf(this.app.plain(this.start), this.app.plain(this.form), theirs, label);
      this.revision = theirs.revision;
      this.app.session.put({ tasks: [theirs] });
      if (this.conflict.length > 0) return;
      // Both saved the same: there is nothing to decide.
      this.settle();
      this.close();
    } catch (error) {
      this.message = this.app.explain(error);
    }
  }

  private async sendFiles(id: string): Promise<boolean> {
    try {
      await this.files.send(id);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.missing) {
        this.app.ui.can.attachments = false;
        this.app.fail(this.words.attachments, error);
        return true;
      }
      // The task itself is saved; only the files are not, and the form stays open to try again.
      this.start = structuredClone(this.app.plain(this.form));
      this.errors = { attachments: this.app.explain(error) };
      this.point(this.words.filesNotSent);
      this.revision = (await this.app.api.task(id)).revision;
      return false;
    }
  }
}
