import type { App } from "./app";
import { LogView } from "./log_view";

/** The log of the run that is shown: read from its beginning, then followed for as long as the run goes on. */
export class RunLog {
  wrap = true;
  following = true;
  lineWords = "";
  /** What stands in the log's place while there is nothing in it. */
  empty = "";
  private view: LogView | null = null;
  private read = false;
  private active = false;
  private stop: (() => void) | null = null;

  constructor(private readonly app: App) {}

  /** `line` is the one that the address names. */
  start(runId: string, line: number | null): void {
    this.end();
    const host = this.app.refs.log;
    if (!host) return;
    this.following = line === null;
    const view = new LogView(host, this.app.words, (chosen) => this.app.ui.sheets.lineChosen(chosen));
    view.clear();
    view.follow = this.following;
    this.view = view;
    let wanted = line;
    this.stop = this.app.session.feed.followLog(runId, 0, (entries) => {
      view.append(entries);
      this.lineWords = view.length ? this.app.words.runDetail.lines(view.length) : "";
      this.read = true;
      this.say();
      // The log is hidden until it has lines, and what is hidden does not scroll.
      this.app.afterDrawing(() => {
        if (wanted !== null && view.length >= wanted) {
          view.mark(wanted);
          wanted = null;
        } else if (view.follow) view.toEnd();
      });
    });
  }

  end(): void {
    this.stop?.();
    this.stop = null;
    this.view = null;
    this.read = false;
    this.lineWords = "";
  }

  /** Whether more may come. */
  setActive(active: boolean): void {
    this.active = active;
    this.say();
  }

  toggleFollow(): void {
    this.following = !this.following;
    if (!this.view) return;
    this.view.follow = this.following;
    if (this.following) this.view.toEnd();
  }

  private say(): void {
    const { readingLog, noLog, noLogDone } = this.app.words.runDetail;
    this.empty = this.view?.length ? "" : !this.read ? readingLog : this.active ? noLog : noLogDone;
  }
}
