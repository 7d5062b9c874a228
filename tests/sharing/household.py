"""Several members over one PostgreSQL, and what can happen to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_scheduler_ext.engine.abc import Put
from jupyter_scheduler_ext.engine.ledger import RunFilter
from jupyter_scheduler_ext.engine.models import TASK, AnyTask
from jupyter_scheduler_ext.engine.runs import Run
from jupyter_scheduler_ext.simulator import fakes  # noqa: F401  registers the action "noop"
from jupyter_scheduler_ext.stores.sql.opening import shared_stores
from jupyter_scheduler_ext.stores.sql.shared_ledger import SharedLedger
from jupyter_scheduler_ext.stores.sql.task_store import SqlTaskStore

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 120.0
"""Seconds that anything may take on a machine that does other things as well."""


def until(true: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until something holds; AssertionError with `what` if it never does."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)
    return found


class Member:
    """One server process."""

    def __init__(self, url: str, folder: Path, name: str, lease: float, labels: str = "", seconds: float = 0.4) -> None:
        self.name = name
        self._folder = folder
        folder.mkdir(exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "tests.sharing.member",
            url,
            str(folder),
            name,
            str(lease),
            labels,
            str(seconds),
        ]
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)

    def ready(self) -> Member:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.log.read_text()[-3000:]
        until(lambda: bool(self.status()), f"the first status of {self.name}")
        return self

    def send(self, what: signal.Signals) -> None:
        os.kill(self.process.pid, what)
        if what is signal.SIGKILL:
            self.process.wait(PATIENCE)

    def seen(self) -> dict[str, float]:
        """Tasks whose ids begin with ``edit``, and when (in seconds since the epoch) it first knew of them."""
        lines = (self._folder / f"{self.name}.seen").read_text().splitlines()
        return {task_id: float(at) for task_id, at in reversed([line.split() for line in lines])}

    def status(self) -> dict[str, Any]:
        """As it told last; empty before it told anything."""
        try:
            told: dict[str, Any] = json.loads((self._folder / f"{self.name}.status").read_text())
        except FileNotFoundError:
            return {}
        return told

    def banners(self) -> list[str]:
        return [banner["code"] for banner in self.status().get("banners", ())]

    def close(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Household:
    """Members of one schedule; a context manager. `store` and `ledger` are the tests' own view of the database."""

    def __init__(self, url: str, folder: Path, lease: float) -> None:
        self.url = url
        self.folder = folder
        self.lease = lease
        self.members: list[Member] = []
        self.store: SqlTaskStore
        self.ledger: SharedLedger
        self.store, self.ledger = shared_stores(url)

    def __enter__(self) -> Household:
        self.store.open()
        self.ledger.open()
        return self

    def __exit__(self, *_: object) -> None:
        for member in self.members:
            member.close()
        self.ledger.close()
        self.store.close()

    def begin(self, *names: str, labels: str = "", seconds: float = 0.4) -> list[Member]:
        """Start members, whose runs take up to so many seconds, and wait until they take part."""
        made = [Member(self.url, self.folder, name, self.lease, labels, seconds) for name in names]
        self.members += made
        return [member.ready() for member in made]

    def save(self, tasks: Iterable[AnyTask]) -> None:
        self.store.save([Put(task) for task in tasks])

    def starts(self) -> list[tuple[str, int, str, int, str, str]]:
        """(task, fire time, origin, attempt, run, member) of every start that any member told."""
        try:
            text = (self.folder / "starts").read_text()
        except FileNotFoundError:
            return []
        whole = text[: text.rfind("\n") + 1]  # the last line may be half written at this moment
        return [tuple(json.loads(line)) for line in whole.splitlines()]

    def runs(self) -> list[Run]:
        return self.ledger.runs(RunFilter(limit=1_000_000))


def plan_of(name: str, instants: Iterable[int], now: int, **fields: Any) -> AnyTask:
    """A task that fires at these instants."""
    dates = [datetime.fromtimestamp(at / 1000, UTC).isoformat() for at in instants]
    policy = {"catchup": "all", "catchup_window": 86_400, "overlap": "allow", **fields.pop("policy", {})}
    given = {
        "type": "planned",
        "uuid": name,
        "name": name,
        "plan": {"todo": dates},
        "action": {"kind": "noop"},
        "effective_from": datetime.fromtimestamp(now / 1000, UTC).isoformat(),
    }
    return TASK.validate_python({**given, "policy": policy, **fields})
