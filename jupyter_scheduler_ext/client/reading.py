"""What takes several calls, without the calls: what to ask next, and what the answer comes to.

The client that blocks and the one that awaits walk through these in the same few lines, each in its own way to call and
to sleep; so how to page, follow a log, or find a task by its name is said once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import calls
from .connection import Call
from .waiting import pauses

PAGE = 1000
"""Tasks or runs asked for at a time."""


class Pages:
    """A list that comes in pages. `ask` makes the call for so many from a cursor on; `limit` None: all there are."""

    def __init__(self, ask: Callable[[int, str | None], Call], member: str, limit: int | None = None) -> None:
        self.found: list[dict[str, Any]] = []
        self._ask = ask
        self._member = member
        self._limit = limit
        self.call: Call | None = self._next(None)
        """What to ask next; None once all is found."""

    def take(self, page: Mapping[str, Any]) -> None:
        """The answer to `call`."""
        self.found += page[self._member]
        cursor = page["next_cursor"]
        self.call = None if cursor is None else self._next(cursor)

    def _next(self, cursor: str | None) -> Call | None:
        room = PAGE if self._limit is None else min(PAGE, self._limit - len(self.found))
        return self._ask(room, cursor) if room > 0 else None


class LogReader:
    """A run's log from an offset on; with `follow` until the run is over."""

    def __init__(self, run_id: str, start: int = 0, *, follow: bool = False) -> None:
        self.over = False
        self.pause = 0.0
        """Seconds to wait before the next call: none while there is more to read."""
        self._run_id = run_id
        self._start = start
        self._follow = follow
        self._pauses = pauses()

    @property
    def call(self) -> Call:
        """What to ask next."""
        return calls.log(self._run_id, self._start)

    def take(self, page: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The entries in the answer to `call`."""
        moved = page["next"] != self._start
        self._start = page["next"]
        self.over = page["complete"] or not (moved or self._follow)
        if moved:
            self._pauses = pauses()
        self.pause = 0.0 if moved or self.over else next(self._pauses)
        return list(page["entries"])
