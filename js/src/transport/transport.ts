import type { Delta, LogEntry } from "../store/model";

export interface Request {
  method: "GET" | "POST" | "PATCH" | "DELETE" | "PUT";
  /** Below `{base_url}scheduler-ext/`, without a leading slash; a leading slash means below `{base_url}` itself. */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export type StreamFrame =
  | ({ type: "delta" } & Delta)
  | { type: "log"; run_id: string; entries: LogEntry[]; next: number; complete?: boolean }
  | { type: "ping" };

/** A way to reach the scheduler. `request` resolves with any HTTP status and rejects only when no answer came. */
export interface Transport {
  readonly kind: "rest" | "comm" | "demo";
  request(request: Request): Promise<Reply>;
  /** Opens the push stream, or null where this transport has none (the live feed then polls). */
  openStream(since: string): StreamSocket | null;
  /** A link the browser itself can follow (`path` as in Request), or null where it cannot reach the server. */
  link(path: string): string | null;
  close(): void;
}

/** The part of a WebSocket that the live feed needs. */
export interface StreamSocket {
  send(frame: object): void;
  close(): void;
  onopen: (() => void) | null;
  onframe: ((frame: StreamFrame) => void) | null;
  onclose: (() => void) | null;
}

/** An answer of the server that is not 2xx, or (status 0) no answer at all. */
export class ApiError extends Error {
  /** Bundles have copies of this class; an error of one must be known as such in another. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "ApiError";
  }

  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field: string | null = null,
    readonly detail: Record<string, unknown> = {},
  ) {
    super(message);
  }

  /** The route does not exist on this server: hide the feature, do not complain. */
  get missing(): boolean {
    return (this.status === 404 && this.code === "no_route") || this.status === 405 || this.status === 501;
  }

  get offline(): boolean {
    return this.status === 0;
  }
}
