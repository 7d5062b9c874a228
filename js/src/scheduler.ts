import type { MountOptions, Surroundings } from "./components/app";
import { h } from "./components/dom";
import type { Theme } from "./components/theme";
import { mount } from "./mount";
import type { Filter } from "./store/task_view";
import { CommTransport, type WidgetModel } from "./transport/comm";
import { RestTransport } from "./transport/rest";
import { acquireSession, Session } from "./transport/session";
import type { Transport } from "./transport/transport";
import { en, type Words } from "./words/en";

export interface PageConfig {
  /** The Jupyter server's base URL. */
  baseUrl?: string;
  /** Only where the page was opened with a token instead of a cookie. */
  token?: string;
  xsrfToken?: string;
  /** May look, not change. */
  readOnly?: boolean;
}

const STATIC = "/static/scheduler_ext/";
/** Traits of the widget that Python may change while it is shown. */
const TRAITS = ["task", "filter", "height", "theme", "read_only"];

/** Shows the whole page in `host`; returns its clean-up. */
export function mountPage(host: HTMLElement, config: PageConfig, words: Words = en): () => void {
  const { baseUrl = "/", token, xsrfToken, readOnly } = config;
  return mountWith(host, new RestTransport({ baseUrl, token, xsrfToken }), { readOnly, words });
}

interface PageOptions {
  readOnly?: boolean;
  words?: Words;
  importChunk?: MountOptions["importChunk"];
}

/** What a page does not have, and a widget has. */
const PAGE = { mode: "page", taskId: null, height: null, theme: "auto" } as const;

const besideThis = (name: string): Promise<unknown> => import(new URL(name, import.meta.url).href);

/** The page over any transport: what the demo and the tests use. */
export function mountWith(
  host: HTMLElement,
  transport: Transport,
  { readOnly = false, words = en, importChunk = besideThis }: PageOptions = {},
): () => void {
  const session = new Session(transport);
  const { unmount } = mount(host, session, { ...PAGE, words, readOnly, importChunk });
  void session.load();
  return () => {
    unmount();
    session.close();
  };
}

/** JupyterLab and Notebook say in the page where their server is. */
function jupyterConfig(): { baseUrl: string; token: string } | null {
  const element = document.getElementById("jupyter-config-data");
  if (!element?.textContent) return null;
  try {
    const config = JSON.parse(element.textContent) as { baseUrl?: string; token?: string };
    return config.baseUrl ? { baseUrl: config.baseUrl, token: config.token ?? "" } : null;
  } catch {
    return null;
  }
}

/** The page as a part of another application. */
export interface Embedded {
  /** Show what an address of the page says, such as `#/new/scheduled?notebook=a.ipynb`. */
  show(address: string): void;
  /** A form holds something that was not sent. */
  readonly unsaved: boolean;
  focus(): void;
  dispose(): void;
}

/**
 * Shows the whole page in a part of JupyterLab or Notebook, which says where the server is. It shares its session,
 * and so its socket, with the widgets there.
 */
export function mountEmbedded(
  host: HTMLElement,
  surroundings: Surroundings,
  { readOnly = false, words = en }: PageOptions = {},
): Embedded {
  const jupyter = jupyterConfig() ?? { baseUrl: "/", token: "" };
  const [session, release] = acquireSession(jupyter.baseUrl, () => new RestTransport(jupyter));
  const options = { ...PAGE, words, readOnly, importChunk: besideThis, surroundings };
  const { app, unmount } = mount(host, session, options);
  return {
    show: (address) => app.ui.show(address),
    get unsaved() {
      return app.ui.unsaved;
    },
    focus: () => app.refs.main?.focus({ preventScroll: true }),
    dispose: () => {
      unmount();
      release();
    },
  };
}

/** Null if the scheduler answers, else why it does not ("" where there was no answer at all). */
async function refusal(transport: Transport): Promise<string | null> {
  try {
    const { status, body } = await transport.request({ method: "GET", path: "api/status" });
    if (status < 400) return null;
    const { error } = (body ?? {}) as { error?: { code?: string; message?: string } };
    return error?.code === "no_server" ? "" : (error?.message ?? "");
  } catch {
    return "";
  }
}

function unreachable(host: HTMLElement, words: Words, why: string): void {
  const box = h("div", { class: "scheduler-root scheduler-none", "data-mode": "widget" });
  box.append(h("strong", {}, words.noServerTitle));
  if (why) box.append(h("p", {}, why));
  box.append(h("p", {}, words.noServerText));
  host.replaceChildren(box);
}

/** The widget: straight to the server where the browser reaches it, else through the kernel. */
async function showWidget(
  host: HTMLElement,
  model: WidgetModel,
  signal: { gone: boolean },
): Promise<() => void> {
  const words = en;
  const jupyter = jupyterConfig();
  const rest = jupyter ? new RestTransport(jupyter) : null;
  let session: Session;
  let release: () => void;
  if (rest && model.get("transport") !== "comm" && (await refusal(rest)) === null) {
    [session, release] = acquireSession(jupyter!.baseUrl, () => rest);
  } else {
    const comm = new CommTransport(model);
    const why = await refusal(comm);
    if (why !== null) {
      comm.close();
      if (!signal.gone) unreachable(host, words, why);
      return () => host.replaceChildren();
    }
    session = new Session(comm);
    void session.load();
    release = () => session.close();
  }
  if (signal.gone) {
    release();
    return () => {};
  }
  const show = (): (() => void) =>
    mount(
      host,
      session,
      {
        mode: "widget",
        words,
        readOnly: Boolean(model.get("read_only")),
        taskId: text(model.get("task")) || null,
        height: text(model.get("height")) || null,
        theme: themeOf(model.get("theme")),
        importChunk: (name) => {
          const url = session.transport.link(STATIC + name);
          return url ? import(url) : null;
        },
      },
      fixedFilter(model.get("filter")),
    ).unmount;
  let unmount = show();
  const again = (): void => {
    unmount();
    unmount = show();
  };
  for (const trait of TRAITS) model.on(`change:${trait}`, again);
  return () => {
    for (const trait of TRAITS) model.off(`change:${trait}`, again);
    unmount();
    release();
  };
}

function themeOf(value: unknown): Theme {
  return value === "light" || value === "dark" ? value : "auto";
}

/** `filter=` of the widget: words to search for, or a mapping such as `{"tag": "research"}`. */
function fixedFilter(value: unknown): Partial<Filter> {
  if (typeof value === "string") return value ? { q: value } : {};
  if (typeof value !== "object" || value === null) return {};
  const given = value as Record<string, unknown>;
  const filter: Record<string, string> = {};
  for (const key of ["q", "state", "type", "tag", "context"]) {
    if (typeof given[key] === "string") filter[key] = given[key];
  }
  if (typeof given.context_id === "string") filter.context = given.context_id;
  return filter as Partial<Filter>;
}

function text(value: unknown): string {
  if (typeof value === "number") return `${value}px`;
  return typeof value === "string" ? value : "";
}

/** anywidget's entry: one view of one widget; the function returned takes it down. */
function render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
  const signal = { gone: false };
  const host = h("div", { class: "scheduler-widget-host" });
  el.append(host);
  const shown = showWidget(host, model, signal);
  return () => {
    signal.gone = true;
    void shown.then((unmount) => unmount());
    host.remove();
  };
}

export default { render };
