"""What the face costs, against its budgets: `python benchmarks/face.py [--chromium PATH] [100 10000 100000]`.

Builds the demo page (invented data, a server in memory, so that only the front end is measured), opens it in headless
Chromium and prints each figure with its limit. Times are what the page's main thread spent on one step, script, style,
layout and paint together, in CPU time, so that they mean something on a shared machine; beside it the median from the
input to the painted frame by the clock, which only an idle machine can judge.
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
    "key": {100: 50, 10_000: 50, 100_000: 80},
    "sort": {100: 50, 10_000: 50, 100_000: 100},
    "push of 1": {100: 35, 10_000: 35, 100_000: 35},
    "push of 1,000": {100: 35, 10_000: 35, 100_000: 35},
}
SCROLL_SCRIPT_MS = 4
NODES = 3_000
MOUNTS = 500

SETUP = """
() => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done();
    port2.postMessage(0);
  }));
  const type = (text) => {
    const input = document.querySelector(".scheduler-search input");
    input.value = text;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const push = (many, i) => {
    const ids = [...demo.tasks.keys()];
    const tasks = Array.from({ length: Math.min(many, ids.length) }, (_, k) => {
      const known = demo.tasks.get(ids[(i * 977 + k * 13) % ids.length]);
      const task = { ...known, revision: known.revision + 1, state: i % 2 ? "running" : "idle" };
      demo.tasks.set(task.uuid, task);
      return task;
    });
    for (const socket of demo.sockets) {
      socket.onframe({ type: "delta", revision: String(i), reset: false, tasks, runs: [], contexts: [], deleted: [] });
    }
  };
  const word = "warehouse";
  const steps = {
    "key": (i) => type(word.slice(0, i % (word.length + 1))),
    "sort": (i) => {
      const heads = document.querySelectorAll(".scheduler-sort");
      heads[i % heads.length].click();
    },
    "push of 1": (i) => push(1, i),
    "push of 1,000": (i) => push(1000, i),
    "scroll step": () => { document.querySelector(".scheduler-main").scrollTop += 300; },
  };
  window.bench = {
    async repeat(what, n) {
      const all = [];
      for (let i = 0; i < n; i++) {
        const start = performance.now();
        steps[what](i);
        await painted();
        all.push(performance.now() - start);
      }
      return all.sort((a, b) => a - b)[n >> 1];
    },
    async writes() {
      let writes = 0;
      const watch = new MutationObserver((found) => { writes += found.length; });
      watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      push(0, 0);
      await new Promise((done) => setTimeout(done, 300));
      watch.disconnect();
      return writes;
    },
  };
}
"""
FIRST_ROWS = """
performance.getEntriesByName("scheduler-first-rows")[0].startTime
  - performance.getEntriesByName("demo-data-ready")[0].startTime
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


class Meter:
    """Reads what Chromium counted: CPU seconds of the main thread, nodes, listeners."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read(self) -> dict[str, float]:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}

    def collect(self) -> None:
        self._session.send("HeapProfiler.collectGarbage")


def measure(page: Page, url: str, tasks: int) -> bool:
    """One number of tasks."""
    page.goto(f"{url}?tasks={tasks}&activity=0")
    page.wait_for_selector(".scheduler-row .scheduler-name:not(:empty)", state="attached")
    first = page.evaluate(FIRST_ROWS)
    page.wait_for_timeout(1_500)
    page.evaluate(f"({SETUP})()")
    meter = Meter(page)
    print(f"{tasks:,} tasks")
    good = say("DOM nodes", page.locator("*").count(), NODES, "")
    good &= say("DOM writes, nothing changed", page.evaluate("bench.writes()"), 0, "")
    good &= say("first rows, by the clock", first, LIMITS_MS["first rows"].get(tasks), "ms")
    for what, times in (("key", 40), ("sort", 24), ("push of 1", 20), ("push of 1,000", 20), ("scroll step", 80)):
        page.evaluate("([what]) => bench.repeat(what, 4)", [what])
        before = meter.read()
        clock = page.evaluate("([what, n]) => bench.repeat(what, n)", [what, times])
        after = meter.read()
        spent = {name: (after[name] - before[name]) * 1000 / times for name in ("TaskDuration", "ScriptDuration")}
        good &= say(f"{what}, CPU", spent["TaskDuration"], LIMITS_MS.get(what, {}).get(tasks), "ms")
        if what == "scroll step":
            good &= say(f"{what}, script", spent["ScriptDuration"], SCROLL_SCRIPT_MS, "ms")
        say(f"{what}, by the clock", clock, None, "ms")
    return good


def growth(page: Page, url: str) -> bool:
    """Nodes and listeners that are left after many views were mounted and taken down."""
    page.goto(f"{url}?tasks=100")
    page.wait_for_selector(".scheduler-row", state="attached")
    meter = Meter(page)
    page.evaluate(REMOUNT, 20)
    meter.collect()
    before = meter.read()
    page.evaluate(REMOUNT, MOUNTS)
    meter.collect()
    after = meter.read()
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
