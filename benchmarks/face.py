"""What the face costs, against its budgets: `python benchmarks/face.py [--chromium PATH] [100 10000 100000]`.

Builds the demo page (invented data, a server in memory, so that only the front end is measured), opens it in headless
Chromium and prints one table: each figure, its limit, and `over` where it is. `clock` is the time from an input to the
painted frame, which an idle machine alone can judge; `CPU` is what the page's main thread spent on it, script, style,
layout and paint together, which means something on a shared machine too. The exit status judges only what does not
depend on who else uses the machine: bytes, nodes, writes, memory and CPU time.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
JS = ROOT / "js"
STATIC = ROOT / "jupyter_scheduler_ext" / "static"
SIZES_KB = {"scheduler.js": 70, "scheduler.css": 10, "code-editor.js": 125}
"""The budget of each bundle, in KB gzipped; one that is not named is shown without a limit."""
ONE_FRAME = 35.0


@dataclass(frozen=True)
class Step:
    """Something that is done over and over. `limit` says how many ms each may take, by the number of tasks."""

    name: str
    times: int
    limit: Callable[[int], float]
    script_limit: float | None = None


STEPS = (
    Step("key", 40, lambda tasks: 80 if tasks > 10_000 else 50),
    Step("sort", 24, lambda tasks: 100 if tasks > 10_000 else 50),
    Step("push of 1", 20, lambda tasks: ONE_FRAME),
    Step("push of 1,000", 20, lambda tasks: ONE_FRAME),
    Step("scroll step", 80, lambda tasks: ONE_FRAME, script_limit=4),
)
NODES = 3_000
HEAP_MB = 10
MOUNTS = 500
WARM_UP = 500
"""Mounts before the count begins. What they leave is the engine's: code that it compiled because it ran often, and the
room that its weak tables took (0.7 and 0.25 MB by heap snapshots, no object of ours). It does not grow on."""
SETTLED_MS = 1_500


def first_rows_limit(tasks: int) -> float:
    """Milliseconds from the data to the first rows."""
    return 300 if tasks <= 1_000 else 500 if tasks <= 10_000 else 1_200


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
      all.sort((a, b) => a - b);
      return { median: all[n >> 1], p95: all[Math.min(n - 1, Math.ceil(0.95 * n) - 1)] };
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


@dataclass
class Report:
    """The table: one line a figure. `good` is false once a figure that the exit status judges is over its limit."""

    good: bool = True

    def head(self) -> None:
        print(f"| {'Figure':42} | {'Tasks':>7} | {'Value':>12} | {'Limit':>9} |      |")
        print(f"|{'-' * 44}|{'-' * 8}:|{'-' * 13}:|{'-' * 10}:|------|")

    def add(
        self, what: str, tasks: int | None, value: float, unit: str, limit: float | None, *, judged: bool = True
    ) -> None:
        over = limit is not None and value > limit
        self.good &= not (over and judged)
        shown = "" if tasks is None else f"{tasks:,}"
        bound = "" if limit is None else f"{limit:,g} {unit}".strip()
        number = f"{value:,.0f}" if unit == "" else f"{value:,.1f} {unit}"
        print(f"| {what:42} | {shown:>7} | {number:>12} | {bound:>9} | {'over' if over else '':4} |", flush=True)


def sizes(report: Report) -> None:
    """The bundles, gzipped."""
    for file in sorted(STATIC.glob("*.[jc]s*")):
        if file.suffix in (".js", ".css"):
            kilobytes = len(gzip.compress(file.read_bytes(), 6)) / 1024
            report.add(f"{file.name}, gzipped", None, kilobytes, "KB", SIZES_KB.get(file.name))


class Meter:
    """Reads what Chromium counted: CPU seconds of the main thread, nodes, listeners, bytes of the heap."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read(self) -> dict[str, float]:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}

    def read_clean(self) -> dict[str, float]:
        """The same after the garbage is gone; what only a first collection sets free needs a second."""
        for _ in range(3):
            self._session.send("HeapProfiler.collectGarbage")
        return self.read()


