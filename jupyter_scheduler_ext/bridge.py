"""Carries a widget's requests from the kernel to the server, for browsers that reach the kernel but not the server.

A message ``{"id", "method", "path", "query", "headers", "body"}`` is answered by ``{"id", "status", "headers",
"body"}``, as the server answered. Where no server answered, the status is 502 or 503 and the body an error in the API's
own shape. Each request has a thread: a long one holds up neither the others nor the kernel.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .client.connection import Call, Connection
from .client.errors import NoServer, SchedulerError, Unreachable

Json = dict[str, Any]

METHODS = frozenset({"GET", "POST", "PATCH", "DELETE"})
STATIC = Path(__file__).parent / "static"
CHUNK = re.compile(r"/static/scheduler_ext/([\w-]+\.js)", re.ASCII)
"""Parts of the bundle that a widget loads later; they lie here, beside the part that runs already."""
BESIDES = frozenset({"/api/kernelspecs"})
"""What a widget may read of the server besides the scheduler's own API."""
TAKEN = frozenset({"if-match", "if-none-match", "idempotency-key", "x-import-format"})
"""Headers that are passed on; the bridge has credentials of its own."""
GIVEN = frozenset({"etag", "location", "content-type", "retry-after"})


class Bridge:
    """`connect` finds the server; it is asked again after the server did not answer, since that may have moved."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def carry(self, message: Any, send: Callable[[Json], object]) -> None:
        """Answer a message by `send`, from a thread. What is no request of a widget is ignored."""
        if isinstance(message, Mapping) and isinstance(message.get("id"), str):
            threading.Thread(target=lambda: send(self.answer(message)), name="scheduler bridge", daemon=True).start()

    def answer(self, message: Mapping[str, Any]) -> Json:
        """The answer to a request; never raises for what the request or the server are to blame for."""
        return {"id": message.get("id"), **self._answer(message)}

    def connection(self) -> Connection:
        """The server, found once. Raises NoServer."""
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection

    def _answer(self, message: Mapping[str, Any]) -> Json:
        chunk = CHUNK.fullmatch(str(message.get("path")))
        if chunk and message.get("method") == "GET":
            return _file(STATIC / chunk[1])
        try:
            call = read(message)
        except ValueError as error:
            return _problem(400, "bad_message", str(error))
        try:
            reply = self.connection().request(call)
        except NoServer as error:
            return _problem(503, error.code, error.message)
        except Unreachable as error:
            with self._lock:
                self._connection = None
            return _problem(502, error.code, error.message)
        except SchedulerError as error:
            return _problem(500, error.code, error.message)
        headers = {name: value for name, value in reply.headers.items() if name in GIVEN}
        return {"status": reply.status, "headers": headers, "body": reply.body}


def read(message: Mapping[str, Any]) -> Call:
    """The call that a message asks for. Raises ValueError for one that leads elsewhere than to the scheduler."""
    method, path = message.get("method"), message.get("path")
    query, headers = message.get("query") or {}, message.get("headers") or {}
    if method not in METHODS or not isinstance(path, str):
        raise ValueError("a request has a method and a path")
    if not isinstance(query, Mapping) or not isinstance(headers, Mapping):
        raise ValueError("query and headers are objects")
    inside = path.startswith("api/") and not _leaves(path)
    if not inside and not (path in BESIDES and method == "GET"):
        raise ValueError(f"{path!r} is no route of the scheduler")
    passed = {str(name): str(value) for name, value in headers.items() if str(name).lower() in TAKEN}
    return Call(str(method), path, dict(query), message.get("body"), passed)


def _file(path: Path) -> Json:
    try:
        text = path.read_text("utf-8")
    except OSError:
        return _problem(404, "not_found", f"the bundle has no {path.name}")
    return {"status": 200, "headers": {"content-type": "text/javascript"}, "body": text}


def _leaves(path: str) -> bool:
    steps = path.replace("\\", "/").split("/")
    return ".." in steps or any(mark in path for mark in ("?", "#", "%2e", "%2E", "\r", "\n", " "))


def _problem(status: int, code: str, message: str) -> Json:
    return {"status": status, "headers": {}, "body": {"error": {"code": code, "message": message}}}
