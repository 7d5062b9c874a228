import type { MountOptions, Surroundings } from "./components/app";
import { h } from "./components/dom";
import { jupyterConfig } from "./jupyter_config";
import { mount } from "./mount";
import type { WidgetModel } from "./transport/comm";
import { RestTransport } from "./transport/rest";
import { acquireSession, Session } from "./transport/session";
import type { Transport } from "./transport/transport";
import { showWidget } from "./widget";
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
