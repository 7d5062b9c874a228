import type {
  Attachment,
  BulkResult,
  Context,
  Delta,
  LogPage,
  NotebookParameter,
  Notifications,
  Parameters,
  Preview,
  Run,
  Status,
  Task,
  Template,
  Timeline,
} from "../store/model";
import { ApiError, type Reply, type Request, type Transport } from "./transport";

export interface TaskPage {
  tasks: Task[];
  total: number;
  next_cursor: string | null;
  revision: string;
}

export interface SavedTask {
  task: Task;
  /** An ad-hoc task's token: shown once, in the reply that made or rotated it. */
  token_secret?: string;
}

/** What an import did, or in a dry run would do, in numbers and task by task. */
export interface ImportReport {
  dry_run: boolean;
  created: number;
  replaced: number;
  skipped: number;
  failed: number;
  items: ImportItem[];
}

/** What an import says of one task; `index` is its place in the file. */
export interface ImportItem {
  index: number;
  uuid: string | null;
  name: string | null;
  result: "create" | "replace" | "skip" | "error";
  warning?: string;
  error?: { message: string; field?: string };
}

const PAGE_SIZE = 10_000;
const BULK_AT_ONCE = 5_000;
const IDS_IN_A_QUERY = 200;

/** The routes of the scheduler as calls. Every call rejects with an ApiError and with nothing else. */
export class Api {
  constructor(readonly transport: Transport) {}

  async tasks(onPage?: (page: TaskPage) => void): Promise<{ tasks: Task[]; revision: string }> {
    const tasks: Task[] = [];
    let cursor: string | null = null;
    let revision: string | null = null;
    do {
      const page: TaskPage = await this.get("api/tasks", {
        fields: "slim",
        limit: PAGE_SIZE,
        cursor: cursor ?? undefined,
      });
      for (const task of page.tasks) tasks.push(task);
      // Resume from the first page's revision: what changed while later pages loaded is then sent again.
      revision ??= page.revision;
      cursor = page.next_cursor;
      onPage?.(page);
    } while (cursor);
    return { tasks, revision: revision ?? "0" };
  }

  async task(id: string): Promise<Task> {
    return (await this.get<SavedTask>(`api/tasks/${id}`)).task;
  }

  create(task: object): Promise<SavedTask> {
    return this.send("POST", "api/tasks", task);
  }

  update(id: string, patch: object, revision?: number): Promise<SavedTask> {
    const headers = revision === undefined ? undefined : { "If-Match": `"${revision}"` };
    return this.send("PATCH", `api/tasks/${id}`, patch, headers);
  }

  remove(id: string): Promise<unknown> {
    return this.send("DELETE", `api/tasks/${id}`);
  }

  async restore(id: string): Promise<Task | null> {
    return (await this.send<Partial<SavedTask>>("POST", `api/tasks/${id}/restore`))?.task ?? null;
  }

