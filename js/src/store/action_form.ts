import { joinCommand, splitCommand } from "./argv";
import type { TaskParts } from "./model";
import { type ParameterRow, parameterRows, parametersOf, readValue, showValue } from "./parameters";

/** Kinds that the form can make; `other` is one that some package brings, and stays as it is. */
export type FormKind = "notebook" | "code" | "command" | "prompt" | "other";
export const WITH_PARAMETERS = ["notebook", "code", "prompt"] as const;
type WithParameters = (typeof WITH_PARAMETERS)[number];

/** What the action's controls hold. Each kind keeps its own while another is chosen. */
export interface ActionForm {
  kind: FormKind;
  path: string;
  source: string;
  kernelName: string;
  keepKernel: boolean;
  command: string;
  cwd: string;
  env: string;
  prompt: string;
  system: string;
  /** Empty: the one that the server offers first. */
  endpoint: string;
  model: string;
  memory: string;
  options: string;
  parameters: Record<WithParameters, ParameterRow[]>;
  /** The action that the form was filled from: what it does not know of it is kept. */
  original: Record<string, unknown>;
}

export const DEFAULT_MEMORY = 10;

export function actionFormOf(action: TaskParts["action"]): ActionForm {
  const notebook = action?.kind === "notebook" ? action : null;
  const code = action?.kind === "code" ? action : null;
  const command = action?.kind === "command" ? action : null;
  const prompt = action?.kind === "prompt" ? action : null;
  const kernel = notebook ?? code;
  const isKnown = !action || notebook || code || command || prompt;
  return {
    kind: isKnown ? (action?.kind ?? "notebook") : "other",
    path: notebook?.path ?? "",
    source: code?.source ?? "",
    kernelName: kernel?.kernel_name ?? "",
    keepKernel: kernel?.kernel === "keep",
    command: command ? joinCommand(command.argv ?? []) : "",
    cwd: command?.cwd ?? "",
    env: Object.entries(command?.env ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
    prompt: prompt?.prompt ?? "",
    system: prompt?.system ?? "",
    endpoint: prompt?.endpoint ?? "",
    model: prompt?.model ?? "",
    memory: String(prompt?.memory ?? DEFAULT_MEMORY),
    options: prompt?.options && Object.keys(prompt.options).length > 0 ? showValue(prompt.options) : "",
    parameters: {
      notebook: parameterRows(notebook?.parameters ?? {}),
      code: parameterRows(code?.parameters ?? {}),
      prompt: parameterRows(prompt?.parameters ?? {}),
    },
    original: { ...action },
  };
}

/** The parameters of the kind that is chosen; null where it takes none. */
export function rowsOf(form: ActionForm): ParameterRow[] | null {
  return (form.parameters as Record<string, ParameterRow[]>)[form.kind] ?? null;
}

export function actionOf(form: ActionForm): Record<string, unknown> {
  const { original, kind } = form;
  if (kind === "other") return original;
  const own = membersOf(form);
  return original.kind === kind ? { ...original, ...own } : own;
}

function membersOf(form: ActionForm): Record<string, unknown> {
  const { kind } = form;
  const kernel = { kernel_name: form.kernelName || null, kernel: form.keepKernel ? "keep" : "fresh" };
  const parameters = parametersOf(rowsOf(form) ?? []);
  switch (kind) {
    case "notebook":
      return { kind, path: form.path.trim(), parameters, ...kernel };
    case "code":
      return { kind, source: form.source, parameters, ...kernel };
    case "command":
      return { kind, argv: splitCommand(form.command), cwd: form.cwd.trim(), env: envOf(form.env) };
    default:
      return {
        kind,
        prompt: form.prompt,
        system: form.system,
        endpoint: form.endpoint || "default",
        model: form.model.trim() || null,
        memory: form.memory.trim() === "" ? DEFAULT_MEMORY : readValue(form.memory),
        // What is no JSON goes as it is to the server, whose answer then names the field.
        options: form.options.trim() === "" ? {} : readValue(form.options),
        parameters,
      };
  }
}

function envOf(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) env[line.slice(0, at).trim()] = line.slice(at + 1);
  }
  return env;
}
