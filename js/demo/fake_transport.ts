import type { Delta, LogEntry, Run, Task } from "../src/store/model";
import type { Reply, Request, StreamFrame, StreamSocket, Transport } from "../src/transport/transport";
import { runId } from "./invented";

interface FakeOptions {
  live?: boolean;
  activity?: boolean;
}

interface Change {
  revision: number;
  task?: string;
  deleted?: string;
  run?: Run;
}

const HOUR = 3_600_000;

/** A scheduler in memory that answers like the real one, well enough to work on the face without a server. */
export class FakeTransport implements Transport {
  readonly kind = "demo";
  /** Set to make every request fail as if the server were gone. */
  down = false;
  readonly requests: Request[] = [];
  private readonly tasks = new Map<string, Task>();
  private readonly deleted = new Map<string, Task>();
  private readonly runs = new Map<string, Run>();
  private readonly changes: Change[] = [];
  private readonly sockets = new Set<FakeSocket>();
  private revision = 1;
  private serial = 0;
  private readonly templates: object[] = [
    {
      id: "nightly",
      name: "Nightly notebook",
      description: "Runs a notebook every night at 02:00",
      builtin: true,
      task: {
        type: "scheduled",
        name: "Nightly notebook",
        schedule: { minute: "0", hour: "2", day: "*", month: "*", weekday: "*" },
        action: { kind: "notebook", path: "", parameters: {} },
      },
    },
    {
      id: "hourly",
      name: "Hourly check",
      description: "A few lines of code each hour",
      builtin: true,
      task: {
        type: "scheduled",
        name: "Hourly check",
        schedule: { minute: "0", hour: "*", day: "*", month: "*", weekday: "*" },
        action: { kind: "code", source: "assert True", parameters: {} },
      },
    },
    {
      id: "weekly",
      name: "Weekly report",
      description: "Mondays at 07:00",
      builtin: true,
      task: {
        type: "scheduled",
        name: "Weekly report",
        schedule: { minute: "0", hour: "7", day: "*", month: "*", weekday: "1" },
        action: { kind: "notebook", path: "", parameters: {} },
      },
    },
    {
      id: "cleanup",
      name: "Clean-up",
      description: "A command on the 1st of each month",
      builtin: true,
      task: {
        type: "scheduled",
        name: "Clean-up",
        schedule: { minute: "0", hour: "4", day: "1", month: "*", weekday: "*" },
        action: { kind: "command", argv: ["find", "tmp", "-mtime", "+30", "-delete"] },
      },
    },
  ];

  constructor(
    tasks: Task[],
    private readonly options: FakeOptions = {},
  ) {
    for (const task of tasks) this.tasks.set(task.uuid, task);
  }

