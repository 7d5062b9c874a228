"""What can be wrong with a request to the scheduler. Handlers turn each into its status and JSON; others into text."""

from __future__ import annotations

from typing import Any


class SchedulerError(Exception):
    """`code` is a stable word for programs, `field` the dotted name of the offending input, if one is to blame."""

    status = 400
    code = "invalid"

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or type(self).code
        self.details = details

    def to_json(self) -> dict[str, Any]:
        """``{"code", "message", "field"?, ...}``: the inside of the API's ``error``."""
        named = {"field": self.field} if self.field else {}
        return {"code": self.code, "message": self.message, **named, **self.details}


class Invalid(SchedulerError):
    """A value is not allowed; the message says what is."""


class NotFound(SchedulerError):
    """No such task, run or context."""

    status = 404
    code = "not_found"


class Conflict(SchedulerError):
    """Right in itself, but not now: a run is active, the task is disabled."""

    status = 409
    code = "conflict"


class Stale(SchedulerError):
    """The revision named in If-Match is not the current one."""

    status = 412
    code = "stale"


class Unavailable(SchedulerError):
    """The scheduler cannot do it at the moment: store locked or read-only, disk full, no leader."""

    status = 503
    code = "unavailable"
