"""A Jupyter server with the extension, driven over HTTP. A `noop` action stands for work where no kernel is needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from jupyter_server.auth import Authorizer
from tornado.httpclient import HTTPClientError

from jupyter_scheduler_ext import wiring
from jupyter_scheduler_ext.engine.abc import Execution, Launch, Outcome, Runner, Sink
from jupyter_scheduler_ext.engine.actions import Action, register
from jupyter_scheduler_ext.engine.runs import RunError, RunState


class NoopAction(Action):
    """Says `says`, takes `seconds`, and fails if told to."""

    kind: Literal["noop-told"] = "noop-told"
    seconds: float = 0
    says: str = ""
    fails: bool = False
    parameters: dict[str, Any] = {}


register("noop-told", NoopAction)


class NoopExecution(Execution):
    def __init__(self, launch: Launch, sink: Sink) -> None:
        self._action = launch.task.action
        self._sink = sink
        self._stopped = asyncio.Event()

    async def outcome(self) -> Outcome:
        self._sink.began()
        if self._action.says:
            self._sink.write("stdout", self._action.says)
        try:
            await asyncio.wait_for(self._stopped.wait(), self._action.seconds)
        except TimeoutError:
            if self._action.fails:
                return Outcome(state=RunState.FAILED, error=RunError(name="NoopError", message="told to fail"))
            return Outcome(state=RunState.SUCCEEDED, result="done")
        return Outcome(state=RunState.FAILED, reason="stopped")

    async def interrupt(self) -> None:
        self._stopped.set()

    async def terminate(self) -> None: ...

    async def kill(self) -> None: ...


class NoopRunner(Runner):
    kind = "noop-told"

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        return NoopExecution(launch, sink)


@dataclass
class Reply:
    status: int
    body: Any
    headers: Any

    @property
    def error(self) -> dict[str, Any]:
        return self.body["error"]


Call = Callable[..., Awaitable[Reply]]


class RecordingAuthorizer(Authorizer):
    """Allows what `allowed` says, and remembers what it was asked."""

    asked: list[tuple[str, str]] = []
    allowed: set[tuple[str, str]] | None = None

    def is_authorized(self, handler, user, action, resource):
        type(self).asked.append((action, resource))
        return type(self).allowed is None or (action, resource) in type(self).allowed


@pytest.fixture(autouse=True)
def authorizer():
    RecordingAuthorizer.asked = []
    RecordingAuthorizer.allowed = None
    return RecordingAuthorizer


@pytest.fixture
def jp_server_config(authorizer):
    return {
        "ServerApp": {"jpserver_extensions": {"jupyter_scheduler_ext": True}, "authorizer_class": authorizer},
        "TaskScheduler": {"drain_timeout": 0.2},
    }


@pytest.fixture(autouse=True)
def noop(monkeypatch):
    """Servers of these tests can perform `noop` actions as well."""
    assemble = wiring.assemble

    def with_noop(app):
        made = assemble(app)
        made.scheduler.executors["local"].add(NoopRunner())
        return made

    monkeypatch.setattr(wiring, "assemble", with_noop)


@pytest.fixture
def extension(jp_serverapp):
    return jp_serverapp.extension_manager.extension_points["scheduler_ext"].app


@pytest.fixture
def raw(http_server_client, jp_base_url, jp_auth_header, extension):
    """Call below ``scheduler-ext/``; never raises for a status."""

    async def fetch(method: str, path: str, body: bytes | str | None = None, **more: Any) -> Any:
        if body is None and method in ("POST", "PATCH", "PUT"):
            body = b""
        headers = jp_auth_header | more.pop("headers", {})
        url = f"{jp_base_url}scheduler-ext/{path}"
        try:
            return await http_server_client.fetch(
                url, method=method, body=body, headers=headers, allow_nonstandard_methods=True, **more
            )
        except HTTPClientError as error:
            if error.response is None:
                raise
            return error.response

    return fetch


@pytest.fixture
def call(raw) -> Call:
    """Call the API with JSON, get `Reply`."""

    async def fetch(method: str, path: str, body: Any = None, **more: Any) -> Reply:
        response = await raw(method, f"api/{path}", None if body is None else json.dumps(body), **more)
        text = response.body or b"null"
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return Reply(response.code, json.loads(text) if is_json else text.decode(), response.headers)

    return fetch


def noop_task(name: str = "Task", **more: Any) -> dict[str, Any]:
    """An ad-hoc task of a `noop` action, to be posted."""
    action = {"kind": "noop-told"} | more.pop("action", {})
    return {"type": "adhoc", "name": name, "action": action} | more


def nightly(name: str = "Nightly", **more: Any) -> dict[str, Any]:
    """A scheduled task of a `noop` action, to be posted."""
    return noop_task(name, **{"type": "scheduled", "schedule": "30 2 * * *"} | more)


@pytest.fixture
def make(call):
    """Create a task; gives the task as the API shows it."""

    async def create(task: dict[str, Any] | None = None) -> dict[str, Any]:
        reply = await call("POST", "tasks", task or noop_task())
        assert reply.status == 201, reply.body
        return reply.body["task"]

    return create


@pytest.fixture
def settled(call):
    """Wait until a run has ended; gives the run."""

    async def wait(run_id: str) -> dict[str, Any]:
        for _ in range(3000):
            run = (await call("GET", f"runs/{run_id}")).body["run"]
            if run["finished_at"]:
                return run
            await asyncio.sleep(0.02)
        raise AssertionError(f"the run did not end: {run}")

    return wait
