import type { Task, TaskParts, TaskType } from "../store/model";
import { differences } from "../store/patch";
import {
  formOf,
  parameterRows,
  parametersOf,
  patchOf,
  sameForm,
  type TaskForm,
  taskOf,
} from "../store/task_form";
import type { SavedTask } from "../transport/api";
import { ApiError } from "../transport/transport";
import { fullTime, readerZone } from "../words/times";
import type { App } from "./app";
import { AttachmentList } from "./attachment_list";
import { CodeField } from "./code_field";
import { NotebookPicker } from "./notebook_picker";
import { ScheduleBuilder } from "./schedule_builder";

interface ConflictRow {
  path: string;
  mine: string;
  theirs: string;
}

/**
 * The form that makes and changes tasks. What the schedule says is ScheduleBuilder's; this is the rest:
 * loading, the action's fields, files, saving, and what the server answered at which field.
 */
export class Editor extends ScheduleBuilder {
  open = false;
  loading = false;
  busy = false;
  id = "";
  revision = 0;
  message = "";
  subtitle = "";
  tokenWords = "";
  hasToken = false;
  conflict: ConflictRow[] = [];
  /** The notebook is open, in the application around this page, with changes that a run would not see. */
  notebookUnsaved = false;
  kernels: { name: string; title: string }[] = [];
  readonly picker: NotebookPicker;
  readonly files: AttachmentList;
  unfold = { details: false, policy: false };
  /** The form as it was opened: what differs from it is what was changed. */
  start: TaskForm = formOf({}, "UTC");
  private asked = "";
  private readonly codeField: CodeField;

  constructor(app: App) {
    super(app);
    this.codeField = new CodeField(app);
    this.picker = new NotebookPicker(app);
    this.files = new AttachmentList(app);
  }

  get title(): string {
    const { editor } = this.app.words;
    return this.id ? editor.editTitle : editor.newTitle;
  }

  get dirty(): boolean {
    return !sameForm(this.start, this.form) || this.files.dirty;
  }

