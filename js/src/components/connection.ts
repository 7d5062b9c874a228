import type { Banner } from "../store/model";
import type { LiveState } from "../transport/live";
import { clockTime } from "../words/times";
import type { App } from "./app";

/** A short gap is not worth a banner. */
const SLOW_MS = 1_500;

/** How fresh what is shown is, and what the server has to say about itself: the mark at the top and the banners. */
export class Connection {
  state: LiveState = "connecting";
  banners: Banner[] = [];
  private stale = "";
  private told: Banner[] = [];
  private slow: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly app: App) {}

  get word(): string {
    return this.app.words.live[this.state];
  }

  get help(): string {
    return this.app.words.liveHelp[this.state];
  }

  changed(state: LiveState): void {
    this.state = state;
    clearTimeout(this.slow);
    if (state === "live" || state === "polling" || state === "paused") {
      this.setStale("");
      return;
    }
    this.slow = setTimeout(() => {
      const { heardAt } = this.app.session;
      if (this.state === "offline" && heardAt) {
        this.setStale(this.app.words.stale(clockTime(new Date(heardAt).toISOString())));
      }
    }, SLOW_MS);
  }

  /** All that the server says now. */
  tell(banners: Banner[]): void {
    this.told = banners;
    this.show();
  }

  dispose(): void {
    clearTimeout(this.slow);
  }

  private setStale(message: string): void {
    this.stale = message;
    this.show();
  }

  private show(): void {
    const { stale: message, told } = this;
    this.banners = message ? [{ level: "warning", code: "stale", message }, ...told] : told;
  }
}
