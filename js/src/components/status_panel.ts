import type { Banner, Status } from "../store/model";
import { bytes, count, fullTime } from "../words/times";
import type { App } from "./app";
import { whileSeen } from "./heartbeat";

interface Fact {
  name: string;
  value: string;
}

const REFRESH_MS = 5_000;

/** The status tab: who starts the runs, what is stored where, what there is to worry about. */
export class StatusPanel {
  roleWords = "";
  banners: Banner[] = [];
  groups: { title: string; facts: Fact[] }[] = [];

  private stop = (): void => {};

  constructor(private readonly app: App) {}

  /** The tab is shown: read now and again until it is left. */
  enter(): void {
    this.leave();
    void this.load();
    this.stop = whileSeen(REFRESH_MS, () => void this.load());
  }

  leave(): void {
    this.stop();
  }

  /** Where runs may be performed, and what the page's reader may do; a server that does not say has no rules. */
  async first(): Promise<Partial<Status>> {
    try {
      return await this.app.api.status();
    } catch {
      return {};
    }
  }

  async load(): Promise<void> {
    const { status: words } = this.app.words;
    try {
      const status = await this.app.api.status();
      const { queue } = status;
      this.banners = status.banners ?? [];
      this.roleWords = words.role[status.role] ?? "";
      this.groups = [
        {
          title: words.overview,
          facts: [
            ...(queue
              ? [
                  {
                    name: words.queue,
                    value: words.queueText(count(queue.running), count(queue.queued), count(queue.limit)),
                  },
                ]
              : []),
            { name: words.version, value: status.version },
          ],
        },
        { title: words.server, facts: this.factsOf(status.server) },
        { title: words.store, facts: this.factsOf(status.store) },
        { title: words.counts, facts: this.factsOf(status.counts, count) },
        { title: words.kernels, facts: this.kernelFacts(status.kernels ?? {}) },
      ].filter((group) => group.facts.length > 0);
    } catch (error) {
      this.app.fail(words.title, error);
    }
  }

  private kernelFacts({ memory, ...states }: Record<string, number>): Fact[] {
    const { kernelStates, memory: name } = this.app.words.status;
    const counted = Object.entries(states).filter(([, number]) => number > 0);
    const facts = counted.map(([state, number]) => ({
      name: kernelStates[state] ?? state,
      value: count(number),
    }));
    return memory ? [...facts, { name, value: bytes(memory) }] : facts;
  }

  /** Numbers are shown as they are (a process id is no quantity), unless `number` says how. */
  private factsOf(
    values: Record<string, unknown> | undefined,
    number: (n: number) => string = String,
  ): Fact[] {
    const { names, yes, no } = this.app.words.status;
    const shown = (value: unknown): string => {
      if (typeof value === "boolean") return value ? yes : no;
      if (typeof value === "number") return number(value);
      if (typeof value === "string") return ISO_TIME.test(value) ? fullTime(value) : value;
      return Object.keys(value as object).length > 0 ? JSON.stringify(value) : "";
    };
    return Object.entries(values ?? {})
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => ({ name: names[key] ?? key.replaceAll("_", " "), value: shown(value) }))
      .filter(({ value }) => value !== "");
  }
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT/;
