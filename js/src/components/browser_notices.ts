import type { Run, RunState } from "../store/model";
import { readPreferences, writePreferences } from "../store/preferences";
import type { App } from "./app";

/** Ends that are worth the reader's eye while they do something else. */
const WORTH: ReadonlySet<RunState> = new Set(["failed", "timed_out", "lost", "missed"]);
/** A page that was away is told of much at once: what is older than this is history. */
const FRESH_MS = 5 * 60_000;
const REMEMBERED = 500;

/**
 * The browser's own notifications: switched on by the reader, in this browser, for as long as a page is open. A
 * hidden page then goes on listening.
 */
export class BrowserNotices {
  private readonly told = new Set<string>();

  constructor(private readonly app: App) {}

  /** Why they cannot be had here, or "". */
  get obstacle(): "" | "missing" | "denied" {
    if (!("Notification" in globalThis)) return "missing";
    return Notification.permission === "denied" ? "denied" : "";
  }

  /** The wish is looked at first: to learn the permission, Chromium waits for another process. */
  get on(): boolean {
    return readPreferences().notices && this.obstacle === "" && Notification.permission === "granted";
  }

  /** To be called from a click: the browser may ask the reader. Says whether they are on now. */
  async turn(on: boolean): Promise<boolean> {
    if (on && this.obstacle === "" && Notification.permission === "default") {
      await Notification.requestPermission();
    }
    writePreferences({ notices: on && this.obstacle === "" && Notification.permission === "granted" });
    this.settle();
    return this.on;
  }

  /** A hidden page listens only if it has somebody to tell. */
  settle(): void {
    this.app.session.feed.listenWhenHidden(this.on);
  }

  saw(runs: Run[]): void {
    const worth = runs.filter((run) => WORTH.has(run.state));
    if (worth.length === 0 || !this.on) return;
    for (const run of worth) if (this.isNew(run)) this.tell(run);
  }

  private isNew(run: Run): boolean {
    if (this.told.has(run.id) || Date.now() - Date.parse(run.finished_at ?? "") > FRESH_MS) return false;
    this.told.add(run.id);
    if (this.told.size > REMEMBERED) this.told.delete(this.told.values().next().value!);
    return true;
  }

  private tell(run: Run): void {
    const { runStates, notifications: words } = this.app.words;
    const notice = new Notification(words.browserTitle(run.task_name, runStates[run.state]), {
      body: run.error?.message || run.reason || "",
      tag: run.id,
    });
    notice.onclick = () => {
      window.focus();
      this.app.ui.openRun(run.id);
      notice.close();
    };
  }
}
