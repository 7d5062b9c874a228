import type { NotebookParameter, Parameters } from "./model";

/** One parameter as a form shows it; `hint` is the value that holds where it is left empty. */
export interface ParameterRow {
  name: string;
  value: string;
  hint: string;
}

/** A typed value: JSON where it reads as JSON, plain text otherwise. */
export function readValue(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return "";
  try {
    return JSON.parse(trimmed);
  } catch {
    return text;
  }
}

export function showValue(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "";
  return typeof readValue(value) === "string" && !value.startsWith('"') ? value : JSON.stringify(value);
}

export function parameterRows(values: Parameters, known: NotebookParameter[] = []): ParameterRow[] {
  const rows = known.map((parameter) => ({
    name: parameter.name,
    value: parameter.name in values ? showValue(values[parameter.name]) : "",
    hint: parameter.default === undefined || parameter.default === null ? "" : showValue(parameter.default),
  }));
  const named = new Set(known.map((parameter) => parameter.name));
  for (const [name, value] of Object.entries(values)) {
    if (!named.has(name)) rows.push({ name, value: showValue(value), hint: "" });
  }
  return rows;
}

/** Rows left empty keep the notebook's own value. */
export function parametersOf(rows: ParameterRow[]): Parameters {
  const values: Parameters = {};
  for (const row of rows) {
    if (row.name.trim() && row.value !== "") values[row.name.trim()] = readValue(row.value);
  }
  return values;
}
