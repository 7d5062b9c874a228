"""Kernels behind a gateway that wants a token: the same runs, without processes of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request
from http.client import HTTPException

import pytest
from performing import Remembered, executor_of, launch_of, perform, until, write_notebook
from traitlets.config import Config

from jupyter_scheduler_ext.engine.runs import RunState

pytestmark = pytest.mark.kernel

TOKEN = "sesame"


@pytest.fixture
def gateway(tmp_path_factory, jp_http_port):
    """The URL of another Jupyter server, which serves kernels."""
    folder = tmp_path_factory.mktemp("gateway")
    port = jp_http_port + 1
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("RUNTIME", "CONFIG", "DATA")}
    options = [f"--port={port}", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", *options, f"--ServerApp.root_dir={folder}", "--log-level=ERROR"],
        env={**os.environ, **places, "JUPYTER_NO_CONFIG": "1"},  # and so no extensions, which take long to load
        start_new_session=True,
    )
    yield f"http://127.0.0.1:{port}"
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(10)


@pytest.fixture
def executor(gateway, jp_configurable_serverapp, jp_asyncio_loop):
    from jupyter_server.gateway.gateway_client import GatewayClient

    jp_asyncio_loop.run_until_complete(until(lambda: answers(f"{gateway}/api"), 30))
    GatewayClient.clear_instance()
    app = jp_configurable_serverapp(config=Config(GatewayClient={"url": gateway, "auth_token": TOKEN}))
    executor = executor_of(app)
    yield executor
    jp_asyncio_loop.run_until_complete(executor.close())
    GatewayClient.clear_instance()


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=1).status == 200
    except (OSError, HTTPException):  # a port that nobody listens on yet may even answer us with our own request
        return False


async def test_runs_stream_keep_state_and_can_be_stopped(executor, root):
    write_notebook(root, "nb.ipynb", "print('hi')", "import os; os.environ['SCHEDULER_RUN_KEY']")
    launch = launch_of({"kind": "notebook", "path": "nb.ipynb"})
    outcome, sink = await asyncio.wait_for(perform(executor, launch), 50)
    assert (outcome.result, sink.text("stdout")) == (repr(launch.run.key), "hi\n")
    assert "kernel_process" not in sink.where

    for count in ("1", "2"):
        code = {"kind": "code", "source": "n = globals().get('n', 0) + 1; n"}
        outcome, _ = await asyncio.wait_for(perform(executor, launch_of(code, context="ctx")), 50)
        assert outcome.result == count

    for stop, name in (("interrupt", "KeyboardInterrupt"), ("kill", "DeadKernelError")):
        write_notebook(root, "slow.ipynb", "print('on', flush=True)\nimport time; time.sleep(600)")
        sink = Remembered()
        execution = await executor.start(launch_of({"kind": "notebook", "path": "slow.ipynb"}), sink)
        await until(lambda sink=sink: "on" in sink.text("stdout"), 20)
        await getattr(execution, stop)()
        outcome = await asyncio.wait_for(execution.outcome(), 50)
        assert outcome.state is RunState.FAILED
        assert outcome.error.name == name
