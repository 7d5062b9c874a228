"""How one server has another do something: a row in the ledger, answered in place."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from . import errors
from .abc import Clock, Ledger
from .batcher import Batcher
from .errors import SchedulerError, Unavailable
from .ledger import Answer, Ask, Op

log = logging.getLogger(__name__)

WAIT = 10.0
"""Seconds a follower waits for the leader's answer."""
LOOK = 0.1
TO = "to"
"""Member of a request's body: the owner of the server that is meant."""

Perform = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Carries out a verb; returns the reply, or raises `SchedulerError`."""


class Requests:
    """Both ends of the conversation."""

    def __init__(self, ledger: Batcher[Op], source: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._source = source
        self._clock = clock

    async def ask(self, verb: str, body: dict[str, Any], to: str = "") -> dict[str, Any]:
        """The reply of the leader, or of the server whose owner is `to`. Raises what was raised there, or
        `errors.Unavailable` if nobody answers in time."""
        if to:
            body = body | {TO: to}
        number = await self._ledger.run(Ask(verb=verb, body=body, at=self._clock.now()))
        until = self._clock.monotonic() + WAIT
        while self._clock.monotonic() < until:
            await self._clock.sleep(LOOK)
            request = await self._ledger.call(lambda: self._source.request(number))
            if request is not None and request.reply is not None:
                return _unwrap(request.reply)
        raise Unavailable("the other server does not answer; it takes the request up when it does", code="no_leader")

    async def answer_all(self, perform: Perform, owner: str = "") -> None:
        """Carry out what waits for this server; what goes wrong with one is that one's answer."""
        for request in await self._ledger.call(self._source.requests):
            body = dict(request.body)
            if body.pop(TO, owner) != owner:
                continue
            try:
                reply = {"ok": await perform(request.verb, body)}
            except SchedulerError as error:
                reply = {"error": error.to_json() | {"type": type(error).__name__}}
            except Exception:
                log.exception("request %s of a follower failed", request.verb)
                reply = {"error": {"type": "Unavailable", "code": "failed", "message": "the other server failed"}}
            await self._ledger.run(Answer(request_id=request.id, reply=reply))


def _unwrap(reply: dict[str, Any]) -> dict[str, Any]:
    if "error" not in reply:
        return dict(reply["ok"])
    details = dict(reply["error"])
    kind = getattr(errors, details.pop("type", ""), SchedulerError)
    raise kind(details.pop("message"), field=details.pop("field", None), code=details.pop("code"), **details)
