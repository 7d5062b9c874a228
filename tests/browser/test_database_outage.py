"""A schedule in PostgreSQL, seen on the page while the database is away: when the server starts, and in mid-work."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer
from playwright.sync_api import Page, expect
from postgres import Postgres

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import WAIT, Complaints
from .steps import row, sheet, toast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AWAY = re.compile("cannot be (used|reached)|has not answered")


def planned(name: str, at: list[datetime], catchup: str) -> dict[str, Any]:
    return {
        "type": "planned",
        "name": name,
        "plan": {"todo": [time.isoformat() for time in at]},
        "action": {"kind": "command", "argv": ["true"]},
        "policy": {"catchup": catchup, "overlap": "allow"},
    }


def states(client: SchedulerClient, name: str) -> list[str]:
    """Of a task's runs, newest first."""
    return [run.state for run in client.runs(name)]


def eventually(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 4 * WAIT / 1000
    while not true():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.3)


def test_a_database_that_goes_away_is_told_on_the_page_and_nothing_is_lost(
    database: Postgres, new_page: Callable[..., Page], complaints: Complaints, tmp_path: Path
) -> None:
    complaints.expected += ["503", "WebSocket"]  # what the browser itself says of requests that are refused
    database.stop(signal.SIGINT)
    options = (f"--SchedulerExtension.db_url={database.url()}", "--TaskScheduler.server_labels=gpu")
    with LiveServer(tmp_path / "one", *options) as server:
        client = SchedulerClient(server.url, server.token)
        page = new_page()
        page.goto(server.page())
        expect(page.get_by_role("alert").filter(has_text=AWAY)).to_be_visible()
        database.start()
        expect(page.get_by_role("heading", name="Scheduled tasks", level=1)).to_be_visible()
        expect(page.get_by_role("alert").filter(has_text=AWAY, visible=True)).to_have_count(0, timeout=2 * WAIT)

        client.create({"type": "adhoc", "name": "Edited", "action": {"kind": "command", "argv": ["true"]}})
        expect(row(page, "Edited")).to_be_visible()
        row(page, "Edited").get_by_role("button", name="Edit Edited").click()
        form = sheet(page)
        form.get_by_label("Name", exact=True).fill("Edited meanwhile")
        label = form.get_by_label("Only on servers labelled")
        expect(label.locator("xpath=following-sibling::datalist/option")).to_have_attribute("value", "gpu")
        nobody = form.get_by_text("No server has this label now")
        label.fill("gpx")
        expect(nobody).to_be_visible()
        label.fill("gpu")
        expect(nobody).to_be_hidden()
        soon = datetime.now(UTC) + timedelta(seconds=12)
        times = [soon, soon + timedelta(seconds=1)]
        client.create(planned("Every time", times, "all"))
        client.create(planned("The latest", times, "latest"))

        database.stop(signal.SIGKILL)
        banners = page.locator(".scheduler-main > .scheduler-banner").filter(has_text=AWAY)
        expect(banners.first).to_be_visible()
        form.get_by_role("button", name="Save changes").click()
        expect(form.get_by_role("alert").filter(has_text=AWAY)).to_be_visible()
        expect(form.get_by_label("Name", exact=True)).to_have_value("Edited meanwhile")
        time.sleep(max(0.0, (times[-1] - datetime.now(UTC)).total_seconds() + 1))
        assert {task.name for task in client.tasks()} == {"Every time", "The latest", "Edited"}, "still shown"

        database.start()
        expect(banners).to_have_count(0, timeout=2 * WAIT)
        form.get_by_role("button", name="Save changes").click()
        expect(sheet(page)).to_have_count(0)
        expect(row(page, "Edited meanwhile")).to_be_visible()
        assert client.task("Edited meanwhile").data["server_label"] == "gpu"
        eventually(lambda: states(client, "Every time") == ["succeeded"] * 2, "every missed time caught up")
        eventually(lambda: sorted(states(client, "The latest")) == ["missed", "succeeded"], "the latest caught up")
        row(page, "Edited meanwhile").get_by_role("button", name="Run Edited meanwhile").click()
        expect(toast(page, "Started Edited meanwhile")).to_be_visible()
        page.close()
