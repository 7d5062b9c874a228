import type { ImportItem, ImportReport } from "../transport/api";
import type { App } from "./app";
import { saveFile } from "./dom";

type Format = "json" | "yaml";

/** Lines of the dry run that are shown; a longer list nobody reads. */
const PROBLEMS_SHOWN = 200;

/** Import with a dry run that names the conflicts, and export; both as JSON or YAML. */
export class Transfer {
  importing = {
    open: false,
    text: "",
    conflict: "skip",
    busy: false,
    checked: false,
    message: "",
    summary: "",
    problems: [] as { text: string; bad: boolean }[],
    over: false,
    close(): void {
      this.open = false;
    },
  };
  exporting = {
    open: false,
    format: "json" as Format,
    selected: false,
    busy: false,
    close(): void {
      this.open = false;
    },
  };

  constructor(private readonly app: App) {}

  get selectedWords(): string {
    return this.app.words.transfer.onlySelected(this.app.ui.tasks.selectedCount);
  }

  openImport(): void {
    // What was pasted and not imported is still there.
    this.importing.open = true;
    this.changed();
  }

  openExport(): void {
    this.exporting.selected = this.app.view.selected.size > 0;
    this.exporting.open = true;
  }

  changed(): void {
    Object.assign(this.importing, { checked: false, message: "", summary: "", problems: [] });
  }

  async choose(event: Event): Promise<void> {
    const input = event.target as HTMLInputElement;
    await this.read(input.files?.[0]);
    input.value = "";
  }

  async drop(event: DragEvent): Promise<void> {
    this.importing.over = false;
    await this.read(event.dataTransfer?.files[0]);
  }

  /** The first press checks, the second imports what was checked. */
  async send(): Promise<void> {
    const state = this.importing;
    if (state.busy || !state.text.trim()) return;
    state.busy = true;
    state.message = "";
    try {
      const report = await this.app.api.importTasks(
        state.text,
        formatOf(state.text),
        !state.checked,
        state.conflict,
      );
      if (state.checked) {
        state.open = false;
        state.text = "";
        this.app.session.feed.hurry();
        this.sayImported(report);
      } else {
        this.showCheck(report);
        state.checked = true;
      }
    } catch (error) {
      state.message = this.app.explain(error);
    } finally {
      state.busy = false;
    }
  }

  async download(): Promise<void> {
    const { format, selected } = this.exporting;
    this.exporting.busy = true;
    try {
      const ids = selected ? [...this.app.view.selected] : undefined;
      const text = await this.app.api.exportTasks(format, ids);
      saveFile(`tasks.${format}`, text, format === "json" ? "application/json" : "application/yaml");
      this.exporting.open = false;
    } catch (error) {
      this.app.fail(this.app.words.transfer.exportTitle, error);
    } finally {
      this.exporting.busy = false;
    }
  }

  private async read(file: File | undefined): Promise<void> {
    if (!file) return;
    this.importing.text = await file.text();
    this.changed();
  }

  private sayImported({ created, replaced, failed }: ImportReport): void {
    const { transfer } = this.app.words;
    const done = created + replaced;
    if (failed > 0) this.app.ui.toasts.show(transfer.importedPartly(done, failed), { level: "error" });
    else this.app.ui.toasts.show(transfer.imported(done));
  }

  private showCheck(report: ImportReport): void {
    const met = report.items.filter(({ result }) => result === "skip" || result === "replace").length;
    this.importing.summary = this.app.words.transfer.dryRun(report.created, met, report.failed);
    this.importing.problems = report.items.flatMap((item) => this.problemOf(item)).slice(0, PROBLEMS_SHOWN);
  }

  private problemOf({
    index,
    name,
    uuid,
    result,
    warning,
    error,
  }: ImportItem): { text: string; bad: boolean }[] {
    const { results } = this.app.words.transfer;
    const label = name ?? uuid ?? `#${index + 1}`;
    if (error) {
      return [{ text: `${label}${error.field ? ` (${error.field})` : ""}: ${error.message}`, bad: true }];
    }
    const met = result === "replace" || result === "skip" ? results[result] : "";
    const what = result === "skip" ? [met] : [met, warning ?? ""].filter(Boolean);
    return what.length ? [{ text: `${label}: ${what.join("; ")}`, bad: false }] : [];
  }
}

function formatOf(text: string): Format {
  return /^\s*[[{]/.test(text) ? "json" : "yaml";
}
