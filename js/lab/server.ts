import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection, type ServerSettings } from "@jupyterlab/services";
import type * as Face from "../src/scheduler";

/** The part of `GET api/status` that is shown here. */
export interface Status {
  next_run: string | null;
  counts: { tasks: number; running: number; error: number };
  /** What the server lets this person do. */
  you: { may: string[] };
}

/** `absent`: the server extension is not there. `refused`: it does not let this person in. */
export type Answer = { status: Status } | { problem: "absent" | "refused" | "unreachable"; message: string };

/** Asks the scheduler how it is. Never rejects. */
export async function askStatus(settings: ServerSettings): Promise<Answer> {
  try {
    const url = URLExt.join(settings.baseUrl, "scheduler-ext/api/status");
    const response = await ServerConnection.makeRequest(url, {}, settings);
    if (response.ok) return { status: (await response.json()) as Status };
    if (response.status === 404) return { problem: "absent", message: "" };
    const refused = response.status === 401 || response.status === 403;
    return { problem: refused ? "refused" : "unreachable", message: await reason(response) };
  } catch (error) {
    return { problem: "unreachable", message: error instanceof Error ? error.message : String(error) };
  }
}

async function reason(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: { message?: string } };
    return body.error?.message ?? response.statusText;
  } catch {
    return response.statusText;
  }
}

/**
 * The very bundle of the page and the widget, from the server that it talks to: an extension in the browser is never
 * of another version than what answers it. Rejects where it cannot be had.
 */
export async function loadFace({ baseUrl }: ServerSettings): Promise<typeof Face> {
  const files = URLExt.join(baseUrl, "static/scheduler_ext");
  await addStyleSheet(URLExt.join(files, "scheduler.css"));
  return (await import(URLExt.join(files, "scheduler.js"))) as typeof Face;
}

let styled: Promise<void> | null = null;

function addStyleSheet(href: string): Promise<void> {
  styled ??= new Promise<void>((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      styled = null;
      reject(new Error(href));
    };
    document.head.append(link);
  });
  return styled;
}
