"""Every notebook of the repository, executed as a person does: by a kernel of a real server that has the extension."""

from __future__ import annotations

import ast
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from live_server import LiveServer
from sinks import wait_for

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(path for path in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
VIEW = "application/vnd.jupyter.widget-view+json"
QUICKSTART = FOLDER / "quickstart.ipynb"
LOOKING, LEAVING = "done = False", "done = True"
"""How a notebook keeps what it made until somebody has looked at it."""


@pytest.fixture(scope="module")
def port():
    """A port of 127.0.0.1 on which nobody listens: there the notebook on agents is a language model."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


@pytest.fixture(scope="module")
def live_server(tmp_path_factory, port):
    """A server as the notebooks ask for it: a small Dask cluster besides its own kernels, tools for agents, a model."""
    dask = ("--SchedulerExtension.executors=local", "--SchedulerExtension.executors=dask", "--DaskSettings.workers=1")
    tools = ("--ServerApp.jpserver_extensions=jupyter_server_mcp=True", "--AgentSettings.tools=caller")
    mcp = ("--MCPExtensionApp.mcp_port=0", "--MCPServer.host=127.0.0.1")
    endpoints = {"notebook": {"base_url": f"http://127.0.0.1:{port}/v1", "model": "parrot-1"}}
    home = tmp_path_factory.mktemp("live")
    with LiveServer(home, *dask, *tools, *mcp, f"--PromptSettings.endpoints={json.dumps(endpoints)}") as server:
        wait_for((home / "runtime" / f"jpserver-mcp-{server.pid}.json").exists, "jupyter-server-mcp to listen")
        yield server


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def code_of(path: Path, **parameters: Any) -> list[str]:
    """The code of its cells, with these values after its cell of parameters, and with the answer that all may go."""
    found = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            found.append("".join(cell["source"]).replace(LOOKING, LEAVING))
            if "parameters" in cell["metadata"].get("tags", []):
                found += [f"{name} = {value!r}" for name, value in parameters.items()]
    return found


class Kernel:
    """A kernel that the server started for one of its notebooks, as JupyterLab has it started."""

    def __init__(self, server: LiveServer, path: str) -> None:
        self._server = server
        body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        self._session = server.fetch("api/sessions", "POST", body)
        kernel_id = self._session["kernel"]["id"]
        file = server.home / "runtime" / f"kernel-{kernel_id}.json"
        self._client = BlockingKernelClient(connection_file=str(file))
        self._client.load_connection_file()
        self._client.start_channels(hb=False)  # a second without a heartbeat is nothing on a busy machine
        self._client.wait_for_ready(timeout=60)

    def execute(self, code: str) -> list[dict[str, Any]]:
        """The contents of all output messages of a cell."""
        said: list[dict[str, Any]] = []
        self._client.execute_interactive(
            code, timeout=150, allow_stdin=False, output_hook=lambda message: said.append(message["content"])
        )
        return said

    def close(self) -> None:
        self._client.stop_channels()
        self._server.fetch(f"api/sessions/{self._session['id']}", "DELETE")


@pytest.fixture
def open_notebook(live_server, request):
    """Start a kernel for a notebook below notebooks/, of which the server serves a copy."""
    shutil.copytree(FOLDER, live_server.root, dirs_exist_ok=True)

    def open_(path: str) -> Kernel:
        kernel = Kernel(live_server, path)
        request.addfinalizer(kernel.close)
        return kernel

    return open_


def run_through(path: Path, kernel: Kernel, **parameters: Any) -> list[dict[str, Any]]:
    """All that the notebook's cells say; the test fails with the first traceback."""
    said: list[dict[str, Any]] = []
    for code in code_of(path, **parameters):
        said += kernel.execute(code)
        for one in said:
            assert "ename" not in one, "\n".join(one["traceback"])
    return said


def text_of(said: list[dict[str, Any]]) -> str:
    return "\n".join(one.get("text") or json.dumps(one.get("data", {}), ensure_ascii=False) for one in said)


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["examples/daily_report.ipynb", "monitoring.ipynb", "dask.ipynb"])
def test_a_notebook_runs_from_top_to_bottom_and_leaves_no_tasks(name, open_notebook, live_server):
    run_through(FOLDER / name, open_notebook(name))
    assert live_server.api("tasks")["tasks"] == []


@pytest.mark.kernel
def test_the_report_is_run_for_every_region_and_for_the_days_before(open_notebook, live_server):
    said = text_of(run_through(FOLDER / "report.ipynb", open_notebook("report.ipynb")))
    assert "the same run" in said
    assert "| [North](tmp/chats/" in said
    assert said.count("<figcaption>") == 3
    assert live_server.api("tasks")["tasks"] == []
    origins = [run["origin"] for run in live_server.api("runs?limit=6")["runs"]]
    assert sorted(origins) == ["backfill"] * 3 + ["manual"] * 3


@pytest.mark.kernel
def test_the_agent_does_its_work_and_is_refused_what_it_may_not(open_notebook, live_server, port):
    said = text_of(run_through(FOLDER / "agents.ipynb", open_notebook("agents.ipynb"), port=port))
    for words in (
        "<code>scheduler_run_task</code>",
        "succeeded - 42",
        "schedule.minute: 61 is out of range",
        "not a path inside the served folder",
        "a stranger: Error calling tool 'scheduler_list_tasks': The scheduler acts with the rights of who calls",
        "wants your consent",
        "I remember 1 answers of mine.",
        "orders is a secret, which is not sent in a prompt",
    ):
        assert words in said
    assert live_server.api("tasks")["tasks"] == []


@pytest.mark.kernel
def test_the_quickstart_shows_the_widget_and_leaves_runs_but_no_tasks(open_notebook, live_server):
    said = run_through(QUICKSTART, open_notebook(name_of(QUICKSTART)))
    assert any(VIEW in one.get("data", {}) for one in said), "the widget was not shown"
    assert live_server.api("tasks")["tasks"] == []
    newest = live_server.api("runs?limit=3")["runs"]
    assert {run["task_name"]: run["state"] for run in newest} == {
        "Daily report": "succeeded",
        "In a moment": "succeeded",
        "Morning check": "succeeded",
    }
    report = next(run for run in newest if run["task_name"] == "Daily report")
    assert ast.literal_eval(report["result"])["region"] == "south"
    assert (live_server.root / report["output_path"]).is_file()


def test_every_notebook_of_the_gallery_is_run_by_a_test_and_keeps_what_it_made_until_it_was_seen():
    assert {path.name for path in NOTEBOOKS if path.parent == FOLDER} == {
        "agents.ipynb",
        "dask.ipynb",
        "monitoring.ipynb",
        "quickstart.ipynb",
        "report.ipynb",
    }
    for path in FOLDER.glob("*.ipynb"):
        assert code_of(path)[-1].count(LEAVING) == 1, path.name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_a_notebook_is_kept_clean(path):
    notebook = json.loads(path.read_text("utf-8"))
    used = [cell["id"] for cell in notebook["cells"] if cell.get("outputs") or cell.get("execution_count")]
    assert not used, "clear its outputs before you commit it"
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}


def test_the_example_has_a_parameters_cell_of_plain_values():
    cells = json.loads((FOLDER / "examples" / "daily_report.ipynb").read_text("utf-8"))["cells"]
    (declared,) = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    for statement in ast.parse("".join(declared["source"])).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
