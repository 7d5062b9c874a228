"""What the face costs, against its budgets: `python benchmarks/face.py [--chromium PATH] [100 10000 100000]`.

Builds the demo page (invented data, a server in memory, so that only the front end is measured), opens it in headless
Chromium and prints each figure with its limit. Times are from the input to the painted frame, median and 95th
percentile; on a shared machine look at sizes, counts and script time first.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
JS = ROOT / "js"
STATIC = ROOT / "jupyter_scheduler_ext" / "static"
SIZES_KB = {"scheduler.js": 70, "scheduler.css": 10, "code-editor.js": 125}
LIMITS_MS: dict[str, dict[int, float]] = {
    "first rows": {100: 300, 10_000: 500, 100_000: 1_200},
    "key, p95": {100: 50, 10_000: 50, 100_000: 80},
    "sort": {100: 50, 10_000: 50, 100_000: 100},
    "push of 1": {100: 35, 10_000: 35, 100_000: 35},
    "push of 1,000": {100: 35, 10_000: 35, 100_000: 35},
    "script a scroll step, p95": {100: 4, 10_000: 4, 100_000: 4},
}
NODES = 3_000
MOUNTS = 500

SETUP = """
() => {
  window.scripted = 0;
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (call) => ask((at) => {
    const start = performance.now();
    call(at);
    window.scripted += performance.now() - start;
  });
}
"""
MEASURE = """
async () => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done();
    port2.postMessage(0);
  }));
  const time = async (act) => {
    const start = performance.now();
    act();
    await painted();
    return performance.now() - start;
  };
  const at = (values, share) => {
    values.sort((a, b) => a - b);
    return values[Math.min(values.length - 1, Math.floor(values.length * share))];
  };
  const repeat = async (n, act) => {
    const all = [];
    for (let i = 0; i < n; i++) all.push(await time(() => act(i)));
    return all;
  };
  const input = document.querySelector(".scheduler-search input");
  const type = (text) => { input.value = text; input.dispatchEvent(new InputEvent("input", { bubbles: true })); };
  const word = "warehouse";
  const keys = await repeat(40, (i) => type(word.slice(0, i % (word.length + 1))));
  type("");
  await painted();
  const heads = [...document.querySelectorAll(".scheduler-sort")];
  const sorts = await repeat(24, (i) => heads[i % heads.length].click());
  const ids = [...demo.tasks.keys()];
  const push = (many) => (i) => {
    const tasks = Array.from({ length: many }, (_, k) => {
      const known = demo.tasks.get(ids[(i * 977 + k * 13) % ids.length]);
      const task = { ...known, revision: known.revision + 1, state: i % 2 ? "running" : "idle" };
      demo.tasks.set(task.uuid, task);
      return task;
    });
    for (const socket of demo.sockets) {
      socket.onframe({ type: "delta", revision: String(i), reset: false, tasks, runs: [], contexts: [], deleted: [] });
    }
  };
  const one = await repeat(20, push(1));
  const thousand = await repeat(20, push(Math.min(1000, ids.length)));
  const main = document.querySelector(".scheduler-main");
  const steps = [];
  for (let i = 0; i < 80; i++) {
    window.scripted = 0;
    main.scrollTop += 300;
    await painted();
    await painted();
    steps.push(window.scripted);
  }
  let writes = 0;
  const watch = new MutationObserver((found) => { writes += found.length; });
  main.scrollTop = 0;
  await new Promise((done) => setTimeout(done, 500));
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  for (const socket of demo.sockets) {
    socket.onframe({ type: "delta", revision: "same", reset: false, tasks: [], runs: [], contexts: [], deleted: [] });
  }
  await new Promise((done) => setTimeout(done, 300));
  watch.disconnect();
  return {
    "key": at(keys, 0.5), "key, p95": at(keys, 0.95), "sort": at(sorts, 0.5), "sort, p95": at(sorts, 0.95),
    "push of 1": at(one, 0.5), "push of 1,000": at(thousand, 0.5), "script a scroll step, p95": at(steps, 0.95),
    nodes: document.querySelectorAll("*").length, writes,
  };
}
"""
REMOUNT = "async (n) => { for (let i = 0; i < n; i++) await demo.remount(); }"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder's files on a free port of this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()


def say(what: str, value: float, limit: float | None, unit: str) -> bool:
    """Print one figure; false if it is over its limit."""
    over = limit is not None and value > limit
    bound = "" if limit is None else f"  limit {limit:g} {unit}"
    print(f"  {what:28}{value:10.1f} {unit}{bound}{'  OVER' if over else ''}")
    return not over


def sizes() -> bool:
    """The bundles, gzipped."""
    print("bundles, gzipped")
    good = True
    for file in sorted(STATIC.glob("*.[jc]s*")):
        if file.suffix in (".js", ".css"):
            good &= say(file.name, len(gzip.compress(file.read_bytes(), 6)) / 1024, SIZES_KB.get(file.name), "KB")
    return good


def measure(page: Page, url: str, tasks: int) -> bool:
    """One number of tasks."""
    page.add_init_script(f"({SETUP})()")
    page.goto(f"{url}?tasks={tasks}")
    page.wait_for_selector(".scheduler-row .scheduler-name:not(:empty)")
    first = page.evaluate("performance.getEntriesByName('scheduler-first-rows')[0]?.startTime ?? performance.now()")
    page.wait_for_timeout(1_000)
    found = {"first rows": first, **page.evaluate(MEASURE)}
    print(f"{tasks:,} tasks")
    good = say("DOM nodes", found.pop("nodes"), NODES, "")
    good &= say("DOM writes, nothing changed", found.pop("writes"), 0, "")
    for what, value in found.items():
        good &= say(what, value, LIMITS_MS.get(what, {}).get(tasks), "ms")
    return good


def growth(page: Page, url: str) -> bool:
    """Nodes and listeners that are left after many views were mounted and taken down."""
    page.goto(f"{url}?tasks=100")
    page.wait_for_selector(".scheduler-row")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def counts() -> dict[str, float]:
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}

    page.evaluate(REMOUNT, 20)
    before = counts()
    page.evaluate(REMOUNT, MOUNTS)
    after = counts()
    print(f"{MOUNTS} times mounted and taken down")
    good = say("DOM nodes left", after["Nodes"] - before["Nodes"], 50, "")
    return good & say("listeners left", after["JSEventListeners"] - before["JSEventListeners"], 5, "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=int, default=[100, 10_000, 100_000])
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser; Playwright's own without it")
    asked = parser.parse_args()
    version = json.loads((JS / "package.json").read_text())["version"]
    print(f"the face {version}")
    subprocess.run(["node", "build.mjs", "--demo"], cwd=JS, check=True, stdout=subprocess.DEVNULL)
    good = sizes()
    with served(JS / "dist-demo") as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox", "--disable-gpu"])
        for tasks in asked.tasks:
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            good &= measure(context.new_page(), url, tasks)
            context.close()
        good &= growth(browser.new_page(), url)
        browser.close()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
