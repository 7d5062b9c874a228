import type { Filter, Sort } from "./task_view";

export type ColumnKey = "schedule" | "next" | "strip" | "last" | "duration";

export interface SavedView {
  name: string;
  filter: Filter;
  sort: Sort;
}

/** Choices remembered in the reader's browser, for all pages and widgets of one origin. */
export interface Preferences {
  density: "comfortable" | "compact";
  columns: ColumnKey[];
  views: SavedView[];
  context: string;
  /** Tell through the browser's own notifications what goes wrong. */
  notices: boolean;
}

export const COLUMNS: ColumnKey[] = ["schedule", "next", "strip", "last", "duration"];

const KEY = "scheduler-ext:preferences";
const DEFAULTS: Preferences = {
  density: "comfortable",
  columns: ["schedule", "next", "strip", "last"],
  views: [],
  context: "",
  notices: false,
};

export function readPreferences(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>) };
  } catch {
    return { ...DEFAULTS };
  }
}

export function writePreferences(change: Partial<Preferences>): Preferences {
  const next = { ...readPreferences(), ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage may be full or forbidden; the choice then lasts as long as the page.
  }
  return next;
}
