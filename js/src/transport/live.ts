import type { Delta, LogEntry } from "../store/model";
import type { Api } from "./api";
import type { StreamFrame, StreamSocket } from "./transport";

/** `offline`: neither push nor poll gets an answer. `paused`: the tab is hidden, nothing is asked. */
export type LiveState = "connecting" | "live" | "polling" | "offline" | "paused";

export type LogListener = (entries: LogEntry[], complete: boolean) => void;

interface LogFollower {
  next: number;
  complete: boolean;
  busy: boolean;
  listener: LogListener;
}

const POLL_MS = 2_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** The server pings far more often than this; a silent socket is a dead one. */
const SILENCE_MS = 60_000;

/**
 * Keeps a store up to date: pushed deltas while the stream is open, polled ones every two seconds while it
 * is not. Both carry a revision, so that whichever comes next resumes without a gap. A hidden tab closes
 * everything, unless it is to listen, and resumes when it is shown.
 */
export class LiveFeed {
  state: LiveState = "connecting";
  private revision = "0";
  private socket: StreamSocket | null = null;
  private socketOpen = false;
  private running = false;
  private whenHidden = false;
  /** Hidden, with nobody to tell: nothing is asked. */
  private resting = false;
  private retryMs = FIRST_RETRY_MS;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly followers = new Map<string, Set<LogFollower>>();

  constructor(
    private readonly api: Api,
    private readonly onDelta: (delta: Delta) => void,
    private readonly onState: (state: LiveState) => void,
  ) {}

  /** Follow everything after `revision`. */
  start(revision: string): void {
    this.revision = revision;
    if (this.running) return;
    this.running = true;
    globalThis.document?.addEventListener("visibilitychange", this.visibility);
    this.visibility();
  }

  stop(): void {
    this.running = false;
    globalThis.document?.removeEventListener("visibilitychange", this.visibility);
    this.disconnect();
    this.followers.clear();
  }

  /** Ask at once, as after an action of the reader's own; does nothing while the stream pushes. */
  hurry(): void {
    if (this.running && !this.socketOpen && !this.resting) this.schedulePoll(0);
  }

  /** Log entries of a run from an offset on, and each one that follows. Returns the way to stop. */
  followLog(runId: string, from: number, listener: LogListener): () => void {
    const follower: LogFollower = { next: from, complete: false, busy: false, listener };
    const set = this.followers.get(runId) ?? new Set();
    set.add(follower);
    this.followers.set(runId, set);
    void this.readLog(runId, follower);
    return () => {
      set.delete(follower);
      if (set.size > 0) return;
      this.followers.delete(runId);
      this.socket?.send({ type: "unsubscribe", run_id: runId });
    };
  }

  /** Go on while the tab is hidden: somebody wants to be told of what happens. */
  listenWhenHidden(on: boolean): void {
    this.whenHidden = on;
    if (this.running) this.visibility();
  }

  private readonly visibility = (): void => {
    this.resting = Boolean(globalThis.document?.hidden) && !this.whenHidden;
    if (this.resting) {
      this.disconnect();
      this.report("paused");
    } else {
      this.connect();
    }
  };

  private connect(): void {
    if (!this.running || this.socket) return;
    clearTimeout(this.retryTimer);
    let socket: StreamSocket | null = null;
    try {
      socket = this.api.transport.openStream(this.revision);
    } catch {
      socket = null;
    }
    if (!socket) {
      this.schedulePoll(0);
      return;
    }
    this.socket = socket;
    socket.onopen = () => {
      this.socketOpen = true;
      this.retryMs = FIRST_RETRY_MS;
      clearTimeout(this.pollTimer);
      this.report("live");
      this.watchSilence();
      for (const [runId, set] of this.followers) {
        for (const follower of set) this.subscribe(runId, follower);
      }
    };
    socket.onframe = (frame) => {
      this.watchSilence();
      this.receive(frame);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.socketOpen = false;
      clearTimeout(this.silenceTimer);
      if (!this.running) return;
      if (this.state === "live") this.report("connecting");
      this.schedulePoll(0);
      const wait = this.retryMs * (0.8 + Math.random() * 0.4);
      this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
      this.retryTimer = setTimeout(() => this.connect(), wait);
    };
  }

  private disconnect(): void {
    clearTimeout(this.retryTimer);
    clearTimeout(this.pollTimer);
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.socket = null;
    this.socketOpen = false;
    socket?.close();
  }

  private receive(frame: StreamFrame): void {
    if (frame.type === "delta") this.take(frame);
    else if (frame.type === "log") {
      for (const follower of this.followers.get(frame.run_id) ?? []) {
        // What is being read would come a second time: the stream goes on from where the answer ends.
        if (follower.busy) continue;
        // After a reconnect the same lines may come twice: `next` says how far this reader is.
        if (frame.next <= follower.next && frame.entries.length > 0) continue;
        follower.next = frame.next;
        follower.complete ||= Boolean(frame.complete);
        follower.listener(frame.entries, follower.complete);
      }
    }
  }

  private take(delta: Delta): void {
    this.revision = delta.revision;
    this.onDelta(delta);
  }

  private schedulePoll(wait: number): void {
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(() => void this.poll(), wait);
  }

  private async poll(): Promise<void> {
    if (!this.running || this.socketOpen) return;
    try {
      const delta = await this.api.poll(this.revision);
      if (!this.running || this.socketOpen) return;
      this.take(delta);
      if (this.resting) return;
      this.report("polling");
      for (const [runId, set] of this.followers) {
        for (const follower of set) if (!follower.complete) void this.readLog(runId, follower);
      }
    } catch {
      if (!this.running || this.socketOpen || this.resting) return;
      this.report("offline");
    }
    this.schedulePoll(POLL_MS);
  }

  private async readLog(runId: string, follower: LogFollower): Promise<void> {
    if (follower.busy) return;
    follower.busy = true;
    try {
      const page = await this.api.log(runId, follower.next);
      if (!this.followers.get(runId)?.has(follower)) return;
      const grown = page.next > follower.next || page.complete || follower.next === 0;
      follower.next = Math.max(follower.next, page.next);
      follower.complete = page.complete;
      if (grown) follower.listener(page.entries, page.complete);
    } catch {
      // The next poll or frame tries again; the run's own state tells the reader more than a toast would.
    } finally {
      follower.busy = false;
      if (this.followers.get(runId)?.has(follower)) this.subscribe(runId, follower);
    }
  }

  private subscribe(runId: string, follower: LogFollower): void {
    if (!this.socketOpen || follower.busy || follower.complete) return;
    this.socket?.send({ type: "subscribe", run_id: runId, from: follower.next });
  }

  private watchSilence(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => this.socket?.close(), SILENCE_MS);
  }

  private report(state: LiveState): void {
    if (this.state === state) return;
    this.state = state;
    this.onState(state);
  }
}