  create(type: TaskType, from: TaskParts = {}): void {
    this.begin("", formOf({ ...from, type, tags: from.tags ?? [] }, readerZone()));
    if (type === "planned" && this.form.dates.length === 0) {
      this.addDate();
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
    const action = { kind: "notebook", path, parameters: {}, kernel_name: null, kernel: "fresh" } as const;
    this.begin("", formOf({ type: "scheduled", action }, readerZone()));
    this.pathChanged();
    // What was filled in for the reader is nothing that closing the form would lose.
    this.start.name = this.form.name;
    this.app.ui.sheetOpened({ kind: "new", id: "scheduled", notebook: path });
  }

  /** One of the starting points that the empty page offers. */
  startFrom(at: number): void {
    const starters: Partial<Task>[] = [
      {
        name: "",
        action: { kind: "notebook", path: "", parameters: {}, kernel_name: null, kernel: "fresh" },
      },
      { name: "", action: { kind: "command", argv: [], cwd: null, env: {} } },
      { name: "", action: { kind: "code", source: "", parameters: {}, kernel_name: null, kernel: "fresh" } },
    ];
    this.create("scheduled", starters[at]);
    this.preset(["0 7 * * 1-5", "0 2 * * *", "*/15 * * * *"][at]!);
    this.start.fields = { ...this.form.fields };
  }

  async edit(id: string): Promise<void> {
    if (this.app.options.readOnly) {
      this.app.ui.openTask(id);
      return;
    }
    const known = this.app.table.get(id);
    this.begin(id, formOf(known ?? {}, readerZone()));
    this.subtitle = known?.name ?? "";
    this.loading = true;
    this.app.ui.sheetOpened({ kind: "edit", id, line: null });
    try {
      this.fill(await this.app.api.task(id));
    } catch (error) {
      this.message =
        error instanceof ApiError && error.status === 404 ? this.words.gone : this.app.explain(error);
    } finally {
      this.loading = false;
    }
    if (!this.message) {
      this.app.ui.focusLater(() =>
        this.open ? this.app.root.querySelector(`#${CSS.escape(this.app.ui.fieldId("name"))}`) : null,
      );
    }
  }

  async duplicate(id: string): Promise<void> {
    try {
      const task = await this.app.api.task(id);
      this.create(task.type, {
        ...task,
        uuid: undefined,
        name: this.app.words.copyOf(task.name),
        token: null,
      });
    } catch (error) {
      this.app.fail(this.app.words.duplicate, error);
    }
  }

  /** Closes; what was typed can be brought back for as long as the page lives. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.app.ui.sheetClosed();
    if (this.dirty && !this.busy) {
      this.app.ui.toasts.show(this.app.words.closedUnsaved, {
        action: this.app.words.reopen,
        act: () => this.reopen(),
      });
    }
  }

  reopen(): void {
    this.open = true;
    this.app.ui.sheetOpened(
      this.id ? { kind: "edit", id: this.id, line: null } : { kind: "new", id: this.form.type },
    );
    this.codeField.mount(this);
  }

  onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.save(event.shiftKey);
    }
  }

  async save(thenRun: boolean): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.message = "";
    this.forgetErrors();
    try {
      const saved = await this.send();
      const { task } = saved;
      this.id = task.uuid;
      this.app.session.put({ tasks: [task] });
      if (!(await this.sendFiles(task.uuid))) return;
      this.start = structuredClone(this.app.plain(this.form));
      this.files.settle();
      this.open = false;
      this.app.ui.sheetClosed();
      if (saved.token_secret) this.app.ui.token.show(task, saved.token_secret);
      if (thenRun) void this.app.runTask(task);
      else
        this.app.ui.toasts.show(
          this.revision ? this.app.words.saved(task.name) : this.app.words.created(task.name),
        );
    } catch (error) {
      await this.refuse(error);
    } finally {
      this.busy = false;
    }
  }

  async remove(): Promise<void> {
    const task = this.app.table.get(this.id);
    this.start = structuredClone(this.app.plain(this.form));
    this.files.settle();
    this.close();
    if (task) await this.app.deleteTask(task);
  }

  async rotateToken(): Promise<void> {
    try {
      const saved = await this.app.api.rotateToken(this.id);
      if (saved.token_secret)
        this.app.ui.token.show(saved.task ?? this.app.table.get(this.id), saved.token_secret);
      if (saved.task) this.tokenChanged(saved.task);
    } catch (error) {
      this.app.fail(this.app.words.token.rotate, error);
    }
  }

  async revokeToken(): Promise<void> {
    try {
      await this.app.api.revokeToken(this.id);
      this.tokenChanged(await this.app.api.task(this.id));
      this.app.ui.toasts.show(this.app.words.token.revoked);
    } catch (error) {
      this.app.fail(this.app.words.token.revoke, error);
    }
  }

  async takeTheirs(): Promise<void> {
    this.conflict = [];
    await this.edit(this.id);
  }

  /** Save over the other change: the patch holds only the fields changed here, theirs elsewhere stay. */
  async keepMine(): Promise<void> {
    this.conflict = [];
    await this.save(false);
  }

  kindChanged(): void {
    this.errors = {};
    this.lookAround();
    this.codeField.mount(this);
  }

  addParameter(): void {
    this.form.parameters.push({ name: "", value: "", hint: "" });
  }

  removeParameter(at: number): void {
    this.form.parameters.splice(at, 1);
  }

  removeParameterLabel(row: { name: string }): string {
    return this.words.removeParameter(row.name);
  }

  pickerSearch(): void {
    this.touch("action.path");
    this.picker.search(this.form.path);
  }

  pickerKey(event: KeyboardEvent): void {
    const path = this.picker.key(event);
    if (path !== null) this.pick(path);
  }

  pick(path: string): void {
    this.form.path = path;
    this.picker.close();
    this.pathChanged();
  }

  /** Offer the notebook's own parameters, and its title as the name of a new task. */
  pathChanged(): void {
    const { path } = this.form;
    this.lookAround();
    if (!path.endsWith(".ipynb") || path === this.asked) return;
    this.asked = path;
    if (!this.form.name) {
      const stem = path
        .split("/")
        .at(-1)!
        .replace(/\.ipynb$/, "");
      const words = stem.replaceAll(/[_-]+/g, " ").trim();
      this.form.name = words.charAt(0).toUpperCase() + words.slice(1);
    }
    void this.loadParameters(path);
  }

  /** Ask the application around this page about the notebook: it may have been edited or saved meanwhile. */
  lookAround(): void {
    const { surroundings } = this.app.options;
    const { kind, path } = this.form;
    this.notebookUnsaved = kind === "notebook" && path !== "" && (surroundings?.isUnsaved(path) ?? false);
  }

  async saveNotebook(): Promise<void> {
    try {
      await this.app.options.surroundings?.save(this.form.path);
    } catch (error) {
      this.app.fail(this.words.saveNotebook, error);
    }
  }

  dispose(): void {
    this.codeField.dispose();
  }

  protected override currentId(): string {
    return this.id;
  }

  private begin(id: string, form: TaskForm): void {
    this.id = id;
    this.revision = 0;
    this.message = "";
    this.subtitle = "";
    this.tokenWords = "";
    this.errors = {};
    this.conflict = [];
    this.files.show("", []);
    this.asked = "";
    this.picker.close();
    this.unfold = { details: false, policy: false };
    this.loading = false;
    this.open = true;
    this.setForm(form);
    void this.loadKernels();
    this.app.ui.contexts.ensure();
    this.app.ui.focusLater(() => this.app.refs.editorForm?.querySelector<HTMLElement>("input[type=text]"));
    this.app.ui.focusLater(() => {
      if (this.app.refs.editorBody) this.app.refs.editorBody.scrollTop = 0;
      return null;
    });
  }

  private fill(task: Task): void {
    this.revision = task.revision;
    this.subtitle = task.name;
    this.setForm(formOf(task, readerZone()));
    this.tokenChanged(task);
    this.files.show(task.uuid, task.attachments ?? []);
    this.unfold.details = Boolean(task.description);
    if (this.form.kind === "notebook" && this.form.path) {
      this.asked = this.form.path;
      void this.loadParameters(this.form.path);
    }
  }

  /** Say what is known of the token; its change counts as a save, but is none of this form's. */
  private tokenChanged(task: Task): void {
    const { token: words } = this.app.words;
    this.revision = task.revision;
    this.hasToken = Boolean(task.token);
    if (task.type !== "adhoc") this.tokenWords = "";
    else if (!task.token) this.tokenWords = words.none;
    else {
      const used = task.token.last_used ? words.used(fullTime(task.token.last_used)) : words.unused;
      this.tokenWords = `${words.last4(task.token.last4)}, ${used}`;
    }
  }

  private setForm(form: TaskForm): void {
    this.form = form;
    this.start = structuredClone(form);
    this.showForm();
    this.lookAround();
    this.codeField.mount(this);
  }

  private async send(): Promise<SavedTask> {
    const form = this.app.plain(this.form);
    if (!this.id) return this.app.api.create(taskOf(form));
    const patch = patchOf(this.app.plain(this.start), form);
    if (Object.keys(patch).length === 0) return { task: await this.app.api.task(this.id) };
    return this.app.api.update(this.id, patch, this.revision);
  }

  private async refuse(error: unknown): Promise<void> {
    if (error instanceof ApiError && error.status === 412 && this.id) {
      await this.showConflict();
      return;
    }
    const at = error instanceof ApiError ? error.field : null;
    if (at) {
      this.errors[at] = (error as ApiError).message;
      if (at.startsWith("policy")) this.unfold.policy = true;
      if (at === "description" || at.startsWith("tags")) this.unfold.details = true;
      this.message = this.fieldShown(at)
        ? this.words.checkFields
        : `${this.words.saveFailed}: ${(error as ApiError).message}`;
      this.app.ui.focusLater(() =>
        this.app.refs.editorForm?.querySelector<HTMLElement>('[aria-invalid="true"]'),
      );
    } else this.message = `${this.words.saveFailed}: ${this.app.explain(error)}`;
  }

  /** What the server says of the schedule as it is now stays true; all else is asked anew. */
  private forgetErrors(): void {
    const { refusal } = this;
    this.errors = refusal ? { [refusal.path]: refusal.message } : {};
  }

  /** Whether the form has a control for a field that the server named; if not, its message goes on top. */
  private fieldShown(path: string): boolean {
    const form = this.app.refs.editorForm;
    if (!form) return false;
    for (let at = path; at; at = at.slice(0, Math.max(0, at.lastIndexOf(".")))) {
      if (form.querySelector(`[data-field="${CSS.escape(at)}"], #${CSS.escape(this.app.ui.fieldId(at))}`))
        return true;
    }
    return ["plan", "attachments"].some((group) => path.startsWith(group));
  }

  private async showConflict(): Promise<void> {
    try {
      const theirs = await this.app.api.task(this.id);
      const mine = this.app.plain(this.form);
      this.conflict = differences(taskOf(mine), taskOf(formOf(theirs, readerZone()))).map((row) => ({
        path: row.path,
        mine: JSON.stringify(row.mine) ?? "",
        theirs: JSON.stringify(row.theirs) ?? "",
      }));
      this.revision = theirs.revision;
      this.app.session.put({ tasks: [theirs] });
      // Both saved the same: there is nothing to decide.
      if (this.conflict.length === 0) this.close();
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
      this.errors = { attachments: this.app.explain(error) };
      this.revision = (await this.app.api.task(id)).revision;
      this.start = structuredClone(this.app.plain(this.form));
      return false;
    }
  }

  private async loadKernels(): Promise<void> {
    if (this.kernels.length > 0) return;
    try {
      this.kernels = await this.app.api.kernels();
    } catch {
      this.kernels = [];
    }
  }

  private async loadParameters(path: string): Promise<void> {
    try {
      // A path that is being typed, or whose notebook has gone, is no failure to fetch: look first.
      const there = await this.app.api.notebooks(path);
      if (path !== this.form.path || !there.some((notebook) => notebook.path === path)) return;
      const found = await this.app.api.notebookParameters(path);
      if (path !== this.form.path) return;
      const rows = parameterRows(parametersOf(this.form.parameters), found.parameters);
      const clean = !this.dirty;
      this.form.parameters = rows;
      if (clean) this.start.parameters = structuredClone(rows);
    } catch {
      // A notebook that cannot be read is the server's to name, at the field, on saving.
    }
  }
}
