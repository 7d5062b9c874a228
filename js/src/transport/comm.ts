import type { Reply, Request, Transport } from "./transport";

/** The part of anywidget's model that the widget uses. */
export interface WidgetModel {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback?: (...args: never[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: unknown): void;
}

interface CommReply extends Partial<Reply> {
  id?: string;
}

/** A kernel that is busy answers late, one that died never: the caller should hear of it. */
const ANSWER_TIMEOUT_MS = 20_000;

/**
 * Talks to the server through the kernel, for browsers that reach the kernel but not the server.
 * Protocol over anywidget's custom messages: `{id, method, path, query, headers, body}` is answered by
 * `{id, status, headers, body}`. (anywidget's own `invoke` gives up after three seconds.)
 */
export class CommTransport implements Transport {
  readonly kind = "comm";
  private readonly waiting = new Map<string, (reply: Reply) => void>();
  private serial = 0;
  private readonly prefix = Math.random().toString(36).slice(2);

  constructor(private readonly model: WidgetModel) {
    model.on("msg:custom", this.receive);
  }

  request(request: Request): Promise<Reply> {
    const id = `${this.prefix}-${++this.serial}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error("The kernel did not answer"));
      }, ANSWER_TIMEOUT_MS);
      this.waiting.set(id, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      this.model.send({ id, ...request });
    });
  }

  openStream(): null {
    return null;
  }

  link(): null {
    return null;
  }

  close(): void {
    this.model.off("msg:custom", this.receive);
    this.waiting.clear();
  }

  private readonly receive = (message: CommReply): void => {
    const resolve = message?.id ? this.waiting.get(message.id) : undefined;
    if (!resolve || !message.id) return;
    this.waiting.delete(message.id);
    resolve({ status: message.status ?? 0, headers: message.headers ?? {}, body: message.body ?? null });
  };
}
