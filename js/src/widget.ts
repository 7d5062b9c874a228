import { h } from "./components/dom";
import type { Theme } from "./components/theme";
import { jupyterConfig } from "./jupyter_config";
import { mount } from "./mount";
import type { Filter } from "./store/task_view";
import { CommTransport, type WidgetModel } from "./transport/comm";
import { RestTransport } from "./transport/rest";
import { acquireSession, Session } from "./transport/session";
import type { Transport } from "./transport/transport";
import { en, type Words } from "./words/en";

const STATIC = "/static/scheduler_ext/";
/** Traits of the widget that Python may change while it is shown. */
const TRAITS = ["task", "filter", "height", "theme", "read_only"];

/** The notebook was made into a page, as by nbconvert: no kernel stands behind it. */
function onPaper(): boolean {
  return document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]') !== null;
}

/**
 * The words that stand before a widget are for where nothing runs: they are hidden for as long as this style is there,
 * and in JupyterLab the room of their output with them.
 */
function hideWords(model: WidgetModel): HTMLElement | null {
  const words = text(model.get("_still"));
  if (!/^[\w-]+$/.test(words)) return null;
  const none = "{ display: none; }";
  return h("style", {}, `.${words} ${none} .jp-OutputArea-child:has(> * > .${words}) ${none}`);
}

/** Why the scheduler does not answer there, in the server's words where it gave any; null if it does answer. */
interface Refusal {
  /** There was an answer, if only the kernel's that it has no server. */
  heard: boolean;
  why: string;
}

async function refusal(transport: Transport): Promise<Refusal | null> {
  try {
    const { status, body } = await transport.request({ method: "GET", path: "api/status" });
    if (status < 400) return null;
    const { error } = (body ?? {}) as { error?: { code?: string; message?: string } };
    return { heard: true, why: error?.code === "no_server" ? "" : (error?.message ?? "") };
  } catch {
    return { heard: false, why: "" };
  }
}

function unreachable(words: Words, { heard, why }: Refusal, again: () => void): HTMLElement {
  const box = h("div", { class: "scheduler-root scheduler-none", "data-mode": "widget" });
  box.append(h("strong", {}, heard ? words.noServerTitle : words.noKernelTitle));
  if (why) box.append(h("p", {}, why));
  box.append(h("p", {}, heard ? words.noServerText : words.noKernelText));
  const retry = h(
    "button",
    { type: "button", class: "scheduler-button scheduler-button-plain" },
    words.retry,
  );
  retry.addEventListener("click", () => {
    retry.disabled = true;
    again();
  });
  box.append(retry);
  return box;
}

/** The widget: straight to the server where the browser reaches it, else through the kernel. */
export async function showWidget(
  host: HTMLElement,
  model: WidgetModel,
  signal: { gone: boolean },
): Promise<() => void> {
  const words = en;
  if (onPaper()) return () => {};
  const jupyter = jupyterConfig();
  const rest = jupyter ? new RestTransport(jupyter) : null;
  let session: Session;
  let release: () => void;
  if (rest && model.get("transport") !== "comm" && (await refusal(rest)) === null) {
    [session, release] = acquireSession(jupyter!.baseUrl, () => rest);
  } else {
    const comm = new CommTransport(model);
    const refused = await refusal(comm);
    if (refused) {
      comm.close();
      return signal.gone ? () => {} : showRefusal(host, model, signal, refused);
    }
    session = new Session(comm);
    void session.load();
    release = () => session.close();
  }
  if (signal.gone) {
    release();
    return () => {};
  }
  /** The reader left the one task of this widget for all of them. */
  let all = false;
  const show = (): (() => void) =>
    mount(
      host,
      session,
      {
        mode: "widget",
        words,
        readOnly: Boolean(model.get("read_only")),
        taskId: (!all && text(model.get("task"))) || null,
        showAll: () => {
          all = true;
          again();
        },
        height: text(model.get("height")) || null,
        theme: themeOf(model.get("theme")),
        importChunk: (name) => {
          const url = session.transport.link(STATIC + name);
          return url ? import(url) : null;
        },
      },
      fixedFilter(model.get("filter")),
    ).unmount;
  const hidden = hideWords(model);
  if (hidden) host.before(hidden);
  let unmount = show();
  const again = (): void => {
    unmount();
    unmount = show();
  };
  const chosen = (): void => {
    all = false;
  };
  model.on("change:task", chosen);
  for (const trait of TRAITS) model.on(`change:${trait}`, again);
  return () => {
    model.off("change:task", chosen);
    for (const trait of TRAITS) model.off(`change:${trait}`, again);
    unmount();
    hidden?.remove();
    release();
  };
}

/** Says why nothing is shown, until another try is asked for. */
function showRefusal(
  host: HTMLElement,
  model: WidgetModel,
  signal: { gone: boolean },
  refused: Refusal,
): () => void {
  let next: Promise<() => void> | null = null;
  const box = unreachable(en, refused, () => {
    next ??= showWidget(host, model, signal);
    box.setAttribute("aria-busy", "true");
  });
  // Without a kernel the words of before are better than nothing.
  const hidden = refused.heard ? hideWords(model) : null;
  host.replaceChildren(...(hidden ? [hidden] : []), box);
  return () => {
    void next?.then((unmount) => unmount());
    host.replaceChildren();
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