  async run(id: string, parameters?: Parameters): Promise<Run> {
    const body = parameters ? { parameters } : {};
    const headers = { "Idempotency-Key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` };
    return (await this.send<{ run: Run }>("POST", `api/tasks/${id}/run`, body, headers)).run;
  }

  async backfill(id: string, from: string, to: string): Promise<Run[]> {
    return (await this.send<{ runs: Run[] }>("POST", `api/tasks/${id}/backfill`, { from, to })).runs;
  }

  reset(id: string): Promise<unknown> {
    return this.send("POST", `api/tasks/${id}/reset`);
  }

  rotateToken(id: string): Promise<SavedTask> {
    return this.send("POST", `api/tasks/${id}/token`);
  }

  revokeToken(id: string): Promise<unknown> {
    return this.send("DELETE", `api/tasks/${id}/token`);
  }

  poll(since: string): Promise<Delta> {
    return this.get("api/poll", { since });
  }

  preview(body: object): Promise<Preview> {
    return this.send("POST", "api/schedule/preview", body);
  }

  timeline(from: string, to: string, bucket: number, lanes = false): Promise<Timeline> {
    return this.get("api/timeline", { from, to, bucket, lanes: lanes ? 1 : undefined });
  }

  runs(query: { task_id?: string; state?: string; limit?: number; cursor?: string }): Promise<{
    runs: Run[];
    next_cursor: string | null;
  }> {
    return this.get("api/runs", query);
  }

  async runById(id: string): Promise<Run> {
    return (await this.get<{ run: Run }>(`api/runs/${id}`)).run;
  }

  log(id: string, from: number): Promise<LogPage> {
    return this.get(`api/runs/${id}/log`, { from });
  }

  cancel(runId: string): Promise<unknown> {
    return this.send("POST", `api/runs/${runId}/cancel`);
  }

  /** One action on many tasks; more than the server takes at once go in turns. */
  async bulk(action: string, ids: string[], tags?: string[]): Promise<BulkResult[]> {
    const results: BulkResult[] = [];
    for (let at = 0; at < ids.length; at += BULK_AT_ONCE) {
      const body = { action, ids: ids.slice(at, at + BULK_AT_ONCE), ...(tags ? { tags } : {}) };
      results.push(...(await this.send<{ results: BulkResult[] }>("POST", "api/tasks/bulk", body)).results);
    }
    return results;
  }

  async notebooks(q: string): Promise<{ path: string; name: string; last_modified?: string }[]> {
    return (await this.get<{ notebooks: { path: string; name: string }[] }>("api/notebooks", { q }))
      .notebooks;
  }

  notebookParameters(path: string): Promise<{ parameters: NotebookParameter[]; kernel_name: string | null }> {
    return this.get("api/notebooks/parameters", { path });
  }

  async kernels(): Promise<{ name: string; title: string; default: boolean }[]> {
    const body = await this.get<{
      default: string;
      kernelspecs: Record<string, { name: string; spec: { display_name: string } }>;
    }>("/api/kernelspecs");
    return Object.values(body.kernelspecs).map(({ name, spec }) => ({
      name,
      title: spec.display_name,
      default: name === body.default,
    }));
  }

  async templates(): Promise<Template[]> {
    return (await this.get<{ templates: Template[] }>("api/templates")).templates;
  }

  saveTemplate(body: object): Promise<unknown> {
    return this.send("POST", "api/templates", body);
  }

  removeTemplate(id: string): Promise<unknown> {
    return this.send("DELETE", `api/templates/${id}`);
  }

  async contexts(): Promise<Context[]> {
    return (await this.get<{ contexts: Context[] }>("api/contexts")).contexts;
  }

  contextAction(
    id: string,
    action: "open" | "restart" | "clear",
    runId?: string,
  ): Promise<Record<string, unknown> | null> {
    return this.send("POST", `api/contexts/${id}/${action}`, runId ? { run_id: runId } : {});
  }

  /** The text of one of the bundle's files, through the kernel. */
  async chunk(name: string): Promise<string> {
    return String((await this.call({ method: "GET", path: `/static/scheduler_ext/${name}` })).body);
  }

  notifications(): Promise<Notifications> {
    return this.get("api/notifications");
  }

  testTarget(target: string): Promise<unknown> {
    return this.send("POST", "api/notifications/test", { target });
  }

  status(): Promise<Status> {
    return this.get("api/status");
  }

  async attachments(id: string): Promise<Attachment[]> {
    return (await this.get<{ attachments: Attachment[] }>(`api/tasks/${id}/attachments`)).attachments;
  }

  async attach(id: string, name: string, file: Blob): Promise<unknown> {
    const path = `api/tasks/${id}/attachments`;
    // Through a kernel's comm goes only JSON; straight to the server the file itself goes, however large.
    if (this.transport.kind === "comm")
      return this.send("POST", path, { name, content: await base64Of(file) });
    return this.callFor({ method: "POST", path, query: { name }, body: file });
  }

  /** Give a task a copy of a file that lies below the server's root. */
  attachCopy(id: string, path: string): Promise<unknown> {
    return this.send("POST", `api/tasks/${id}/attachments`, { path });
  }

  detach(id: string, name: string): Promise<unknown> {
    return this.send("DELETE", `api/tasks/${id}/attachments/${encodeURIComponent(name)}`);
  }

  /** The tasks as text in the format asked for, ready to be saved as a file. */
  async exportTasks(format: "json" | "yaml", ids?: string[]): Promise<string> {
    if (ids && (format === "json" || ids.length > IDS_IN_A_QUERY)) {
      // JSON is YAML as well; only a short list of ids fits into an address.
      const tasks: unknown[] = [];
      for (let at = 0; at < ids.length; at += BULK_AT_ONCE) {
        const body = { action: "export", ids: ids.slice(at, at + BULK_AT_ONCE) };
        tasks.push(...(await this.send<{ tasks: unknown[] }>("POST", "api/tasks/bulk", body)).tasks);
      }
      return JSON.stringify({ tasks }, null, 2);
    }
    const query = { format, ids: ids?.join(",") };
    const reply = await this.call({ method: "GET", path: "api/export", query });
    return typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body, null, 2);
  }

  importTasks(
    text: string,
    format: "json" | "yaml",
    dryRun: boolean,
    onConflict: string,
  ): Promise<ImportReport> {
    const type = format === "yaml" ? "application/yaml" : "application/json";
    return this.callFor({
      method: "POST",
      path: "api/import",
      query: { dry_run: dryRun ? 1 : 0, on_conflict: onConflict },
      body: format === "yaml" ? { yaml: text } : parseJson(text),
      headers: format === "yaml" ? { "X-Import-Format": type } : undefined,
    });
  }

  private get<T>(path: string, query?: Request["query"]): Promise<T> {
    return this.callFor({ method: "GET", path, query });
  }

  private send<T>(
    method: Request["method"],
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<T> {
    return this.callFor({ method, path, body, headers });
  }

  private async callFor<T>(request: Request): Promise<T> {
    return (await this.call(request)).body as T;
  }

  private async call(request: Request): Promise<Reply> {
    let reply: Reply;
    try {
      reply = await this.transport.request(request);
    } catch (error) {
      throw new ApiError(0, "offline", error instanceof Error ? error.message : String(error));
    }
    if (reply.status >= 200 && reply.status < 300) return reply;
    throw readError(reply);
  }
}

/** The server's error shape is `{"error": {code, message, field?}}`; a proxy in between may answer in any other. */
function readError({ status, body }: Reply): ApiError {
  const error = (body as { error?: Record<string, unknown> } | null)?.error;
  if (error && typeof error === "object") {
    const { code, message, field, ...detail } = error;
    return new ApiError(
      status,
      String(code ?? status),
      String(message ?? ""),
      typeof field === "string" ? field : null,
      detail,
    );
  }
  const plain = (body as { message?: unknown } | null)?.message;
  return new ApiError(
    status,
    status === 404 ? "no_route" : String(status),
    typeof plain === "string" ? plain : `HTTP ${status}`,
  );
}

async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, "bad_json", error instanceof Error ? error.message : String(error));
  }
}
