import { rowsOf, WITH_PARAMETERS } from "../../store/action_form";
import { type ParameterRow, parameterRows, parametersOf } from "../../store/parameters";
import type { App } from "../app";
import type { Editor } from "../editor";
import { CodeField } from "./code_field";
import { NotebookPicker } from "./notebook_picker";

/** What the task does: its notebook, code, command or prompt, and the parameters of that. */
export class ActionFields {
  readonly picker: NotebookPicker;
  /** There is no notebook at the path, though there may have been one. */
  gone = false;
  /** The notebook is open, in the application around this page, with changes that a run would not see. */
  unsaved = false;
  private asked = "";
  private readonly code: CodeField;

  constructor(private readonly app: App) {
    this.code = new CodeField(app);
    this.picker = new NotebookPicker(app);
  }

  get rows(): ParameterRow[] {
    return rowsOf(this.editor.form) ?? [];
  }

  get hasParameters(): boolean {
    return (WITH_PARAMETERS as readonly string[]).includes(this.editor.form.kind);
  }

  get parametersHelp(): string {
    const { parametersHelp, codeParametersHelp } = this.app.words.editor;
    const { promptParametersHelp } = this.app.words.editor.prompt;
    const { kind } = this.editor.form;
    if (kind === "prompt") return promptParametersHelp;
    return kind === "code" ? codeParametersHelp : parametersHelp;
  }

  get usualKernel(): string {
    const { kernelDefault, kernelDefaultCode } = this.app.words.editor.action;
    return this.editor.form.kind === "code" ? kernelDefaultCode : kernelDefault;
  }

  get otherKind(): string {
    const { form } = this.editor;
    const { kind } = form.original;
    return typeof kind === "string" && !KNOWN.has(kind) ? kind : "";
  }

  get otherWords(): string {
    return this.app.words.editor.action.other(this.otherKind);
  }

  /** The model that a prompt gets where it names none. */
  get usualModel(): string {
    const { form, choices } = this.editor;
    return choices.endpoints.find(({ name }) => name === form.endpoint)?.model ?? "";
  }

  /** An endpoint that the task names and the server does not know, in words; else empty. */
  get strayEndpoint(): string {
    const { form, choices } = this.editor;
    const isKnown = choices.endpoints.some(({ name }) => name === form.endpoint);
    return form.endpoint && !isKnown ? this.app.words.editor.prompt.notThere(form.endpoint) : "";
  }

  /** What is wrong with the endpoint of a prompt, and what to do about it. */
  get endpointTrouble(): string {
    const { form, choices } = this.editor;
    const words = this.app.words.editor.prompt;
    if (form.kind !== "prompt" || !choices.loaded) return "";
    if (choices.endpoints.length === 0) return words.noEndpoints;
    const chosen = choices.endpoints.find(({ name }) => name === form.endpoint);
    return chosen ? (chosen.problem ?? "") : words.noEndpoint(form.endpoint);
  }

  /** As after the form was filled; `known` notebooks have been asked for their parameters before. */
  show(known = ""): void {
    this.asked = "";
    this.gone = false;
    this.picker.close();
    this.lookAround();
    this.code.mount(this.editor);
    if (known) void this.loadParameters(known);
  }

  kindChanged(): void {
    this.editor.touch("action");
    this.lookAround();
    this.code.mount(this.editor);
    this.chooseEndpoint();
  }

  /** A prompt begins with an endpoint that is there. */
  chooseEndpoint(): void {
    const { form, start, choices } = this.editor;
    if (form.kind !== "prompt" || form.endpoint || choices.endpoints.length === 0) return;
    const names = choices.endpoints.map(({ name }) => name);
    form.endpoint = names.includes("default") ? "default" : names[0]!;
    start.endpoint = form.endpoint;
  }

  addParameter(): void {
    this.rows.push({ name: "", value: "", hint: "" });
  }

  removeParameter(at: number): void {
    this.rows.splice(at, 1);
    this.editor.touch("action.parameters");
  }

  removeParameterLabel(row: { name: string }): string {
    return this.app.words.editor.action.removeParameter(row.name);
  }

  search(): void {
    this.gone = false;
    this.editor.touch("action.path");
    this.picker.search(this.editor.form.path);
  }

  pickerKey(event: KeyboardEvent): void {
    const path = this.picker.key(event);
    if (path !== null) this.pick(path);
  }

  pick(path: string): void {
    this.editor.form.path = path;
    this.editor.touch("action.path");
    this.picker.close();
    this.pathChanged();
  }

  /** Offer the notebook's own parameters, and its title as the name of a new task. */
  pathChanged(): void {
    const { form } = this.editor;
    const { path } = form;
    this.lookAround();
    if (!path.endsWith(".ipynb")) return;
    if (!form.name) form.name = titleOf(path);
    if (path !== this.asked) void this.loadParameters(path);
  }

  /** Ask the application around this page about the notebook: it may have been edited or saved meanwhile. */
  lookAround(): void {
    const { surroundings } = this.app.options;
    const { kind, path } = this.editor.form;
    this.unsaved = kind === "notebook" && path !== "" && (surroundings?.isUnsaved(path) ?? false);
  }

  async saveNotebook(): Promise<void> {
    try {
      await this.app.options.surroundings?.save(this.editor.form.path);
    } catch (error) {
      this.app.fail(this.app.words.editor.action.saveNotebook, error);
    }
  }

  dispose(): void {
    this.code.dispose();
  }

  private get editor(): Editor {
    return this.app.ui.editor;
  }

  private async loadParameters(path: string): Promise<void> {
    const { editor } = this;
    this.asked = path;
    try {
      // A path that is being typed, or whose notebook has gone, is no failure to fetch: look first.
      const there = await this.app.api.notebooks(path);
      if (path !== editor.form.path) return;
      this.gone = !there.some((notebook) => notebook.path === path);
      if (this.gone) return;
      const found = await this.app.api.notebookParameters(path);
      if (path !== editor.form.path) return;
      const { parameters } = editor.form;
      parameters.notebook = parameterRows(parametersOf(parameters.notebook), found.parameters);
    } catch {
      // A notebook that cannot be read is the server's to name, at the field, on saving.
    }
  }
}

const KNOWN: ReadonlySet<string> = new Set(["notebook", "code", "command", "prompt"]);

/** `Nightly report` for `reports/nightly_report.ipynb`. */
function titleOf(path: string): string {
  const stem = path
    .split("/")
    .at(-1)!
    .replace(/\.ipynb$/, "");
  const words = stem.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
