"""Whatever people or programs write into tasks, notebooks and runs stays text, on the page and in the widget."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import Run, SchedulerClient, Task

from .conftest import write_notebook
from .lab import Lab
from .payloads import FEW, MANY
from .steps import sheet

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.timeout(900)]

SAY = """from IPython.display import HTML, Markdown, display
import sys
print(words)
print(words, file=sys.stderr)
display(HTML(words), Markdown(words))
svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='hit()'>{words}</svg>"
display({"text/plain": words, "text/html": words, "image/svg+xml": svg, "application/javascript": "hit()"}, raw=True)
raise type(words, (Exception,), {})(words + " was said")"""
TRAP = """window.hits = 0;
window.hit = () => { window.hits += 1; };
document.addEventListener("securitypolicyviolation", () => { window.hits += 1; });"""
"""Counts what ran, and in the page itself also what would have run but for its policy."""
CONTEXT = "hostile"
"""One context, and so one kernel, for all: a hundred kernels are not what is tried here."""
MARKUP = "img[src='x'], iframe:not([sandbox='']), xss, [onerror], [onload], [onfocus], a[href^='javascript']"
SANDBOXED = ["about:srcdoc", "sandboxed", "Failed to load resource", "Content Security Policy", "ERR_"]
"""What Chromium says of scripts and pictures in an output that was opened in its frame: that it kept them out."""


def one_line(payload: str) -> str:
    """The payload as a name may be: without line breaks and other control characters, which are refused."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "", payload)


def file_name(number: int, payload: str) -> str:
    """The payload as the name of a notebook, as far as a file system can hold it."""
    return f"{number} {one_line(payload).replace('/', chr(0x2215)).replace(chr(92), '')[:50]}.ipynb"


def make(server: LiveServer, client: SchedulerClient, number: int, payload: str) -> list[Task]:
    """A task of code and one of a notebook, with the payload in each of their texts."""
    text = one_line(payload)
    path = file_name(number, payload)
    write_notebook(server.root / path, SAY, parameters="words = ''")
    parameters = {"words": payload, "list": [payload, {payload: payload}]}
    actions = {
        "": {"kind": "code", "source": SAY},
        "notebook ": {"kind": "notebook", "path": path},
    }
    return [
        client.create(
            {
                "type": "adhoc",
                "name": f"{number} {word}{text}"[:190],
                "description": payload,
                "tags": [text[:60]],
                "context_id": CONTEXT,
                "action": {**action, "parameters": parameters, "kernel": "keep"},
            }
        )
        for word, action in actions.items()
    ]


@pytest.fixture(
    scope="module", params=["few", pytest.param("many", marks=[pytest.mark.deep, pytest.mark.timeout(7200)])]
)
def hostile(request: pytest.FixtureRequest, server: LiveServer) -> Iterator[list[Task]]:
    """Two tasks a payload, which have said it and failed with it."""
    client = SchedulerClient(server.url, server.token)
    payloads = FEW if request.param == "few" else MANY
    made = [task for number, payload in enumerate(payloads) for task in make(server, client, number, payload)]
    for start in range(0, len(made), 50):
        for run in [task.run() for task in made[start : start + 50]]:
            run.wait(600)
    yield made
    client.bulk("delete", made)


def last_run(task: Task) -> Run:
    (run,) = task.runs(limit=1)
    assert run.state == "failed", run
    return run


