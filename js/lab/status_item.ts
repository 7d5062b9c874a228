import type { ServiceManager } from "@jupyterlab/services";
import { Poll, Throttler } from "@lumino/polling";
import { Signal } from "@lumino/signaling";
import { Widget } from "@lumino/widgets";
import { askStatus, type Status } from "./server";
import type { SchedulerSettings } from "./settings";
import { partsOf } from "./status_words";
import type { Words } from "./words";

const CLOCK = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 12a9 9 0 1 0 18 0a9 9 0 1 0 -18 0M12 7v5l3 2"/></svg>`;
const EVENTS = "jupyter-scheduler-ext";
/** Milliseconds in which several announcements cost one look. */
const GATHER = 400;
const LONGEST_WAIT = 300_000;

/**
 * The scheduler in the status bar: what runs, what failed, what comes next.
 *
 * It opens no socket: JupyterLab's own event stream says that something changed, and one small request says what.
 * A window or a status bar that nobody sees asks nothing.
 */
export class StatusItem extends Widget {
  /** Whether it has something to say, and somebody wants to hear it. */
  readonly activeChanged = new Signal<this, void>(this);
  private readonly button: HTMLButtonElement;
  private readonly poll: Poll;
  private readonly soon: Throttler;
  private wanted = true;
  private there = false;

  constructor(
    private readonly services: ServiceManager,
    private readonly words: Words,
    open: () => void,
  ) {
    super();
    this.button = this.node.appendChild(document.createElement("button"));
    this.button.type = "button";
    this.button.className = "scheduler-ext-status";
    this.button.onclick = open;
    this.poll = new Poll({
      name: "jupyter-scheduler-ext:status",
      factory: () => this.look(),
      frequency: { interval: 30_000, backoff: true, max: LONGEST_WAIT },
      standby: () => this.unseen,
    });
    this.soon = new Throttler(() => (this.unseen ? null : this.poll.refresh()), {
      limit: GATHER,
      edge: "trailing",
    });
    services.events.stream.connect(this.announced, this);
    document.addEventListener("visibilitychange", this.shown);
  }

  get active(): boolean {
    return this.wanted && this.there;
  }

  configure({ statusBar, statusInterval }: SchedulerSettings): void {
    this.wanted = statusBar;
    const interval = statusInterval * 1000;
    this.poll.frequency = { interval, backoff: true, max: Math.max(interval, LONGEST_WAIT) };
    this.activeChanged.emit();
    if (statusBar) void this.soon.invoke();
  }

  override dispose(): void {
    this.services.events.stream.disconnect(this.announced, this);
    document.removeEventListener("visibilitychange", this.shown);
    this.poll.dispose();
    this.soon.dispose();
    Signal.clearData(this);
    super.dispose();
  }

  protected override onAfterShow(): void {
    void this.soon.invoke();
  }

  /** Before the first answer it is hidden, and must look nevertheless. */
  private get unseen(): boolean {
    return document.hidden || !this.wanted || (this.there && !this.isVisible);
  }

  private announced(_: unknown, { schema_id }: { schema_id: string }): void {
    if (schema_id.includes(EVENTS)) void this.soon.invoke();
  }

  private readonly shown = (): void => {
    if (!document.hidden) void this.soon.invoke();
  };

  private async look(): Promise<void> {
    const answer = await askStatus(this.services.serverSettings);
    const there = "status" in answer;
    if (there) this.draw(answer.status);
    if (there !== this.there) {
      this.there = there;
      this.activeChanged.emit();
    }
    // Without a scheduler there is nothing to wait for but a long time: a rejection makes the poll back off.
    if (!there) throw new Error(answer.problem);
  }

  private draw(status: Status): void {
    const parts = partsOf(status, this.words);
    this.button.innerHTML = CLOCK;
    for (const { key, text } of parts) {
      const span = this.button.appendChild(document.createElement("span"));
      span.dataset.part = key;
      span.textContent = text;
    }
    const said = parts.map(({ text }) => text).join(", ");
    this.button.setAttribute("aria-label", `${this.words.title}: ${said}`);
    this.button.title = this.words.statusHelp;
  }
}
