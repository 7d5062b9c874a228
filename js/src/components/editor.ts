import type { Task, TaskParts, TaskType } from "../store/model";
import { formOf, sameForm, type TaskForm } from "../store/task_form";
import { ApiError } from "../transport/transport";
import type { Words } from "../words/en";
import { readerZone } from "../words/times";
import type { App } from "./app";
import { ActionFields } from "./form/action_fields";
import { AttachmentList } from "./form/attachment_list";
import { controlOf } from "./form/controls";
import { type Draft, draftOf } from "./form/drafts";
import { FieldErrors } from "./form/field_errors";
import { FormChoices } from "./form/form_choices";
import { NotifyFields } from "./form/notify_fields";
import { PlannedDates } from "./form/planned_dates";
import { Refusals } from "./form/refusals";
import { ScheduleBuilder } from "./form/schedule_builder";
import { SchedulePreview } from "./form/schedule_preview";
import { newTaskId, sendForm } from "./form/sending";
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
  readonly refusals: Refusals;
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
    this.refusals = new Refusals(app);
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

  // Opening

  create(type: TaskType, from: TaskParts = {}): void {
    this.begin("", formOf({ ...from, type, tags: from.tags ?? [] }, readerZone()));
    if (type === "planned" && this.form.dates.length === 0) {
      this.dates.add();
      this.start.dates = structuredClone(this.app.plain(this.form.dates));
    }
    this.app.ui.sheets.opened({ kind: "new", id: type });
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
    this.app.ui.sheets.opened({ kind: "new", id: "scheduled", notebook: path });
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
    this.app.ui.sheets.opened({ kind: "edit", id, line: null });
    try {
      const task = await this.app.api.task(id);
      if (turn !== this.turn) return;
      this.fill(task);
    } catch (error) {
      if (turn !== this.turn) return;
      if (error instanceof ApiError && error.status === 404) this.sayGone();
      else this.message = this.app.explain(error);
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
    this.leave();
    if (this.dirty && !this.busy) this.offer(this.app.words.closedUnsaved);
  }

  reopen(): void {
    this.open = true;
    this.app.ui.sheets.opened(
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
        this.refusals.point(this.bad("schedule") ? this.words.checkFields : this.app.words.liveHelp.offline);
        return;
      }
      const [start, form] = [this.app.plain(this.start), this.app.plain(this.form)];
      const { id, newId, revision } = this;
      const saved = await sendForm(this.app.api, { id, newId, revision, start, form });
      const { task } = saved;
      this.app.session.put({ tasks: [task] });
      if (turn !== this.turn) return;
      this.id = task.uuid;
      if (!(await this.sendFiles(task.uuid))) return;
      this.start = form;
      this.files.settle();
      // What was typed while it was being saved is still to be saved.
      if (this.dirty) this.revision = (await this.app.api.task(task.uuid)).revision;
      else if (this.open) this.leave();
      if (saved.token_secret) this.app.ui.token.show(task, saved.token_secret);
      if (thenRun) void this.app.runTask(task);
      else this.app.ui.toasts.show(this.app.words[id ? "saved" : "created"](task.name));
    } catch (error) {
      if (turn === this.turn) await this.refusals.meet(error);
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

  /** The sheet of a task says that it is gone, and what can be done. */
  private sayGone(): void {
    this.open = false;
    this.app.ui.openTask(this.id);
  }

  private leave(): void {
    this.open = false;
    this.app.ui.sheets.closed();
  }

  private begin(id: string, form: TaskForm): void {
    if (this.dirty && !this.busy) this.left = draftOf(this, this.app);
    this.turn++;
    this.id = id;
    this.newId = id ? "" : newTaskId();
    this.revision = 0;
    this.message = "";
    this.subtitle = "";
    this.errors = {};
    this.refusals.conflict = [];
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
  settle(): void {
    this.start = structuredClone(this.app.plain(this.form));
    this.files.settle();
  }

  /** Tell of a form that is closed, and offer it again. */
  offer(message: string): void {
    this.app.ui.toasts.show(message, { action: this.app.words.reopen, act: () => this.reopen() });
  }

  /** What the server says of the schedule as it is now stays true; all else is asked anew. */
  private forgetErrors(): void {
    const { refusal } = this.preview;
    this.errors = refusal ? { [refusal.path]: refusal.message } : {};
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
      this.app.ui.sheets.opened({ kind: "edit", id, line: null });
      this.start = structuredClone(this.app.plain(this.form));
      this.errors = { attachments: this.app.explain(error) };
      this.refusals.point(this.words.filesNotSent);
      this.revision = (await this.app.api.task(id)).revision;
      return false;
    }
  }
}