def test_no_text_becomes_markup_on_the_page(
    new_page: Callable[..., Page], server: LiveServer, hostile: list[Task], complaints
) -> None:
    complaints.expected = SANDBOXED
    page = new_page()
    page.add_init_script(TRAP)
    page.goto(server.page())
    expect(page.locator(".scheduler-row").first).to_be_visible()
    opened = 0
    for task in hostile:
        page.goto(server.page(f"#/run/{last_run(task).id}"))
        expect(sheet(page).locator(".scheduler-failure")).to_contain_text("was said")
        rich = sheet(page).get_by_role("button", name="Show as page")
        expect(rich.first).to_be_visible()
        for _ in range(rich.count()):
            rich.first.dispatch_event("click")
            opened += 1
        expect(sheet(page).locator("iframe[sandbox='']").first).to_be_attached()
        page.goto(server.page(f"#/task/{task.id}"))
        expect(sheet(page).locator(".scheduler-runs tbody tr")).to_have_count(1)
        page.goto(server.page(f"#/task/{task.id}/edit"))
        expect(sheet(page).get_by_label("Name", exact=True)).to_have_value(task.name)
        assert page.evaluate("window.hits") == 0, task.name
        assert page.locator(MARKUP).count() == 0, task.name
    assert opened >= len(hostile)


def test_no_text_becomes_markup_in_the_widget(
    new_page: Callable[..., Page], server: LiveServer, hostile: list[Task]
) -> None:
    write_notebook(
        server.root / "widget.ipynb", "from jupyter_scheduler_ext import SchedulerWidget\nSchedulerWidget(height=2000)"
    )
    page = new_page(1400, 1000)
    page.add_init_script(TRAP)
    widget = Lab(page).open(server, "widget.ipynb").run(0)
    rows = widget.locator(".scheduler-row:visible")
    expect(rows.first).to_be_visible(timeout=60_000)
    assert rows.count() > min(len(hostile), 20) / 2
    for number in range(0, min(rows.count(), 40), 4):
        rows.nth(number).locator(".scheduler-name").click()
        expect(sheet(page).locator(".scheduler-runs tbody tr")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(sheet(page)).to_have_count(0)
    assert page.evaluate("window.hits") == 0
    assert widget.locator(MARKUP).count() == 0


ESCAPES = """const tried = {};
const attempt = async (name, action) => {
  try { tried[name] = String(await action()).slice(0, 80); } catch (error) { tried[name] = "refused"; }
};
(async () => {
  await attempt("cookie", () => document.cookie);
  await attempt("storage", () => localStorage.length);
  await attempt("api", async () => (await fetch("/scheduler-ext/api/tasks")).status);
  await attempt("socket", () => new Promise((resolve, reject) => {
    const socket = new WebSocket(location.href.replace("http", "ws"));
    socket.onopen = () => resolve("open");
    socket.onerror = reject;
  }));
  await attempt("elsewhere", async () => (await fetch("https://evil.example/")).status);
  await attempt("origin", () => origin === "null" ? Promise.reject() : origin);
  await attempt("parent", () => opener ? opener.document.title : Promise.reject());
  await attempt("eval", () => eval("1 + 1"));
  document.body.dataset.tried = JSON.stringify(tried);
})();"""


def test_a_hostile_output_that_is_opened_as_a_page_reaches_nothing(
    new_page: Callable[..., Page], server: LiveServer, complaints
) -> None:
    """It may run scripts, such as those of a plot, but has no origin: no cookie, no session, no network."""
    complaints.expected = [
        "sandboxed",
        "Content Security Policy",
        "Failed to",
        "ERR_",
        "SecurityError",
        "CORS",
        "WebSocket",
    ]
    client = SchedulerClient(server.url, server.token)
    task = client.schedule(
        code=f"from IPython.display import HTML\nHTML({f'<script>{ESCAPES}</script>'!r})", name="evil"
    )
    run = task.run()
    run.wait(120)
    page = new_page()
    page.goto(server.page())
    assert page.evaluate("document.cookie") != ""
    page.goto(f"{server.url}scheduler-ext/api/runs/{run.id}/output?format=html")
    expect(page.locator("body[data-tried]")).to_have_count(1, timeout=60_000)
    tried = json.loads(page.locator("body").get_attribute("data-tried") or "")
    client.bulk("delete", [task])
    assert set(tried.values()) == {"refused"}, tried
    assert len(tried) == 8
