"""In the morning one can walk into the very kernel that ran the task."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from live_server import LiveServer
from playwright.sync_api import Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .lab import Lab

COUNT = "nights = globals().get('nights', 0) + 1\nprint('night', nights)"


def three_nights(server: LiveServer) -> str:
    """A code task that keeps its kernel, run by three planned dates; returns its uuid."""
    soon = datetime.now(UTC) + timedelta(seconds=3)
    dates = [(soon + timedelta(seconds=2 * night)).isoformat() for night in range(3)]
    action = {"kind": "code", "source": COUNT, "kernel_name": "python3", "kernel": "keep"}
    task = {"type": "planned", "name": "Night watch", "plan": {"todo": dates}, "action": action}
    uuid = str(server.api("tasks", "POST", task)["task"]["uuid"])
    deadline = time.monotonic() + 60
    while len(server.api(f"tasks/{uuid}")["task"]["plan"]["done"]) < 3:
        assert time.monotonic() < deadline, "three nights did not pass"
        time.sleep(0.3)
    return uuid


def test_open_leads_into_the_kernel_that_counted_the_nights(
    new_page: Callable[..., Page], server: LiveServer, client: SchedulerClient
) -> None:
    uuid = three_nights(server)
    runs = server.api(f"runs?task_id={uuid}")["runs"]
    assert [run["result"] for run in reversed(runs)] == ["night 1", "night 2", "night 3"]
    assert len({run["kernel_id"] for run in runs}) == 1

    page = new_page(1280, 800)
    page.goto(server.page(f"#/run/{runs[0]['id']}"))
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open output").click()
    lab = Lab(opened.value)
    lab.cells.first.wait_for(timeout=60_000)
    expect(lab.page.locator(".jp-OutputArea", has_text="night 3").first).to_be_visible(timeout=60_000)

    expect(lab.evaluate("nights * 111")).to_contain_text("333", timeout=60_000)
    sessions = server.fetch("api/sessions")
    assert runs[0]["kernel_id"] in {session["kernel"]["id"] for session in sessions}