  async request(request: Request): Promise<Reply> {
    this.requests.push(request);
    if (this.down) throw new TypeError("Failed to fetch");
    await Promise.resolve();
    const path = request.path.split("?")[0]!;
    for (const [method, pattern, handle] of this.routes) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (!match) continue;
      try {
        return { status: 200, headers: {}, ...handle(request, match[1] ?? "", match[2] ?? "") } as Reply;
      } catch (error) {
        if (error instanceof FakeError)
          return { status: error.status, headers: {}, body: { error: error.body } };
        throw error;
      }
    }
    return { status: 404, headers: {}, body: null };
  }

  openStream(): StreamSocket | null {
    if (this.options.live === false) return null;
    const socket = new FakeSocket(() => this.sockets.delete(socket));
    if (this.down) setTimeout(() => socket.drop(), 5);
    else {
      this.sockets.add(socket);
      setTimeout(() => socket.onopen?.(), 1);
    }
    return socket;
  }

  link(path: string): string {
    return `https://jupyter.example/${path.replace(/^\//, "")}`;
  }

  close(): void {}

  /** Change a task as another user or the engine would, and push it. */
  change(id: string, change: Partial<Task>): void {
    const task = this.tasks.get(id);
    if (task) this.store({ ...task, ...change, revision: task.revision + 1 });
  }

  goDown(down: boolean): void {
    this.down = down;
    if (down) for (const socket of [...this.sockets]) socket.drop();
  }

  private readonly routes: [string, RegExp, (request: Request, a: string, b: string) => Partial<Reply>][] = [
    [
      "GET",
      /^api\/tasks$/,
      () => ({
        body: {
          tasks: [...this.tasks.values()],
          total: this.tasks.size,
          next_cursor: null,
          revision: String(this.revision),
        },
      }),
    ],
    ["POST", /^api\/tasks$/, ({ body }) => this.create(body as Partial<Task>)],
    [
      "POST",
      /^api\/tasks\/bulk$/,
      ({ body }) => this.bulk(body as { action: string; ids: string[]; tags?: string[] }),
    ],
    ["GET", /^api\/tasks\/([^/]+)$/, (_, id) => ({ body: { task: this.detail(this.must(id)) } })],
    ["PATCH", /^api\/tasks\/([^/]+)$/, (request, id) => this.patch(id, request)],
    ["DELETE", /^api\/tasks\/([^/]+)$/, (_, id) => this.remove(id)],
    ["POST", /^api\/tasks\/([^/]+)\/restore$/, (_, id) => this.restore(id)],
    [
      "POST",
      /^api\/tasks\/([^/]+)\/run$/,
      ({ body }, id) => this.start(id, (body as { parameters?: object })?.parameters),
    ],
    [
      "POST",
      /^api\/tasks\/([^/]+)\/reset$/,
      (_, id) => ({ body: { task: this.store({ ...this.must(id), state: "idle", halted: null }) } }),
    ],
    [
      "GET",
      /^api\/tasks\/([^/]+)\/attachments$/,
      (_, id) => ({
        body: {
          attachments: (this.must(id).attachments ?? []).map((name, at) => ({
            name,
            size: at ? 12_300 : 86_000,
          })),
        },
      }),
    ],
    ["GET", /^api\/poll$/, ({ query }) => ({ body: this.delta(Number(query?.since ?? 0)) })],
    [
      "POST",
      /^api\/schedule\/preview$/,
      ({ body }) => ({ body: this.preview(body as Record<string, unknown>) }),
    ],
    ["GET", /^api\/timeline$/, ({ query }) => ({ body: this.timeline(query ?? {}) })],
    [
      "GET",
      /^api\/runs$/,
      ({ query }) => ({
        body: {
          runs: this.history(String(query?.task_id ?? ""), String(query?.state ?? "")),
          next_cursor: null,
        },
      }),
    ],
    ["GET", /^api\/runs\/([^/]+)$/, (_, id) => ({ body: { run: this.run(id) } })],
    [
      "GET",
      /^api\/runs\/([^/]+)\/log$/,
      ({ query }, id) => ({ body: this.log(id, Number(query?.from ?? 0)) }),
    ],
    ["POST", /^api\/runs\/([^/]+)\/cancel$/, (_, id) => this.cancel(id)],
    [
      "GET",
      /^api\/notebooks$/,
      ({ query }) => ({ body: { notebooks: this.notebooks(String(query?.q ?? "")) } }),
    ],
    [
      "GET",
      /^api\/notebooks\/parameters$/,
      () => ({
        body: {
          kernel_name: "python3",
          parameters: [
            { name: "region", type: "str", default: "eu", help: null },
            { name: "limit", type: "int", default: 500, help: null },
            { name: "dry_run", type: "bool", default: false, help: null },
          ],
        },
      }),
    ],
    [
      "GET",
      /^\/api\/kernelspecs$/,
      () => ({
        body: {
          default: "python3",
          kernelspecs: { python3: { name: "python3", spec: { display_name: "Python 3 (ipykernel)" } } },
        },
      }),
    ],
    ["GET", /^api\/templates$/, () => ({ body: { templates: this.templates } })],
    [
      "POST",
      /^api\/templates$/,
      ({ body }) => {
        this.templates.push({ id: `own-${++this.serial}`, builtin: false, ...(body as object) });
        return { status: 201, body: {} };
      },
    ],
    [
      "GET",
      /^api\/contexts$/,
      () => ({
        body: {
          contexts: [...this.tasks.values()].slice(0, 4).map((task, at) => ({
            id: task.uuid,
            name: task.name,
            path: `tmp/chats/${task.uuid.slice(-6)}`,
            task_count: 1,
            kernel: at % 2 ? { id: "k", name: "python3" } : null,
            last_modified: new Date(Date.now() - at * HOUR).toISOString(),
          })),
        },
      }),
    ],
    [
      "GET",
      /^api\/status$/,
      () => ({
        body: {
          role: "leader",
          server: { id: "demo", pid: 4242, started_at: "2026-03-11T08:00:00Z" },
          store: { kind: "file", path: "scheduler/tasks.json", lag: 0 },
          banners: [],
          counts: { tasks: this.tasks.size, runs_today: 412, failed_today: 3 },
          you: { name: "ana", display_name: "Ana", may: ["read", "write", "execute"] },
          queue: { running: 1, queued: 0, limit: 4 },
          version: "0.1.0",
        },
      }),
    ],
    ["GET", /^api\/export$/, () => ({ body: { tasks: [...this.tasks.values()].slice(0, 3) } })],
    [
      "POST",
      /^api\/import$/,
      ({ body, query }) => {
        const tasks = (body as { tasks?: Partial<Task>[] }).tasks ?? [];
        const items = tasks.map(({ uuid = null, name = null }, index) => {
          const known = uuid !== null && this.tasks.has(uuid);
          const met = query?.on_conflict === "replace" ? "replace" : "skip";
          return { index, uuid, name, result: known && query?.on_conflict !== "copy" ? met : "create" };
        });
        const number = (wanted: string): number => items.filter(({ result }) => result === wanted).length;
        return {
          body: {
            dry_run: Boolean(Number(query?.dry_run)),
            created: number("create"),
            replaced: number("replace"),
            skipped: number("skip"),
            failed: 0,
            items,
          },
        };
      },
    ],
  ];

  private must(id: string): Task {
    const task = this.tasks.get(id);
    if (!task) throw new FakeError(404, { code: "not_found", message: `No task ${id}` });
    return task;
  }

  private detail(task: Task): Task {
    const step = 24 * HOUR;
    const first = task.next_run ? Date.parse(task.next_run) : 0;
    const fires = first ? [0, 1, 2, 3, 4].map((n) => new Date(first + n * step).toISOString()) : [];
    return { ...task, next_fires: fires } as Task;
  }

  private store(task: Task): Task {
    this.tasks.set(task.uuid, task);
    this.note({ revision: ++this.revision, task: task.uuid });
    return task;
  }

  private note(change: Change): void {
    this.changes.push(change);
    const since = this.revision - 1;
    for (const socket of this.sockets) socket.onframe?.({ type: "delta", ...this.delta(since) });
  }

  private delta(since: number): Delta {
    const fresh = this.changes.filter((change) => change.revision > since);
    const ids = new Set(fresh.flatMap((change) => change.task ?? []));
    return {
      revision: String(this.revision),
      reset: false,
      tasks: [...ids].flatMap((id) => this.tasks.get(id) ?? []),
      runs: fresh.flatMap((change) => change.run ?? []),
      contexts: [],
      deleted: fresh.flatMap((change) => change.deleted ?? []),
    };
  }

  private create(body: Partial<Task>): Partial<Reply> {
    if (!body.name) throw new FakeError(400, { code: "invalid", message: "A name is needed", field: "name" });
    if (body.action?.kind === "notebook" && !body.action.path) {
      throw new FakeError(400, {
        code: "invalid",
        message: "Say which notebook to run",
        field: "action.path",
      });
    }
    const uuid = `11111111-0000-4000-8000-${String(++this.serial).padStart(12, "0")}`;
    const words = body.schedule ? this.preview({ schedule: body.schedule }).words : null;
    const task = this.store({
      uuid,
      revision: 1,
      state: body.enabled === false ? "disabled" : "idle",
      enabled: true,
      next_run: body.type === "scheduled" ? new Date(Date.now() + HOUR).toISOString() : null,
      last_run: null,
      strip: [],
      tags: [],
      halted: null,
      schedule_words: words,
      active_runs: [],
      ...body,
    } as Task);
    return {
      status: 201,
      body: { task, ...(body.type === "adhoc" ? { token_secret: "4c1f0d7a9be2_example_token" } : {}) },
    };
  }

  private patch(id: string, { body, headers }: Request): Partial<Reply> {
    const task = this.must(id);
    const match = headers?.["If-Match"];
    if (match && match !== `"${task.revision}"`) {
      throw new FakeError(412, { code: "conflict", message: "The task was changed meanwhile" });
    }
    const change = body as Partial<Task>;
    const next = { ...task, ...change, revision: task.revision + 1 } as Task;
    if (change.schedule) {
      next.schedule = { ...task.schedule!, ...change.schedule };
      next.schedule_words = this.preview({ schedule: next.schedule }).words as string;
    }
    if (change.action) next.action = { ...task.action!, ...change.action } as Task["action"];
    if (change.enabled !== undefined) next.state = change.enabled ? "idle" : "disabled";
    return { body: { task: this.store(next) } };
  }

  private remove(id: string): Partial<Reply> {
    this.deleted.set(id, this.must(id));
    this.tasks.delete(id);
    this.note({ revision: ++this.revision, deleted: id });
    return { status: 204, body: null };
  }

  private restore(id: string): Partial<Reply> {
    const task = this.deleted.get(id);
    if (!task) throw new FakeError(404, { code: "not_found", message: "Too late to undo" });
    return { body: { task: this.store({ ...task, revision: task.revision + 1 }) } };
  }

  private bulk({ action, ids, tags }: { action: string; ids: string[]; tags?: string[] }): Partial<Reply> {
    const results = ids.map((id) => {
      const task = this.tasks.get(id);
      if (action === "restore") {
        this.restore(id);
        return { id, ok: true };
      }
      if (!task) return { id, ok: false, error: { code: "not_found", message: "No such task" } };
      if (action === "delete") this.remove(id);
      else if (action === "run" && task.state === "disabled") {
        return { id, ok: false, error: { code: "disabled", message: "The task is disabled" } };
      } else if (action === "run") this.start(id);
      else if (action === "tag") this.change(id, { tags: [...new Set([...task.tags, ...(tags ?? [])])] });
      else
        this.change(id, { enabled: action === "enable", state: action === "enable" ? "idle" : "disabled" });
      return { id, ok: true };
    });
    return { body: { results } };
  }

  private start(id: string, parameters?: object): Partial<Reply> {
    const task = this.must(id);
    if (task.state === "running") {
      throw new FakeError(409, {
        code: "overlap",
        message: "It is running already",
        run: { id: task.active_runs?.[0]?.id },
      });
    }
    const run: Run = {
      ...this.blankRun(task, runId(0, 1000 + ++this.serial)),
      state: "running",
      origin: "manual",
      started_at: new Date().toISOString(),
      parameters: (parameters as Run["parameters"]) ?? null,
    };
    this.runs.set(run.id, run);
    this.note({ revision: ++this.revision, run });
    this.change(id, {
      state: "running",
      progress: 0,
      active_runs: [{ id: run.id, state: "running", started_at: run.started_at, progress: 0 }],
    });
    if (this.options.activity !== false) this.play(id, run.id, 0);
    return { status: 202, body: { run } };
  }

  private play(id: string, run: string, fraction: number): void {
    setTimeout(() => {
      const active = this.tasks.get(id)?.active_runs?.[0];
      if (active?.id !== run) return;
      if (fraction >= 1) this.finish(id, run, "succeeded");
      else {
        this.change(id, { progress: fraction, active_runs: [{ ...active, progress: fraction }] });
        this.play(id, run, fraction + 0.2);
      }
    }, 500);
  }

  private finish(id: string, runKey: string, state: Run["state"]): void {
    const run = this.runs.get(runKey);
    const task = this.tasks.get(id);
    if (!run || !task) return;
    const finished = {
      ...run,
      state,
      finished_at: new Date().toISOString(),
      duration: (Date.now() - Date.parse(run.started_at!)) / 1000,
      result: "ok",
    };
    this.runs.set(runKey, finished);
    this.note({ revision: ++this.revision, run: finished });
    this.change(id, {
      state: "idle",
      progress: null,
      active_runs: [],
      last_run: finished,
      strip: [...(task.strip ?? []), [state, finished.duration] as [Run["state"], number]].slice(-20),
    });
  }

  private cancel(id: string): Partial<Reply> {
    const task = [...this.tasks.values()].find((candidate) =>
      candidate.active_runs?.some((run) => run.id === id),
    );
    if (task && !this.runs.has(id))
      this.runs.set(id, {
        ...this.blankRun(task, id),
        state: "running",
        started_at: new Date(Date.now() - 58_000).toISOString(),
      });
    if (task) this.finish(task.uuid, id, "cancelled");
    return { status: 202, body: {} };
  }

  private blankRun(task: Task, id: string): Run {
    const now = new Date().toISOString();
    return {
      id,
      task_id: task.uuid,
      task_name: task.name,
      context_id: task.context_id ?? null,
      origin: "schedule",
      fire_time: now,
      attempt: 1,
      key: id,
      state: "queued",
      reason: null,
      queued_at: now,
      started_at: null,
      finished_at: null,
      duration: null,
      progress: null,
      parameters: null,
      result: null,
      error: null,
      output_path: null,
    };
  }

  private history(taskId: string, states: string): Run[] {
    const task = this.tasks.get(taskId);
    const own = [...this.runs.values()].filter((run) => run.task_id === taskId).reverse();
    if (!task) return own;
    const bars = [...(task.strip ?? [])].reverse();
    const invented = bars
      .filter(([state]) => state !== "running")
      .map(([state, seconds], at) => {
        const end = Date.parse(task.last_run?.finished_at ?? new Date().toISOString()) - at * 24 * HOUR;
        return this.inventRun(task, runId(Number(taskId.slice(-12)), at), state, seconds, end);
      });
    const all = [...own, ...invented];
    return states ? all.filter((run) => states.split(",").includes(run.state)) : all;
  }

  private inventRun(task: Task, id: string, state: Run["state"], seconds: number | null, end: number): Run {
    const started = seconds === null ? null : new Date(end - seconds * 1000).toISOString();
    const failed = state === "failed";
    return {
      ...this.blankRun(task, id),
      state,
      fire_time: started ?? new Date(end).toISOString(),
      started_at: started,
      finished_at: seconds === null ? null : new Date(end).toISOString(),
      duration: seconds,
      reason: state === "missed" ? "The server was not running" : null,
      result: failed ? null : "214 tables, 38 changed",
      parameters: { region: "eu", limit: 500 },
      error: failed
        ? {
            name: "OperationalError",
            message: "lock wait timeout exceeded; try restarting transaction",
            traceback:
              'Traceback (most recent call last):\n  File "sync.py", line 88, in copy\n    cursor.execute(statement)\nOperationalError: lock wait timeout exceeded; try restarting transaction',
          }
        : null,
      output_path: `tmp/chats/${task.uuid.slice(-6)}/runs/${id}.ipynb`,
    };
  }

  private run(id: string): Run {
    const known = this.runs.get(id);
    if (known) return known;
    const [, at] = /^run-(\d+)-/.exec(id) ?? [];
    const task = [...this.tasks.values()][Number(at)];
    const found = task ? this.history(task.uuid, "").find((run) => run.id === id) : undefined;
    if (found) return found;
    if (task && id.endsWith("-99"))
      return {
        ...this.blankRun(task, id),
        state: "running",
        started_at: new Date(Date.now() - 58_000).toISOString(),
      };
    throw new FakeError(404, { code: "not_found", message: "No such run" });
  }

  private log(id: string, from: number): { entries: LogEntry[]; next: number; complete: boolean } {
    const run = this.run(id);
    const t = Date.parse(run.started_at ?? new Date().toISOString());
    const entries: LogEntry[] = [
      { t, kind: "cell", cell: 1, text: "connect" },
      { t, kind: "stdout", text: "connecting to warehouse-eu …\n" },
      { t: t + 4_000, kind: "stdout", text: "\u001b[32mok\u001b[0m 214 tables, 38 changed\n" },
      { t: t + 9_000, kind: "cell", cell: 2, text: "copy" },
      { t: t + 12_000, kind: "stdout", text: "copied 10 %\rcopied 60 %\rcopied 100 %\n" },
      { t: t + 72_000, kind: "stderr", text: "retry 3/3 orders_2026 lock timeout\n" },
    ];
    if (run.state === "failed")
      entries.push({ t: t + 77_000, kind: "error", text: "OperationalError: lock wait timeout exceeded" });
    return { entries: entries.slice(from), next: entries.length, complete: run.state !== "running" };
  }

  private notebooks(q: string): { path: string; name: string }[] {
    const paths = [
      "reports/nightly.ipynb",
      "reports/weekly.ipynb",
      "research/churn_features.ipynb",
      "research/forecast.ipynb",
      "lab/validate.ipynb",
      "finance/ledger.ipynb",
    ];
    return paths
      .filter((path) => path.includes(q.toLowerCase()))
      .map((path) => ({ path, name: path.split("/").at(-1)! }));
  }

  /** Fires of plain schedules only: enough to see the form work. */
  private preview(body: Record<string, unknown>): {
    words: string;
    fires: string[];
    warnings: object[];
    dates: Record<string, number>;
    fields?: object;
  } {
    if (body.plan) {
      const fires = (body.plan as { wall: string }[])
        .map((item) => new Date(`${item.wall}Z`).toISOString())
        .sort();
      return {
        words: `${fires.length} planned dates`,
        fires,
        warnings: [],
        dates: Object.fromEntries(fires.map((fire) => [fire.slice(0, 10), 1])),
      };
    }
    const macro: Record<string, string> = {
      "@daily": "0 0 * * *",
      "@hourly": "0 * * * *",
      "@weekly": "0 0 * * 0",
      "@monthly": "0 0 1 * *",
    };
    let { schedule } = body as { schedule: string | Record<string, string> };
    let fields: object | undefined;
    if (typeof schedule === "string") {
      const [minute, hour, day, month, weekday] = (macro[schedule.trim()] ?? schedule).split(/\s+/);
      schedule = {
        minute: minute ?? "",
        hour: hour ?? "",
        day: day ?? "",
        month: month ?? "",
        weekday: weekday ?? "",
      };
      fields = schedule;
    }
    const limits: Record<string, [number, number]> = {
      minute: [0, 59],
      hour: [0, 23],
      day: [1, 31],
      month: [1, 12],
      weekday: [0, 7],
    };
    const sets: Record<string, Set<number>> = {};
    for (const [name, [least, most]] of Object.entries(limits)) {
      const set = expand(schedule[name] ?? "", least, most);
      if (!set)
        throw new FakeError(400, {
          code: "invalid",
          message: `${name} must be between ${least} and ${most}`,
          field: `schedule.${name}`,
        });
      sets[name] = set;
    }
    const fires: string[] = [];
    const dates: Record<string, number> = {};
    const at = new Date();
    at.setSeconds(0, 0);
    for (let day = 0; day < 35; day++) {
      const date = new Date(at.getFullYear(), at.getMonth(), at.getDate() + day);
      const weekday = date.getDay();
      if (
        !sets.day!.has(date.getDate()) ||
        !sets.month!.has(date.getMonth() + 1) ||
        !(sets.weekday!.has(weekday) || (weekday === 0 && sets.weekday!.has(7)))
      )
        continue;
      let n = 0;
      for (const hour of sets.hour!)
        for (const minute of sets.minute!) {
          const fire = new Date(date.getFullYear(), date.getMonth(), date.getDate(), hour, minute);
          if (fire <= at) continue;
          n++;
          if (fires.length < 5) fires.push(fire.toISOString());
        }
      const key = `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
      if (n > 0) dates[key] = n;
    }
    const text = ["minute", "hour", "day", "month", "weekday"]
      .map((name) => (schedule as Record<string, string>)[name])
      .join(" ");
    const words =
      {
        "45 7 * * 1,4": "Mondays and Thursdays at 07:45",
        "0 7 * * 1-5": "Weekdays at 07:00",
        "*/15 * * * *": "Every 15 minutes",
        "0 2 * * *": "Every day at 02:00",
      }[text] ?? `Runs at ${text}`;
    return {
      words,
      fires,
      warnings: text.startsWith("45 7")
        ? [{ code: "clock_change", message: "Clocks change on 29 March" }]
        : [],
      dates,
      fields,
    };
  }

  private timeline(query: Record<string, string | number | undefined>): object {
    const from = Date.parse(String(query.from));
    const to = Date.parse(String(query.to));
    const bucket = Number(query.bucket);
    const buckets = [];
    for (let at = from; at < to; at += bucket * 1000) {
      const hour = (at - from) / HOUR;
      const wave = Math.round((6 + 5 * Math.sin((hour - 5) / 4)) * (bucket > 3600 ? 20 : 1));
      const past = at + bucket * 1000 < Date.now();
      const current = !past && at <= Date.now();
      const n = Math.round(at / 1000 / bucket);
      buckets.push({
        at: new Date(at).toISOString(),
        succeeded: past ? wave : 0,
        failed: past && n % 6 === 2 ? (n % 4) + 1 : 0,
        running: current ? Math.max(3, wave) : 0,
        missed: 0,
        planned: past || current ? 0 : Math.max(1, wave - 2),
      });
    }
    const lanes = query.lanes
      ? [...this.tasks.values()].slice(0, 24).map((task, at) => {
          const step = [0.5, 1, 2, 6][at % 4]! * HOUR;
          const runs = [];
          for (
            let start = from + ((at * 7 * 60_000) % step);
            start < Math.min(to, Date.now());
            start += step
          ) {
            const long = Math.min(step * 0.7, (4 + ((at * 11) % 40)) * 60_000);
            runs.push({
              id: runId(at, 0),
              state: (Math.round(start / step) + at) % 13 === 0 ? "failed" : "succeeded",
              started_at: new Date(start).toISOString(),
              finished_at: new Date(start + long).toISOString(),
            });
          }
          const planned = [];
          for (let start = Date.now() + ((at * 13) % 50) * 60_000; start < to; start += step)
            planned.push(new Date(start).toISOString());
          return { uuid: task.uuid, name: task.name, runs, planned };
        })
      : undefined;
    return { from: query.from, to: query.to, bucket, buckets, tasks: lanes };
  }
}

class FakeSocket implements StreamSocket {
  onopen: (() => void) | null = null;
  onframe: ((frame: StreamFrame) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(private readonly left: () => void) {}

  send(): void {}

  close(): void {
    this.left();
  }

  drop(): void {
    this.left();
    this.onclose?.();
  }
}

class FakeError extends Error {
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
  ) {
    super(String(body.message));
  }
}

function expand(text: string, least: number, most: number): Set<number> | null {
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\*|L|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return null;
    const from = match[2] === undefined ? least : Number(match[2]);
    const to = match[1] === "*" ? most : match[3] === undefined ? (match[4] ? most : from) : Number(match[3]);
    if (from < least || to > most || to < from) return null;
    for (let n = from; n <= to; n += Number(match[4] ?? 1)) found.add(n);
  }
  return found;
}
