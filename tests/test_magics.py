"""The magics, in a real kernel that a real server started, as a person types them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client import KernelManager
from live_server import LiveServer

from jupyter_scheduler_ext.client import SchedulerClient

pytestmark = pytest.mark.kernel

Cell = Callable[[str], str]
"""Runs a cell; gives back all that it showed, as text. An error is raised with its name and message."""


class CellFailed(Exception):
    """What the kernel said of a cell that failed; `shown` is what it showed then."""

    shown: str = ""


@pytest.fixture(scope="module")
def cell(live_server: LiveServer) -> Iterator[Cell]:
    """A kernel in the served folder, with the extension loaded."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=live_server.environment, cwd=str(live_server.root))
    kernel = manager.blocking_client()
    kernel.start_channels()
    kernel.wait_for_ready(timeout=60)

    def run(code: str) -> str:
        texts: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    texts.append(content["text"])
                case "execute_result" | "display_data" | "update_display_data":
                    texts.append(content["data"]["text/plain"])

        reply = kernel.execute_interactive(code, output_hook=hear, timeout=60)["content"]
        if reply["status"] == "error":
            failed = CellFailed(f"{reply['ename']}: {reply['evalue']}")
            failed.shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join([*texts, *reply["traceback"]]))
            raise failed
        return "\n".join(texts)

    def complete(line: str) -> list[str]:
        return kernel.complete(line, reply=True, timeout=60)["content"]["matches"]

    run("%load_ext jupyter_scheduler_ext")
    run.complete = complete  # type: ignore[attr-defined]
    yield run
    kernel.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(autouse=True)
def client(live_server: LiveServer) -> Iterator[SchedulerClient]:
    client = SchedulerClient(live_server.url, live_server.token)
    yield client
    client.bulk("delete", client.tasks())


def test_a_cell_is_scheduled_with_the_setup_that_it_names(cell: Cell, client: SchedulerClient) -> None:
    number = int(cell("def twice(x):\n    return 2 * x\nprint(len(In) - 1)"))
    shown = cell(f'%%schedule "0 9 * * 1-5" --name "Morning check" --setup {number} --tag daily\ntwice(21)')
    assert "Morning check" in shown
    task = client.task("Morning check")
    assert (task.schedule, task.tags) == ("0 9 * * 1-5", ("daily",))
    assert task.run().wait(60, check=True).result == "42"


def test_a_cell_that_will_miss_a_name_is_scheduled_with_a_remark(cell: Cell, client: SchedulerClient) -> None:
    first = int(cell("import math\nprint(len(In) - 1)"))
    second = int(cell("def circle(r):\n    return math.pi * r * r\nprint(len(In) - 1)"))
    shown = cell("%%schedule @daily --name Circle --param width=3\ncircle(width)")
    assert f"there is no circle (of cell {second}). Add --setup {second}" in shown
    shown = cell(f"%%schedule @daily --name Circle --param width=3 --setup {second}\ncircle(width)")
    assert f"there is no math (of cell {first}). Add --setup {second} {first}" in shown
    shown = cell(f"%%schedule @daily --name Circle --param width=3 --setup {first} {second} --run\ncircle(width)")
    assert "there is no" not in shown
    assert client.task("Circle").last_state == "succeeded"


def test_the_same_name_again_changes_the_task_there_is(cell: Cell, client: SchedulerClient) -> None:
    cell("%%schedule @daily --name Report --timezone Asia/Tokyo --param n=3\nn")
    first = client.task("Report")
    assert first.action["parameters"] == {"n": 3}
    cell("%%schedule 30 6 * * * --name Report --timezone Asia/Tokyo\n'again'")
    second = client.task("Report")
    assert second.id == first.id
    assert (second.schedule, second.timezone) == ("30 6 * * *", "Asia/Tokyo")
    assert (second.action["source"], second.action["parameters"]) == ("'again'\n", {})
    cell("%%schedule @daily --name Report --new\n'another'")
    assert len(client.tasks(q="Report")) == 2


def test_a_task_is_run_waited_for_read_and_listed(cell: Cell, client: SchedulerClient) -> None:
    client.schedule(code="print('region', region)\nlen(region)", name="Sales", parameters={"region": ""})
    shown = cell("%schedule run Sales region=emea --wait")
    assert "succeeded" in shown
    assert cell("%schedule log Sales") == "region emea\n4\n"
    assert "Sales" in cell("%schedule")
    assert "succeeded" in cell("%schedule runs Sales -n 1")
    assert "disabled" in cell("%schedule disable Sales")
    assert "idle" in cell("%schedule enable Sales")


def test_a_deletion_says_how_to_undo_it(cell: Cell, client: SchedulerClient) -> None:
    task = client.schedule(code="1", name="Gone")
    said = cell("%schedule delete Gone")
    assert f"%schedule restore {task.id}" in said
    assert "Gone" in cell(said[said.index("%schedule") :])


