"""Finding the own server from real kernels, as notebooks do: one that the server started, and one below JupyterHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import KernelManager
from live_server import LiveServer

from jupyter_scheduler_ext.client import SchedulerClient

pytestmark = pytest.mark.kernel

PATIENCE = 60


@pytest.fixture
def client(live_server: LiveServer) -> Iterator[SchedulerClient]:
    client = SchedulerClient(live_server.url, live_server.token)
    yield client
    client.bulk("delete", client.tasks())


def test_a_kernel_that_the_server_started_finds_that_server(client: SchedulerClient) -> None:
    code = """
from jupyter_scheduler_ext import schedule
from jupyter_scheduler_ext.client import find_server
print(find_server().origin)
schedule(code="6 * 7", name="Made from within").run().wait(60, check=True).result
"""
    run = client.schedule(code=code, name="Outer").run().wait(PATIENCE, progress=False, check=True)
    assert "".join(entry["text"] for entry in run.log() if entry["kind"] == "stdout") == "parent\n"
    assert run.result == "'42'"
    assert client.task("Made from within").last_state == "succeeded"


def test_below_jupyterhub_the_environment_leads_to_the_server_and_waiting_shows_a_bar(
    live_server: LiveServer, client: SchedulerClient, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    code = f"import pathlib, time\nwhile not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.05)"
    client.schedule(code=code, name="Gated")
    hub = {"JUPYTERHUB_SERVICE_URL": live_server.url, "JUPYTERHUB_API_TOKEN": live_server.token}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=live_server.environment | hub, cwd=str(tmp_path))
    kernel = manager.blocking_client()
    kernel.start_channels()
    shown: list[dict[str, Any]] = []

    def hear(message: dict[str, Any]) -> None:
        data = message["content"].get("data")
        if data is not None:
            shown.append(data)
            if "<progress" in data.get("text/html", ""):
                gate.touch()  # the run ends only once a bar was seen

    try:
        kernel.wait_for_ready(timeout=PATIENCE)
        code = """
from jupyter_scheduler_ext.client import SchedulerClient, find_server
display(find_server().origin)
client = SchedulerClient()
client.task("Gated").run().wait(60)
display(client.tasks(), client.task("Gated"), client.runs("Gated"))
"""
        reply = kernel.execute_interactive(code, output_hook=hear, timeout=PATIENCE)["content"]
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["status"] == "ok", reply
    assert shown[0]["text/plain"] == "'hub'"
    html = [data["text/html"] for data in shown if "text/html" in data]
    tasks, task, runs = html[-3:]
    assert tasks.startswith("<table")
    assert "Gated" in tasks
    assert "<svg" in task, "its history as a strip"
    assert "succeeded" in runs
