"""On a phone: cards instead of columns, fingers instead of a pointer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .steps import new_task, row, sheet, write_code

pytestmark = pytest.mark.browser

SMALLEST = 44
"""Pixels that a finger needs, but for a task's name: the card around it opens the task as well."""
TOO_SMALL = """(smallest) => [...document.querySelectorAll('button, a, select, input:not([type=checkbox])')]
  .filter((e) => !e.matches('.scheduler-name, .scheduler-head *'))
  .filter((e) => e.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .map((e) => [e.getBoundingClientRect(), e.ariaLabel || e.innerText || e.className])
  .filter(([box]) => box.width > 0 && box.height > 0 && box.height < smallest - 0.5)
  .map(([box, name]) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""


@pytest.fixture
def phone(new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient) -> Page:
    client.schedule(code="1", name="In my pocket, with a name that is rather long", when="30 2 * * 1-5", tags=("home",))
    page = new_page(390, 844, has_touch=True, is_mobile=True)
    page.goto(server.page())
    expect(page.locator(".scheduler-row")).to_have_count(1)
    return page


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_nothing_is_cut_off_and_everything_is_big_enough(phone: Page) -> None:
    assert not is_too_wide(phone)
    assert phone.evaluate(TOO_SMALL, SMALLEST) == []
    expect(phone.locator(".scheduler-row .scheduler-badge")).to_be_visible()


def test_a_task_is_made_with_the_thumb(phone: Page, client: SchedulerClient) -> None:
    form = new_task(phone)
    assert not is_too_wide(phone)
    box = form.bounding_box()
    assert box is not None
    assert box["width"] == 390
    form.get_by_label("Name", exact=True).fill("By thumb")
    write_code(form, "2")
    form.get_by_role("button", name="Create task").tap()
    expect(sheet(phone)).to_have_count(0)
    expect(row(phone, "By thumb")).to_be_visible()
    row(phone, "By thumb").get_by_role("button", name="By thumb", exact=True).tap()
    expect(sheet(phone).get_by_role("heading", name="By thumb")).to_be_visible()
    assert not is_too_wide(phone)


def test_the_chosen_tab_is_in_sight(phone: Page, server: LiveServer) -> None:
    phone.goto(server.page("#/access"))
    expect(phone.get_by_role("tab", name="Access")).to_be_in_viewport()
    assert not is_too_wide(phone)


def test_the_contexts_need_no_scrolling_sideways(phone: Page, server: LiveServer) -> None:
    kernel = {"name": "python3", "state": "running", "memory": 54_000_000}
    known = {"id": "c", "path": f"tmp/chats/{'0481edc7-' * 5}", "name": "Refresh churn features", "task_count": 3}
    body = {"contexts": [known | {"kernel": kernel, "last_modified": "2026-01-01T00:00:00Z"}]}
    phone.route("**/api/contexts", lambda route: route.fulfill(json=body))
    phone.goto(server.page("#/contexts"))
    expect(phone.get_by_text("python3, running")).to_be_in_viewport(ratio=1)
    expect(phone.get_by_role("button", name="Clear")).to_be_in_viewport(ratio=1)
    widths = "[...document.querySelectorAll('.scheduler-scroll-x')].map((e) => e.scrollWidth - e.clientWidth)"
    assert max(phone.evaluate(widths)) == 0
