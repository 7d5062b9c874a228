import type { Notifications } from "../store/model";
import { fullTime } from "../words/times";
import type { App } from "./app";
import { BrowserNotices } from "./browser_notices";

interface TargetRow {
  name: string;
  state: "succeeded" | "failed";
  word: string;
  detail: string;
  busy: boolean;
}

/** The notifications tab: who is told, how that is going, what is told by default; and this browser's own notices. */
export class NotificationsPanel {
  loaded = false;
  targets: TargetRow[] = [];
  usual = "";
  /** What the server said, for the form of a task. */
  known: Notifications | null = null;
  browserOn = false;
  browserNote = "";

  readonly browser: BrowserNotices;

  constructor(private readonly app: App) {
    this.browser = new BrowserNotices(app);
  }

  async load(): Promise<void> {
    try {
      await this.read();
    } catch (error) {
      this.app.fail(this.app.words.notifications.title, error);
    }
  }

  /** Rejects with an ApiError. */
  async read(): Promise<void> {
    this.showBrowser();
    const { notifications: words } = this.app.words;
    const found = await this.app.api.notifications();
    this.known = found;
    this.targets = found.targets.map((target) => this.row(target));
    const { on, to } = found.default;
    this.usual =
      (to ?? []).length === 0 || (on ?? []).length === 0
        ? words.usualNobody
        : words.usualText((on ?? []).map((event) => words.events[event]).join(", "), (to ?? []).join(", "));
    this.loaded = true;
  }

  async test(name: string): Promise<void> {
    const { notifications: words } = this.app.words;
    this.mark(name, true);
    try {
      await this.app.api.testTarget(name);
      this.app.ui.toasts.show(words.tested(name));
    } catch (error) {
      this.app.fail(words.notTested(name), error);
    } finally {
      this.mark(name, false);
    }
  }

  async toggleBrowser(event: Event): Promise<void> {
    const box = event.target as HTMLInputElement;
    box.checked = await this.browser.turn(box.checked);
    this.showBrowser();
  }

  private showBrowser(): void {
    const { notifications: words } = this.app.words;
    const { obstacle } = this.browser;
    this.browserOn = this.browser.on;
    this.browserNote = obstacle === "" ? words.browserHelp : words.obstacles[obstacle];
  }

  private mark(name: string, busy: boolean): void {
    for (const target of this.targets) if (target.name === name) target.busy = busy;
  }

  private row({ name, problem, waiting, last_delivered }: Notifications["targets"][number]): TargetRow {
    const { notifications: words } = this.app.words;
    const last = last_delivered ? words.lastDelivered(fullTime(last_delivered)) : words.ready;
    const detail = [problem ?? last, waiting > 0 ? words.waiting(waiting) : ""].filter(Boolean).join(". ");
    return {
      name,
      state: problem === null ? "succeeded" : "failed",
      word: problem === null ? words.well : words.ill,
      detail,
      busy: false,
    };
  }
}
