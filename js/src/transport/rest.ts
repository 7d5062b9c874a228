import type { Reply, Request, StreamFrame, StreamSocket, Transport } from "./transport";

export interface RestConfig {
  /** The Jupyter server's base URL, such as `/` or `https://host/user/ana/`. */
  baseUrl: string;
  token?: string;
  xsrfToken?: string;
}

const JSON_TYPES = /^application\/(?:[\w.+-]+\+)?json/;

/** Talks to the Jupyter server by `fetch` and WebSocket. */
export class RestTransport implements Transport {
  readonly kind = "rest";
  private readonly root: URL;

  constructor(private readonly config: RestConfig) {
    const base = config.baseUrl.endsWith("/") ? config.baseUrl : `${config.baseUrl}/`;
    this.root = new URL(base, globalThis.location?.href ?? "http://localhost/");
  }

  async request({ method, path, query, body, headers }: Request): Promise<Reply> {
    const url = this.url(path);
    for (const [key, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const all: Record<string, string> = { Accept: "application/json", ...headers };
    if (this.config.token) all.Authorization = `token ${this.config.token}`;
    const xsrf = this.config.xsrfToken || readCookie("_xsrf");
    if (xsrf && method !== "GET") all["X-XSRFToken"] = xsrf;
    let payload: BodyInit | undefined;
    if (body instanceof Blob) {
      payload = body;
      all["Content-Type"] = "application/octet-stream";
    } else if (body !== undefined) {
      payload = JSON.stringify(body);
      all["Content-Type"] ??= "application/json";
    }
    const response = await fetch(url, {
      method,
      headers: all,
      body: payload,
      credentials: "same-origin",
      cache: "no-store",
    });
    const type = response.headers.get("Content-Type") ?? "";
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: JSON_TYPES.test(type) && text ? JSON.parse(text) : text || null,
    };
  }

  openStream(since: string): StreamSocket | null {
    const url = this.url("api/stream");
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("since", since);
    if (this.config.token) url.searchParams.set("token", this.config.token);
    return wrapSocket(new WebSocket(url));
  }

  link(path: string): string {
    return this.url(path).href;
  }

  close(): void {}

  private url(path: string): URL {
    return path.startsWith("/")
      ? new URL(path.slice(1), this.root)
      : new URL(`scheduler-ext/${path}`, this.root);
  }
}

function wrapSocket(socket: WebSocket): StreamSocket {
  const wrapped: StreamSocket = {
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    close: () => socket.close(),
    onopen: null,
    onframe: null,
    onclose: null,
  };
  socket.onopen = () => wrapped.onopen?.();
  socket.onmessage = (event) => wrapped.onframe?.(JSON.parse(String(event.data)) as StreamFrame);
  socket.onclose = () => wrapped.onclose?.();
  return wrapped;
}

function readCookie(name: string): string {
  const found = globalThis.document?.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`));
  return found?.[1] ? decodeURIComponent(found[1]) : "";
}
