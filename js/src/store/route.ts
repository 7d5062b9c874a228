import type { TaskState, TaskType } from "./model";
import { DEFAULT_SORT, type Filter, NO_FILTER, type Sort, type SortKey } from "./task_view";

/** The sections of the page, in the order of their tabs. */
export const TABS = ["scheduler", "contexts", "notifications", "status", "access"] as const;
export type Tab = (typeof TABS)[number];
export type ViewMode = "list" | "timeline" | "calendar";

/** Everything the address says: which tab and view, which sheet is open, how the list is narrowed. */
export interface Route {
  tab: Tab;
  view: ViewMode;
  sheet:
    | { kind: "task" | "edit" | "run"; id: string; line: number | null }
    | { kind: "new"; id: TaskType; notebook?: string }
    | null;
  filter: Filter;
  sort: Sort;
}

const STATES: string[] = ["idle", "running", "disabled", "error"];
const TYPES: string[] = ["scheduled", "planned", "adhoc"];
const SORTS: string[] = ["attention", "name", "state", "schedule", "next", "last", "duration"];

/** Reads a location hash such as `#/run/4f…/L120?q=report&sort=-next`. Unknown parts are ignored. */
export function parseRoute(hash: string): Route {
  const [pathPart = "", queryPart = ""] = hash.replace(/^#\/?/, "").split("?");
  const [head = "", id = "", extra = ""] = pathPart.split("/").map(decode);
  const query = new URLSearchParams(queryPart);
  const route: Route = {
    tab: TABS.find((tab) => tab === head) ?? "scheduler",
    view: head === "timeline" || head === "calendar" ? head : asView(query.get("view")),
    sheet: null,
    filter: {
      ...NO_FILTER,
      q: query.get("q") ?? "",
      state: oneOf(query.get("state"), STATES) as TaskState | "",
      type: oneOf(query.get("type"), TYPES) as TaskType | "",
      tag: query.get("tag") ?? "",
      context: query.get("context") ?? "",
    },
    sort: parseSort(query.get("sort")),
  };
  if (head === "new") {
    const notebook = query.get("notebook") ?? "";
    route.sheet = {
      kind: "new",
      id: (oneOf(id, TYPES) || "scheduled") as TaskType,
      ...(notebook && { notebook }),
    };
  } else if (head === "run" && id) {
    const line = /^L(\d+)$/.exec(extra);
    route.sheet = { kind: "run", id, line: line ? Number(line[1]) : null };
  } else if (head === "task" && id) {
    route.sheet = { kind: extra === "edit" ? "edit" : "task", id, line: null };
  }
  return route;
}

export function formatRoute({ tab, view, sheet, filter, sort }: Route): string {
  const query = new URLSearchParams();
  let path = tab === "scheduler" ? (view === "list" ? "" : view) : tab;
  if (sheet) {
    if (view !== "list" && tab === "scheduler") query.set("view", view);
    if (sheet.kind === "run")
      path = `run/${encodeURIComponent(sheet.id)}${sheet.line ? `/L${sheet.line}` : ""}`;
    else if (sheet.kind === "new") {
      path = `new/${sheet.id}`;
      if (sheet.notebook) query.set("notebook", sheet.notebook);
    } else path = `task/${encodeURIComponent(sheet.id)}${sheet.kind === "edit" ? "/edit" : ""}`;
  }
  for (const [key, value] of Object.entries(filter)) if (value) query.set(key, value);
  const sorting = formatSort(sort);
  if (sorting) query.set("sort", sorting);
  const tail = query.size > 0 ? `?${query}` : "";
  return path || tail ? `#/${path}${tail}` : "";
}

function parseSort(text: string | null): Sort {
  if (!text) return { ...DEFAULT_SORT };
  const descending = text.startsWith("-");
  const key = oneOf(descending ? text.slice(1) : text, SORTS);
  return key ? { key: key as SortKey, descending } : { ...DEFAULT_SORT };
}

function formatSort({ key, descending }: Sort): string {
  if (key === DEFAULT_SORT.key && descending === DEFAULT_SORT.descending) return "";
  return `${descending ? "-" : ""}${key}`;
}

function oneOf(value: string | null, allowed: string[]): string {
  return value !== null && allowed.includes(value) ? value : "";
}

function asView(value: string | null): ViewMode {
  return value === "timeline" || value === "calendar" ? value : "list";
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
