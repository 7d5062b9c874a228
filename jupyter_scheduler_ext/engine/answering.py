"""What a caller is told while a store fails, or says nothing: within seconds, and when to try again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .abc import StoreError
from .errors import Unavailable

T = TypeVar("T")

SILENCE = 5.0
"""Seconds for which a store may be at one piece of work before callers are told that it does not answer."""
LOOK = 1.0
"""Seconds between two looks at that."""
RETRY_AFTER = 5
"""Seconds after which a caller may try again."""


async def answered(work: Coroutine[Any, Any, T], silent_for: Callable[[], float], *, wait: bool = True) -> T:
    """The work's value. `silent_for` tells how long a store has been at what it does; `wait`: can it be silent at all?

    A store that fails is an `errors.Unavailable`, and so is one that does not answer. The work then goes on: what it
    had asked for may come to pass, since nobody can take back a commit that is under way.
    """
    doing = asyncio.ensure_future(work) if wait else None
    try:
        if doing is None:
            return await work
        while not (await asyncio.wait({doing}, timeout=LOOK))[0]:
            if silent_for() > SILENCE:
                doing.add_done_callback(_heard)
                raise Unavailable(
                    "the store does not answer; whether this was saved is not known yet: look before you try again",
                    code="store",
                    retry_after=RETRY_AFTER,
                )
        return doing.result()
    except asyncio.CancelledError:
        if doing is not None:
            doing.cancel()
        raise
    except StoreError as error:
        raise unavailable(error) from error


def unavailable(error: StoreError) -> Unavailable:
    """A store's error as what a caller can be told."""
    again: dict[str, Any] = {"retry_after": RETRY_AFTER} if error.status == Unavailable.status else {}
    told = Unavailable(str(error), code="store", **again)
    told.status = error.status
    return told


def _heard(doing: asyncio.Future[Any]) -> None:
    """Nobody waits for it any more."""
    if not doing.cancelled():
        doing.exception()
