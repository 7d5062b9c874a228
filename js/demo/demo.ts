import { mount } from "../src/mount";
import { mountWith } from "../src/scheduler";
import { Session } from "../src/transport/session";
import { en } from "../src/words/en";
import { FakeTransport } from "./fake_transport";
import { inventTasks } from "./invented";

/** `?tasks=100`, `&widget=1`, `&readonly=1`, `&mount=0`: the face over invented data, without a server, or only the data. */
const query = new URLSearchParams(location.search);
const transport = new FakeTransport(inventTasks(Number(query.get("tasks") ?? 128)), {
  live: query.get("live") !== "0",
  activity: query.get("activity") !== "0",
});
performance.mark("demo-data-ready");

/** Mounts and takes down one more view: what the leak check does some hundred times. */
async function remount(): Promise<void> {
  const extra = document.createElement("div");
  document.body.append(extra);
  const unmount = mountWith(extra, transport);
  await new Promise((resolve) => setTimeout(resolve, 20));
  unmount();
  extra.remove();
  transport.requests.length = 0;
}
Object.assign(transport, { remount });
Object.assign(globalThis, { demo: transport });

const host = document.getElementById("scheduler")!;
if (query.has("widget")) {
  host.className = "demo-cell";
  const session = new Session(transport);
  const options = {
    mode: "widget" as const,
    words: en,
    readOnly: query.has("readonly"),
    taskId: query.get("task"),
    height: query.get("height"),
    theme: "auto" as const,
    importChunk: (name: string) => import(new URL(name, import.meta.url).href),
  };
  mount(host, session, options, { tag: query.get("tag") ?? "" });
  void session.load();
} else if (query.get("mount") !== "0") {
  mountWith(host, transport, { readOnly: query.has("readonly") });
}
