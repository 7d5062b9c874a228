import type { NotebookParameter, Parameters, Task } from "../store/model";
import { type ParameterRow, parameterRows, parametersOf } from "../store/parameters";
import type { App } from "./app";

/** Runs a task once with other parameters; the task itself stays as it is. */
export class RunForm {
  open = false;
  busy = false;
  name = "";
  message = "";
  rows: ParameterRow[] = [];
  private task: Task | null = null;
  /** What stood here when it opened. */
  private offered = "";

  constructor(private readonly app: App) {}

  /** `from` are the parameters of an earlier run, to start from. */
  async show(id: string, from?: Parameters | null): Promise<void> {
    this.message = "";
    this.rows = [];
    this.task = null;
    this.offered = this.typed;
    this.name = this.app.table.get(id)?.name ?? "";
    this.open = true;
    try {
      const task = await this.app.api.task(id);
      if (!this.open) return;
      this.task = task;
      this.name = task.name;
      const action = task.action;
      const own = action && action.kind !== "command" ? action.parameters : {};
      let known: NotebookParameter[] = [];
      if (action?.kind === "notebook") {
        known = await this.app.api.notebookParameters(action.path).then(
          (answer) => answer.parameters,
          () => [],
        );
      }
      this.rows = parameterRows({ ...own, ...from }, known);
      if (this.rows.length === 0) this.add();
      this.offered = this.typed;
      this.app.ui.focusLater(() =>
        this.app.root.querySelector(`#${CSS.escape(this.app.ui.fieldId("run-value-0"))}`),
      );
    } catch (error) {
      this.message = this.app.explain(error);
    }
  }

  /** Closes; what was typed can be brought back. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    if (this.typed === this.offered) return;
    this.app.ui.toasts.show(this.app.words.closedUnsaved, {
      action: this.app.words.reopen,
      act: () => {
        this.app.ui.runForm.open = true;
      },
    });
  }

  private get typed(): string {
    return JSON.stringify(this.rows);
  }

  add(): void {
    this.rows.push({ name: "", value: "", hint: "" });
  }

  async start(): Promise<void> {
    if (!this.task || this.busy) return;
    this.busy = true;
    const run = await this.app.runTask(this.task, parametersOf(this.app.plain(this.rows)));
    this.busy = false;
    if (!run) return;
    this.open = false;
    this.app.ui.openRun(run.id);
  }
}
