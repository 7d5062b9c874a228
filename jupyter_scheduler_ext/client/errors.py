"""What can go wrong between a program and the scheduler. Each error says what to do next, in words and in a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .tracebacks import shown


class SchedulerError(Exception):
    """Base of all. `code` is a stable word for programs, `field` the dotted name of the input to blame ("" if none),
    `status` the HTTP status (0: there was no answer), `details` what else the server said."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "error",
        field: str = "",
        status: int = 0,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.message = message
        self.code = code
        self.field = field
        self.status = status
        self.details = dict(details or {})

    def _render_traceback_(self) -> list[str]:
        """For IPython: ends where the caller's code does. What lies beyond says nothing that the message does not."""
        return shown(self)


class NoServer(SchedulerError):
    """No Jupyter server was found: this kernel runs without one."""


class Unreachable(SchedulerError):
    """The server does not answer."""


class NotInstalled(SchedulerError):
    """The server answers, but has no scheduler."""


class Denied(SchedulerError):
    """The server does not know the caller (401), or does not allow this (403)."""


class Invalid(SchedulerError):
    """A value is not allowed; `field` names it and the message says what is."""


class NotFound(SchedulerError):
    """No such task, run or context."""

    def __str__(self) -> str:
        return self.message  # its `field` is the part of an address, which nobody wrote


class Conflict(SchedulerError):
    """Right in itself, but not now; ``details`` may hold ``run_id``, the run that is active."""


class Stale(SchedulerError):
    """The task was changed by somebody else meanwhile."""


class TooMany(SchedulerError):
    """More calls than the rate allows."""


class ServerFailed(SchedulerError):
    """The server could not do it; its log tells more."""


class RunFailed(SchedulerError):
    """A run did not succeed; `details` is the run."""

    def _render_traceback_(self) -> list[str]:
        theirs = (self.details.get("error") or {}).get("traceback")
        return [*super()._render_traceback_(), *(["", "In the run:", *theirs.splitlines()] if theirs else [])]


class StillRunning(SchedulerError, TimeoutError):
    """A run is not over, and the time to wait for it is; `details` is the run."""


_BY_STATUS: Mapping[int, type[SchedulerError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    412: Stale,
    429: TooMany,
}


STRANGERS = ("not authenticated", "'_xsrf' argument missing")
"""How the server's words begin for who sent no token, or one that it does not know."""


def of_answer(status: int, body: Any, url: str, *, token: bool = True) -> SchedulerError:
    """The error for an answer that is not 2xx: the API's ``{"error": {...}}``, or whatever stood in between. `token`:
    was one sent?"""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return _of_stranger(status, body, url, token)
    if status in (401, 403) and str(error.get("message", "")).startswith(STRANGERS):
        return _unknown(status, url, token)
    known = {"code", "message", "field"}
    if error.get("code") == "no_route":
        kind: type[SchedulerError] = NotInstalled
    elif status >= 500:
        kind = ServerFailed
    else:
        kind = _BY_STATUS.get(status, Invalid)
    return kind(
        str(error.get("message", "")),
        code=str(error.get("code", status)),
        field=str(error.get("field") or ""),
        status=status,
        details={name: value for name, value in error.items() if name not in known},
    )


def _unknown(status: int, url: str, token: bool) -> Denied:
    words = (
        "does not know this token; `jupyter server list` shows the one that it has"
        if token
        else "wants to know who asks, and no token is known here: SchedulerClient(url, token). If it has a password "
        "alone, start it with a token besides (JUPYTER_TOKEN)"
    )
    return Denied(f"the server at {url} {words}", code="denied", status=status)


def _of_stranger(status: int, body: Any, url: str, token: bool) -> SchedulerError:
    if 300 <= status < 400 or status in (401, 403):
        return _unknown(status, url, token)
    if status in (404, 405):
        return NotInstalled(
            f"the Jupyter server at {url} has no scheduler: install jupyter-scheduler-ext in the server's environment "
            "and restart it",
            code="not_installed",
            status=status,
        )
    message = body.get("message") if isinstance(body, dict) else None
    kind = ServerFailed if status >= 500 else Invalid
    return kind(message or f"the server at {url} answered with HTTP status {status}", code=str(status), status=status)
