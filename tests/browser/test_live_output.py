"""What a run says is seen while it runs, safely, and is the same afterwards."""

from __future__ import annotations

import re

from live_server import LiveServer
from playwright.sync_api import Locator, Page, expect

from jupyter_scheduler_ext.client import SchedulerClient

from .conftest import Complaints
from .steps import expect_state, row, sheet, toast

PATIENCE = 60_000
CODE = """
import os, time
from IPython.display import HTML, display
from tqdm import tqdm

print("\\x1b[31mred\\x1b[0m alert")
display(HTML("<b>bold</b><script>parent.document.title = 'owned'</script>"))
bar = tqdm(total=10)
for _ in range(4):
    bar.update(1)
    bar.refresh()
while not os.path.exists("go on"):
    time.sleep(0.05)
bar.update(6)
bar.refresh()
bar.close()
print("the end of it")
"""


def lines(log: Locator) -> list[str]:
    """The lines of a log, without the buttons that show more of one."""
    return [text.strip() for text in log.locator(".scheduler-line-text").all_text_contents()]


def test_output_and_progress_are_seen_as_they_come_and_are_the_same_afterwards(
    page: Page, client: SchedulerClient, server: LiveServer, complaints: Complaints
) -> None:
    complaints.expected.append("Blocked script execution in 'about:srcdoc'")
    client.schedule(code=CODE, name="Long haul")
    row(page, "Long haul").get_by_role("button", name="Run Long haul").click()
    expect_state(page, "Long haul", "Running")
    bar = row(page, "Long haul").locator(".scheduler-progress")
    expect(bar).to_have_attribute("aria-valuenow", "40", timeout=PATIENCE)
    expect(bar).to_be_visible()

    toast(page, "Started Long haul").get_by_role("button", name="Show").click()
    log = sheet(page).get_by_role("log")
    expect(log.locator(".scheduler-line-text", has_text="4/10")).to_have_count(1, timeout=PATIENCE)
    expect(log.locator("[class*=scheduler-ansi]", has_text="red")).to_be_visible()
    expect(log).not_to_contain_text("3/10")
    log.get_by_role("button", name="Show as page").click()
    frame = log.locator("iframe[sandbox='']")
    expect(frame.content_frame.locator("b", has_text="bold")).to_be_visible()
    assert any("Blocked script" in text for text in complaints.heard), "the frame's script was not stopped"
    assert "owned" not in page.title()

    (server.root / "go on").touch()
    expect(log).to_contain_text("the end of it", timeout=PATIENCE)
    expect(log.locator(".scheduler-line-text", has_text="10/10")).to_have_count(1)
    expect(log.locator(".scheduler-line-text", has_text="4/10")).to_have_count(0)
    expect(sheet(page).locator(".scheduler-sheet-head .scheduler-badge")).to_have_text("Succeeded", timeout=PATIENCE)
    page.reload()
    log = sheet(page).get_by_role("log")
    expect(log).to_contain_text("the end of it", timeout=PATIENCE)
    seen = lines(log)
    assert [text for text in seen if "/10" in text] == [text for text in seen if "10/10" in text]
    run = client.runs(client.task("Long haul"))[0]
    assert run.state == "succeeded"
    expect(bar).to_be_hidden()


def test_the_kernels_that_runs_left_are_seen_with_their_memory(page: Page, client: SchedulerClient) -> None:
    task = client.schedule(code="1", name="Keeper")
    assert task.run().wait(timeout=60).state == "succeeded"
    page.get_by_role("tab", name="Contexts").click()
    kernel = page.get_by_role("tabpanel", name="Contexts").get_by_role("row").filter(has_text="Keeper")
    expect(kernel).to_contain_text(re.compile(r"python3, kept, \d+\.\d MB"))
    page.get_by_role("tab", name="Status").click()
    expect(page.get_by_role("tabpanel", name="Status")).to_contain_text(re.compile(r"Kernels.*Kept.*Memory\d+\.\d MB"))
