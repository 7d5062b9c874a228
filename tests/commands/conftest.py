"""The command line as a person meets it: a process of its own, beside a real server that its folder belongs to."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from live_server import LiveServer

from jupyter_scheduler_ext.client import SchedulerClient
from jupyter_scheduler_ext.commands.app import app
from jupyter_scheduler_ext.engine.ledger import Claim
from jupyter_scheduler_ext.engine.runs import Origin, Run, RunState
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

NOW = 1_750_000_000_000
PATIENCE = 60.0
"""Seconds that anything may take on a machine that does other things as well."""
PROGRAM = [sys.executable, "-c", "from jupyter_scheduler_ext.cli import main; main()"]
SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


def command_in(folder: Path, environment: dict[str, str]) -> Command:
    """Runs ``jupyter scheduler-ext <words>`` in a folder."""

    def run(*words: str, given: str = "", **env: str) -> Done:
        done = subprocess.run(
            [*PROGRAM, *words],
            input=given,
            capture_output=True,
            text=True,
            cwd=folder,
            env={**environment, **env},
            timeout=2 * PATIENCE,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def command_inside(*words: str, given: str = "", **env: str) -> Done:
    """The same in this very process, in its working folder and environment: for what needs no process of its own."""
    done = CliRunner(env=env).invoke(app, words, input=given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


class Terminal:
    """A command on a terminal of its own (a pty), to be watched and typed at."""

    def __init__(
        self, folder: Path, environment: dict[str, str], *words: str, program: Sequence[str] = PROGRAM, **env: str
    ) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            for number in (signal.SIGINT, signal.SIGHUP):  # as in a terminal, even if the tests run in the background
                signal.signal(number, signal.SIG_DFL)
            os.chdir(folder)
            os.execvpe(program[0], [*program, *words], {**environment, "TERM": "xterm-256color", **env})
        self.raw = ""

    @property
    def shown(self) -> str:
        """All that was shown so far, without what moves the cursor and colours."""
        return SEQUENCES.sub("", self.raw).replace("\r", "")

    def expect(self, words: str) -> None:
        """Watch until this is shown."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.shown:
            if not self._read(deadline):
                raise AssertionError(f"{words!r} was not shown; this was:\n{self.shown}")

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def end(self) -> int:
        """Watch until it exits; its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._read(deadline):
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)

    def _read(self, deadline: float) -> bool:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self._fd], [], [], left)[0]:
            return False
        try:
            chunk = os.read(self._fd, 65_536)
        except OSError:  # what Linux says when the other side is gone
            return False
        self.raw += chunk.decode("utf-8", "replace")
        return bool(chunk)


def record(ledger: SqlLedger, run_id: str, at: int) -> None:
    """A run that is queued."""
    run = Run(
        id=run_id,
        task_id="nightly",
        task_name="Nightly",
        context_id="nightly",
        origin=Origin.MANUAL,
        fire_time=at,
        key=run_id,
        state=RunState.QUEUED,
        queued_at=at,
    )
    (answer,) = ledger.apply([Claim(task_id="nightly", runs=(run,))])
    assert answer.accepted


SETTINGS = """\
c.NotificationSettings.targets = {"ops": "env:OPS_SLACK", "ana": "env:ANA_MAIL"}
c.PromptSettings.endpoints = {"default": {"base_url": "http://127.0.0.1:1/v1", "model": "small"}}
"""


@pytest.fixture(scope="module")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose settings name targets of notifications and an endpoint for prompts."""
    home = tmp_path_factory.mktemp("live")
    (home / "config").mkdir()
    (home / "config" / "jupyter_server_config.py").write_text(SETTINGS)
    with LiveServer(home) as server:
        yield server


UNSET = ("NO_COLOR", "FORCE_COLOR", "EDITOR", "VISUAL", "JUPYTER_TOKEN", "JPY_PARENT_PID", "COLUMNS", "TERM")


@pytest.fixture
def environment(live_server: LiveServer) -> dict[str, str]:
    """That of a person in a terminal, without what this test's surroundings have set."""
    return {name: value for name, value in live_server.environment.items() if name not in UNSET}


@pytest.fixture
def program(live_server: LiveServer, environment: dict[str, str]) -> Command:
    """A command in the folder that the server serves, as a process: it finds the server by itself."""
    return command_in(live_server.root, environment)


@pytest.fixture
def command(live_server: LiveServer, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The same without a process for each: a start costs more than most commands do."""
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(live_server.root)
    return command_inside


@pytest.fixture
def terminal(live_server: LiveServer, environment: dict[str, str]) -> Callable[..., Terminal]:
    """The same on a terminal."""
    return lambda *words, **env: Terminal(live_server.root, environment, *words, **env)


@pytest.fixture
def client(live_server: LiveServer) -> Iterator[SchedulerClient]:
    """Another way to the same server, which has no tasks before and after."""
    client = SchedulerClient(live_server.url, live_server.token)
    yield client
    client.bulk("delete", client.tasks())
