"""Whatever people or programs write into tasks and runs stays text, on the page and in the widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient, Task

from .conftest import write_notebook
from .lab import Lab
from .steps import sheet

pytestmark = [pytest.mark.browser, pytest.mark.kernel]

PAYLOADS = [
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    "<svg onload=hit()>",
    "<svg><script>hit()</script></svg>",
    '"><img src=x onerror=hit()>',
    "'><img src=x onerror=hit()>",
    "</textarea><img src=x onerror=hit()>",
    "</script><script>hit()</script>",
    "</style><img src=x onerror=hit()>",
    "<iframe srcdoc='<script>parent.hit()</script>'>",
    "<a href=javascript:hit()>click</a>",
    "javascript:hit()",
    "<details open ontoggle=hit()>",
    "<math><mtext><img src=x onerror=hit()></mtext></math>",
    "<input autofocus onfocus=hit()>",
    "{{constructor.constructor('hit()')()}}",
    "${hit()}",
    "<div x-init=hit() x-data>",
    "<div scheduler-init=hit() scheduler-data>",
    "\x1b]8;;javascript:hit()\x07link\x1b]8;;\x07 \x1b[31m<img src=x onerror=hit()>",
]
SAY = """from IPython.display import HTML, Markdown, display
print(words)
display(HTML(words), Markdown(words))
raise ValueError(words)"""
TRAP = "window.hits = 0; window.hit = () => { window.hits += 1; };"


@pytest.fixture(scope="module")
def hostile(server: LiveServer) -> Iterator[list[Task]]:
    """A task a payload, which has it in every text, has run, failed and said it."""
    client = SchedulerClient(server.url, server.token)
    made = []
    for number, payload in enumerate(PAYLOADS):
        printable = payload if payload.isprintable() else "plain"
        task = client.schedule(
            code=SAY,
            name=f"{number} {printable}"[:190],
            description=printable,
            tags=(printable[:60],),
            parameters={"words": payload},
        )
        made.append(task)
    runs = [task.run() for task in made]
    for run in runs:
        run.wait(120)
    yield made
    client.bulk("delete", made)


def test_no_text_becomes_markup_on_the_page(
    new_page: Callable[..., Page], server: LiveServer, hostile: list[Task]
) -> None:
    page = new_page()
    page.add_init_script(TRAP)
    page.goto(server.page())
    expect(page.locator(".scheduler-row").first).to_be_visible()
    for task in hostile:
        run = task.runs(limit=1)[0]
        page.goto(server.page(f"#/run/{run.id}"))
        expect(sheet(page).locator(".scheduler-failure")).to_contain_text("ValueError")
        page.goto(server.page(f"#/task/{task.id}"))
        expect(sheet(page).locator(".scheduler-runs tbody tr")).to_have_count(1)
        page.goto(server.page(f"#/task/{task.id}/edit"))
        expect(sheet(page).get_by_label("Name", exact=True)).to_have_value(task.name)
    assert page.evaluate("window.hits") == 0
    assert page.locator("img[src='x'], iframe[srcdoc]").count() == 0


def test_no_text_becomes_markup_in_the_widget(
    new_page: Callable[..., Page], server: LiveServer, hostile: list[Task]
) -> None:
    write_notebook(
        server.root / "hostile.ipynb", "from jupyter_scheduler_ext import SchedulerWidget\nSchedulerWidget(height=2000)"
    )
    page = new_page(1400, 1000)
    page.add_init_script(TRAP)
    widget = Lab(page).open(server, "hostile.ipynb").run(0)
    expect(widget.locator(".scheduler-row:visible")).to_have_count(len(PAYLOADS))
    widget.locator(".scheduler-row .scheduler-name").first.click()
    expect(sheet(page).locator(".scheduler-runs tbody tr")).to_have_count(1)
    assert page.evaluate("window.hits") == 0
