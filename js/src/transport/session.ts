import type { Banner, Context, Delta, Run } from "../store/model";
import { TaskTable } from "../store/task_table";
import { Api } from "./api";
import { LiveFeed, type LiveState } from "./live";
import { ApiError, type Transport } from "./transport";

export interface SessionEvents {
  state?: (state: LiveState) => void;
  /** The first load, or a later one, went well (null) or not. */
  loaded?: (error: ApiError | null) => void;
  runs?: (runs: Run[]) => void;
  contexts?: (contexts: Context[]) => void;
  banners?: (banners: Banner[]) => void;
}

/**
 * One server as the front end knows it: its tasks and the feed that keeps them current. All views on a page
 * share it, so that twenty widgets cost one socket and one copy of the tasks.
 */
export class Session {
  readonly api: Api;
  readonly table = new TaskTable();
  readonly feed: LiveFeed;
  /** Seconds since the epoch of the last answer; the reader is told how old a stale list is. */
  heardAt = 0;
  ready = false;
  private readonly observers = new Set<SessionEvents>();
  private loading: Promise<void> | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(readonly transport: Transport) {
    this.api = new Api(transport);
    this.feed = new LiveFeed(
      this.api,
      (delta) => this.take(delta),
      (state) => {
        for (const observer of this.observers) observer.state?.(state);
      },
    );
  }

  observe(events: SessionEvents): () => void {
    this.observers.add(events);
    return () => this.observers.delete(events);
  }

  /** Load the list and follow it. Tries again by itself while the server does not answer. */
  load(): Promise<void> {
    this.loading ??= this.fetchAll().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.feed.stop();
    this.transport.close();
  }

  /** Put in what an action of the reader's own brought back, before the feed tells it. */
  put(change: Partial<Pick<Delta, "tasks" | "deleted" | "runs">>): void {
    this.table.apply({ tasks: [], deleted: [], runs: [], ...change });
    this.feed.hurry();
  }

  private async fetchAll(): Promise<void> {
    clearTimeout(this.retry);
    try {
      const { tasks, revision } = await this.api.tasks();
      if (this.closed) return;
      this.table.load(tasks);
      this.ready = true;
      this.heardAt = Date.now();
      this.feed.start(revision);
      this.announce(null);
    } catch (error) {
      if (this.closed) return;
      const failure = error instanceof ApiError ? error : new ApiError(0, "error", String(error));
      this.announce(failure);
      if (failure.offline || failure.status >= 500) this.retry = setTimeout(() => this.again(), 3_000);
    }
  }

  /** A hidden page does not knock: it tries again when it is seen. */
  private again(): void {
    if (this.closed) return;
    if (!globalThis.document?.hidden) void this.load();
    else document.addEventListener("visibilitychange", () => this.again(), { once: true });
  }

  private take(delta: Delta): void {
    this.heardAt = Date.now();
    if (delta.reset) {
      this.feed.stop();
      void this.load();
      return;
    }
    this.table.apply(delta);
    for (const observer of this.observers) {
      if (delta.runs.length > 0) observer.runs?.(delta.runs);
      if (delta.contexts.length > 0) observer.contexts?.(delta.contexts);
      if (delta.banners) observer.banners?.(delta.banners);
    }
  }

  private announce(error: ApiError | null): void {
    for (const observer of this.observers) observer.loaded?.(error);
  }
}

interface Shared {
  session: Session;
  users: number;
  closing?: ReturnType<typeof setTimeout>;
}

/** Each widget's module is a copy of its own, so what they share hangs on the page itself. */
const REGISTRY = Symbol.for(`scheduler-ext/${__VERSION__}`);
const LINGER_MS = 5_000;

/** The page's session for `key`, made when first asked for; `release` when done. */
export function acquireSession(key: string, makeTransport: () => Transport): [Session, release: () => void] {
  const holder = globalThis as { [REGISTRY]?: Map<string, Shared> };
  const registry = (holder[REGISTRY] ??= new Map());
  let shared = registry.get(key);
  if (!shared) {
    shared = { session: new Session(makeTransport()), users: 0 };
    registry.set(key, shared);
    void shared.session.load();
  }
  const mine = shared;
  clearTimeout(mine.closing);
  mine.users++;
  let released = false;
  return [
    mine.session,
    () => {
      if (released) return;
      released = true;
      if (--mine.users > 0) return;
      // A cell that runs again drops its view and makes another: keep the session for a moment.
      mine.closing = setTimeout(() => {
        registry.delete(key);
        mine.session.close();
      }, LINGER_MS);
    },
  ];
}