def test_a_log_is_followed_and_a_run_cancelled(cell: Cell, client: SchedulerClient) -> None:
    code = "import time\nfor i in range(600): print('tick', flush=True); time.sleep(0.1)"
    run = client.schedule(code=code, name="Endless").run()
    deadline = time.monotonic() + 30
    while not any(entry["kind"] == "stdout" for entry in run.log()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "Endless" in cell("%schedule cancel Endless")
    assert run.wait(30).state == "cancelled"
    assert "tick" in cell("%schedule log Endless --follow")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%schedule run Nobody", "there is no task Nobody"),
        ("%schedule fly", "there is no %schedule fly; there are: list, show, run"),
        ("%schedule lost", "did you mean list?"),
        ("%%schedule @daily --kernal x\n1", "unrecognized arguments: --kernal x. `%%schedule --help`"),
        ("%schedule run Nobody region", "name=value"),
        ("%%schedule 99 9 * * * --name X\n1", "schedule.minute: 99 is out of range"),
        ("%%schedule @daily --name X --setup 9999\n1", "no cell with the number 9999"),
        ("%%schedule @daily --name X --setup 1-9999\n1", "is a scheduled one itself"),
        ("%%schedule '\n1", "No closing quotation"),
    ],
)
def test_a_mistake_is_told_in_one_line(cell: Cell, code: str, said: str) -> None:
    with pytest.raises(CellFailed) as failed:
        cell(code)
    assert "UsageError" in str(failed.value)
    assert said in str(failed.value)


def test_an_error_ends_where_the_callers_code_does(cell: Cell, client: SchedulerClient) -> None:
    cell("from jupyter_scheduler_ext import SchedulerClient\nclient = SchedulerClient()")
    with pytest.raises(CellFailed, match="NotFound: there is no task Nobody") as failed:
        cell("client.run('Nobody')")
    assert "client.run('Nobody')" in failed.value.shown
    assert "blocking.py" not in failed.value.shown

    client.schedule(code="def inner():\n    1 / 0\ninner()", name="Broken")
    with pytest.raises(CellFailed, match="RunFailed: the run of 'Broken' failed: ZeroDivisionError") as failed:
        cell("client.run('Broken').wait(60, check=True)")
    assert "blocking.py" not in failed.value.shown
    assert "In the run:" in failed.value.shown
    assert "----> 2     1 / 0" in failed.value.shown

    client.schedule(code="import time; time.sleep(60)", name="Long")
    with pytest.raises(CellFailed, match="StillRunning: the run is still") as failed:
        cell("client.run('Long').wait(0.2)")
    assert "blocking.py" not in failed.value.shown
    assert client.runs("Long")[0].cancel().wait(60).state == "cancelled"


def test_waiting_can_be_interrupted_and_then_shows_no_bar_that_still_moves(cell: Cell, client: SchedulerClient) -> None:
    client.schedule(code="import time; time.sleep(120)", name="Endless wait")
    with pytest.raises(CellFailed, match="KeyboardInterrupt") as failed:
        cell(
            "import _thread, threading\nfrom jupyter_scheduler_ext import SchedulerClient\n"
            "run = SchedulerClient().run('Endless wait')\n"
            "while run.refresh().state != 'running': pass\n"
            "threading.Timer(1, _thread.interrupt_main).start()\nrun.wait()"
        )
    assert "no longer waited for" in failed.value.shown
    assert client.runs("Endless wait")[0].state == "running"
    assert "cancelled" in cell("run.cancel().wait(60)")


def test_the_status_is_a_few_lines(cell: Cell) -> None:
    assert cell("%schedule status").startswith("Role")


def test_the_tab_key_knows_commands_options_and_tasks(cell: Cell, client: SchedulerClient) -> None:
    client.schedule(code="1", name="Nightly")
    client.schedule(code="1", name="Two words")
    cell("import jupyter_scheduler_ext.magics as magics\nmagics.COMPLETION_TIMEOUT = 60  # a busy machine is slow")
    complete = cell.complete  # type: ignore[attr-defined]
    assert {"run", "runs"} <= set(complete("%schedule ru"))
    assert complete("%schedule run Nig") == ["Nightly"]
    assert "'Two words'" in complete("%schedule show ")
    assert "--wait" in complete("%schedule run Nightly --w")
    assert "--timezone" in complete("%%schedule @daily --ti")


def test_help_is_there(cell: Cell) -> None:
    assert "show a task" in cell("%schedule --help")
    assert "--setup" in cell("%%schedule --help\n1")


def test_waiting_shows_progress_in_a_notebook(cell: Cell, client: SchedulerClient) -> None:
    client.schedule(code="import time; time.sleep(1); 'done'", name="Slow")
    shown = cell("from jupyter_scheduler_ext import SchedulerClient\n_ = SchedulerClient().run('Slow').wait(30)")
    assert "Run of 'Slow'" in shown
