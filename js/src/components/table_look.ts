import Alpine from "@alpinejs/csp";
import { COLUMNS, type ColumnKey, readPreferences, writePreferences } from "../store/preferences";
import type { App } from "./app";

/** How the table looks, as the reader chose it once for all of their pages. */
export class TableLook {
  density: "comfortable" | "compact" = "comfortable";
  columns: ColumnKey[] = [];

  constructor(private readonly app: App) {}

  /** A widget is compact whatever the page is. */
  recall(): void {
    const { density, columns } = readPreferences();
    this.density = this.app.options.mode === "widget" ? "compact" : density;
    this.columns = columns;
    this.apply();
  }

  get columnsKey(): string {
    return this.columns.join(" ");
  }

  toggleDensity(): void {
    this.density = this.density === "compact" ? "comfortable" : "compact";
    writePreferences({ density: this.density });
    this.apply();
  }

  toggleColumn(key: ColumnKey): void {
    const on = new Set(this.columns);
    if (!on.delete(key)) on.add(key);
    this.columns = COLUMNS.filter((column) => on.has(column));
    writePreferences({ columns: [...this.columns] });
    this.apply();
  }

  apply(): void {
    const { root, options, ui } = this.app;
    root.toggleAttribute("data-read-only", options.readOnly);
    root.dataset.density = this.density;
    Alpine.nextTick(() => ui.rows.layout());
  }
}
