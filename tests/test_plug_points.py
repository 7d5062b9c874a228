"""The worked examples of docs/plug-points.md, installed as the package that they are, in a real server."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer

PAGE = Path(__file__).parent.parent / "docs" / "plug-points.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTINGS = "# jupyter_server_config.py\n"


def install(into: Path) -> str:
    """Put the page's package into a folder, with its entry points; returns the server's settings that it shows."""
    settings = []
    (into / "scheduler_house").mkdir(parents=True)
    (into / "scheduler_house" / "__init__.py").touch()
    about = into / "scheduler_house-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: scheduler-house\nVersion: 1.0\n")
    for language, text in FENCE.findall(PAGE.read_text("utf-8")):
        first = text.partition("\n")[0]
        if language == "toml":
            points = re.sub(r'^\[project\.entry-points\."(.+)"\]$', r"[\1]", text, flags=re.MULTILINE)
            (about / "entry_points.txt").write_text(points.replace('"', ""))
        elif text.startswith(SETTINGS):
            settings.append(text)
        else:
            (into / first.removeprefix("# ")).write_text(text)
    return "".join(settings)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file to which the page's notifier appends."""
    return tmp_path_factory.mktemp("nights") / "nights.txt"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, nights: Path) -> Iterator[LiveServer]:
    home = tmp_path_factory.mktemp("plugged")
    settings = install(home / "packages").replace("/tmp/nights.txt", str(nights))
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "jupyter_server_config.py").write_text(f"c = get_config()\n{settings}")
    with LiveServer(home, env={"PYTHONPATH": str(home / "packages")}) as server:
        yield server


@pytest.fixture
def run_of(server: LiveServer) -> Callable[..., dict[str, Any]]:
    def run(action: dict[str, Any], meanwhile: Callable[[], object] = lambda: None, **more: Any) -> dict[str, Any]:
        task = server.api("tasks", "POST", {"type": "adhoc", "name": "Plugged", "action": action, **more})["task"]
        started = server.api(f"tasks/{task['uuid']}/run", "POST", {})
        meanwhile()
        deadline = time.monotonic() + 60
        while True:
            found = server.api(f"runs?task_id={task['uuid']}")["runs"][0]
            if found["finished_at"]:
                return found
            assert time.monotonic() < deadline, f"{started} did not end: {found}"
            time.sleep(0.1)

    return run


def test_an_action_of_another_package_runs_and_says_what_it_waits_for(
    server: LiveServer, run_of: Callable[..., dict[str, Any]]
) -> None:
    def deliver() -> None:
        time.sleep(0.5)
        (server.root / "books.csv").write_text("1")

    run = run_of({"kind": "wait-for-file", "path": "books.csv", "every": 0.2}, deliver)

    assert (run["state"], run["result"]) == ("succeeded", "books.csv")
    log = server.api(f"runs/{run['id']}/log")
    assert "books.csv is not there yet" in str(log)


def test_an_executor_of_another_package_performs_commands_its_way(run_of: Callable[..., dict[str, Any]]) -> None:
    run = run_of({"kind": "command", "argv": ["nice"]}, executor="nice")

    usual = os.nice(0)  # these tests may themselves be run nicely
    assert (run["state"], run["result"]) == ("succeeded", f"{min(19, usual + 10)} (exit code 0)")


def test_a_store_of_another_package_forgets_as_it_says(server: LiveServer) -> None:
    kept = server.api(
        "tasks", "POST", {"type": "adhoc", "name": "Kept", "action": {"kind": "command", "argv": ["true"]}}
    )
    assert kept["task"]["uuid"] in {task["uuid"] for task in server.api("tasks")["tasks"]}

    server.stop()
    server.start()

    assert server.api("tasks")["tasks"] == []


def test_a_notifier_of_another_package_delivers(server: LiveServer, nights: Path) -> None:
    server.api("notifications/test", "POST", {"target": "nights"})

    assert nights.read_text().startswith("info: ")


def test_templates_of_another_package_stand_in_the_list(server: LiveServer) -> None:
    templates = server.api("templates")["templates"]

    (month_end,) = [one for one in templates if one["id"] == "house-month-end"]
    assert month_end["builtin"]
    server.api("tasks", "POST", month_end["task"])
