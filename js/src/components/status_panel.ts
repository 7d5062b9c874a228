import type { Banner } from "../store/model";
import { count } from "../words/times";
import type { App } from "./app";

const REFRESH_MS = 5_000;

/** The status tab: who starts the runs, what is stored where, what there is to worry about. */
export class StatusPanel {
  roleWords = "";
  banners: Banner[] = [];
  facts: { name: string; value: string }[] = [];

  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly app: App) {}

  /** The tab is shown: read now and again until it is left. */
  enter(): void {
    this.leave();
    void this.load();
    this.timer = setInterval(() => {
      if (!document.hidden) void this.load();
    }, REFRESH_MS);
  }

  leave(): void {
    clearInterval(this.timer);
  }

  /** What the page shows above everything; a server without a status route has nothing to say. */
  async readBanners(): Promise<Banner[]> {
    try {
      return (await this.app.api.status()).banners ?? [];
    } catch {
      return [];
    }
  }

  async load(): Promise<void> {
    const { status: words } = this.app.words;
    try {
      const status = await this.app.api.status();
      const { queue } = status;
      this.banners = status.banners ?? [];
      this.roleWords = words.role[status.role] ?? "";
      this.facts = [
        ...(queue
          ? [
              {
                name: words.queue,
                value: words.queueText(count(queue.running), count(queue.queued), count(queue.limit)),
              },
            ]
          : []),
        { name: words.version, value: status.version },
        ...flatten(words.server, status.server),
        ...flatten(words.store, status.store),
        ...flatten(words.counts, status.counts),
      ];
    } catch (error) {
      this.app.fail(words.title, error);
    }
  }
}

function flatten(
  group: string,
  values: Record<string, unknown> | undefined,
): { name: string; value: string }[] {
  return Object.entries(values ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => ({
      name: `${group}: ${key.replaceAll("_", " ")}`,
      value: typeof value === "object" ? JSON.stringify(value) : String(value),
    }));
}
