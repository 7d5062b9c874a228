import { instantOf, wallTime } from "../store/wall_times";
import { readerZone } from "../words/times";
import type { App } from "./app";

const DAY_MS = 86_400_000;

/** Runs what a schedule would have run in a stretch of the past. */
export class Backfill {
  open = false;
  busy = false;
  name = "";
  from = "";
  to = "";
  message = "";
  private id = "";

  constructor(private readonly app: App) {}

  show(id: string): void {
    const now = Date.now();
    this.id = id;
    this.name = this.app.table.get(id)?.name ?? "";
    this.from = wallTime(new Date(now - DAY_MS).toISOString(), readerZone()).slice(0, 16);
    this.to = wallTime(new Date(now).toISOString(), readerZone()).slice(0, 16);
    this.message = "";
    this.open = true;
  }

  close(): void {
    this.open = false;
  }

  async start(): Promise<void> {
    if (this.busy || !this.from || !this.to) return;
    this.busy = true;
    this.message = "";
    try {
      const zone = readerZone();
      const runs = await this.app.api.backfill(this.id, instantOf(this.from, zone), instantOf(this.to, zone));
      this.open = false;
      this.app.session.feed.hurry();
      this.app.ui.toasts.show(this.app.words.backfill.started(runs.length, this.name));
    } catch (error) {
      this.message = this.app.explain(error);
    } finally {
      this.busy = false;
    }
  }
}
