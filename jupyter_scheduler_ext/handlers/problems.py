"""Whatever went wrong, as a status and the inside of ``{"error": {...}}``. Never a traceback."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from tornado.web import HTTPError

from ..engine.errors import SchedulerError

CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    412: "stale",
    413: "too_large",
    429: "too_many",
}
INTERNAL = {"code": "internal", "message": "an error inside the scheduler; the server's log tells more"}

_UNION_TAGS = frozenset({"scheduled", "planned", "adhoc"})
"""Steps that pydantic adds to a location for the type of a task; no field of the request has these names."""


class TooLarge(SchedulerError):
    """The body is longer than the route allows."""

    status = 413
    code = "too_large"


class TooMany(SchedulerError):
    """More requests than the rate allows."""

    status = 429
    code = "too_many"


class Forbidden(SchedulerError):
    """Known, but not allowed to do this."""

    status = 403
    code = "forbidden"


def describe(problem: BaseException) -> tuple[int, dict[str, Any]]:
    """The status and the error object that tell a client about `problem`."""
    match problem:
        case SchedulerError():
            return problem.status, problem.to_json()
        case ValidationError():
            return 400, describe_validation(problem)
        case HTTPError():
            return problem.status_code, describe_status(problem.status_code, problem.log_message)
    return 500, INTERNAL


def describe_status(status: int, message: str | None = None) -> dict[str, Any]:
    """The error object of a bare HTTP status."""
    if status >= 500:
        return INTERNAL
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Error"
    return {"code": CODES.get(status, f"http_{status}"), "message": message or phrase}


def describe_validation(problem: ValidationError) -> dict[str, Any]:
    """The first error's dotted field and message, and all of them under ``errors``.

    The rejected values are left out: they may be long, or secret.
    """
    found = [
        {"field": dotted(error["loc"]), "message": error["msg"], "code": error["type"]}
        for error in problem.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = found[0]
    named = {"field": first["field"]} if first["field"] else {}
    return {"code": "invalid", "message": first["message"], **named, "errors": found}


def dotted(location: tuple[int | str, ...]) -> str:
    """``schedule.minute``, ``plan.todo.0``: the way to a value as a client wrote it."""
    steps = location[1:] if location and location[0] in _UNION_TAGS else location
    return ".".join(str(step) for step in steps)
