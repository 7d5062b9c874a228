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

  constructor(private readonly app: App) {}

  /** `from` are the parameters of an earlier run, to start from. */
  async show(id: string, from?: Parameters | null): Promise<void> {
    this.message = "";
    this.rows = [];
    this.name = this.app.table.get(id)?.name ?? "";
    this.open = true;
    try {
      const task = await this.app.api.task(id);
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
      this.app.ui.focusLater(() =>
        this.app.root.querySelector(`#${CSS.escape(this.app.ui.fieldId("run-value-0"))}`),
      );
    } catch (error) {
      this.message = this.app.explain(error);
    }
  }

  close(): void {
    this.open = false;
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