def bytes_of_data(page: Page, url: str, tasks: int) -> float:
    """The heap of a page that holds only the tasks."""
    page.goto(f"{url}?tasks={tasks}&mount=0")
    page.wait_for_function("() => performance.getEntriesByName('demo-data-ready').length > 0")
    return Meter(page).read_clean()["JSHeapUsedSize"]


def measure(browser: Browser, url: str, tasks: int, report: Report) -> None:
    """One number of tasks."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    raw = bytes_of_data(context.new_page(), url, tasks)
    page = context.new_page()
    page.goto(f"{url}?tasks={tasks}&activity=0")
    page.wait_for_selector(".scheduler-row .scheduler-name:not(:empty)", state="attached", timeout=120_000)
    page.wait_for_function("() => performance.getEntriesByName('scheduler-first-rows').length > 0", timeout=120_000)
    first = page.evaluate(FIRST_ROWS)
    page.wait_for_timeout(SETTLED_MS)
    page.evaluate(f"({SETUP})()")
    meter = Meter(page)
    heap = (meter.read_clean()["JSHeapUsedSize"] - raw) / 1e6
    report.add("first rows, clock", tasks, first, "ms", first_rows_limit(tasks), judged=False)
    report.add("heap above the tasks themselves", tasks, heap, "MB", HEAP_MB)
    report.add("DOM nodes", tasks, page.locator("*").count(), "", NODES)
    report.add("DOM writes when nothing changed", tasks, min(page.evaluate("bench.writes()") for _ in range(3)), "", 0)
    for step in STEPS:
        page.evaluate("([what]) => bench.repeat(what, 4)", [step.name])
        before = meter.read()
        clock = page.evaluate("([what, n]) => bench.repeat(what, n)", [step.name, step.times])
        after = meter.read()
        spent = {name: (after[name] - before[name]) * 1000 / step.times for name in ("TaskDuration", "ScriptDuration")}
        limit = step.limit(tasks)
        report.add(f"{step.name} to painted, clock, median", tasks, clock["median"], "ms", limit, judged=False)
        report.add(f"{step.name} to painted, clock, p95", tasks, clock["p95"], "ms", limit, judged=False)
        report.add(f"{step.name}, CPU", tasks, spent["TaskDuration"], "ms", limit)
        if step.script_limit is not None:
            report.add(f"{step.name}, script CPU", tasks, spent["ScriptDuration"], "ms", step.script_limit)
    context.close()


def growth(browser: Browser, url: str, report: Report) -> None:
    """What is left after many views were mounted and taken down."""
    page = browser.new_page()
    page.goto(f"{url}?tasks=100&activity=0")
    page.wait_for_selector(".scheduler-row", state="attached", timeout=120_000)
    meter = Meter(page)
    page.evaluate(REMOUNT, WARM_UP)
    page.wait_for_timeout(SETTLED_MS)
    before = meter.read_clean()
    page.evaluate(REMOUNT, MOUNTS)
    page.wait_for_timeout(SETTLED_MS)
    after = meter.read_clean()
    left = {name: after[name] - before[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")}
    report.add(f"{MOUNTS} mounts: DOM nodes left", 100, left["Nodes"], "", 50)
    report.add(f"{MOUNTS} mounts: listeners left", 100, left["JSEventListeners"], "", 5)
    report.add(f"{MOUNTS} mounts: heap left", 100, left["JSHeapUsedSize"] / 1e6, "MB", 1)
    page.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", type=int, default=[100, 10_000, 100_000])
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser; Playwright's own without it")
    asked = parser.parse_args()
    version = json.loads((JS / "package.json").read_text())["version"]
    print(f"The face {version}, load of the machine {os.getloadavg()[0]:.1f}\n")
    for way in ([], ["--demo"]):
        subprocess.run(["node", "build.mjs", *way], cwd=JS, check=True, stdout=subprocess.DEVNULL)
    report = Report()
    report.head()
    sizes(report)
    with served(JS / "dist-demo") as url, sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=options)
        for tasks in asked.tasks:
            measure(browser, url, tasks, report)
        growth(browser, url, report)
        browser.close()
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
