"""Filtered and sorted lists that are kept while somebody asks for them, and mended where tasks changed.

The first answer goes over every task, in slices that let others in; the next ones cost what has changed since. At most
`KEPT` lists are held, 0.1 to 0.2 kB for each task in each, and one is dropped by itself when more has changed than is
worth mending: so nobody pays for long for what is not asked for again.
"""

from __future__ import annotations

import asyncio
from bisect import bisect, bisect_left, insort
from typing import Any, TypeAlias

from . import collector
from .board import Board
from .kept import Answer, KeptAnswers
from .listing import Entry, TaskPage, TaskQuery, entries, page_of, stored_page
from .slices import MANY, portions, sliced

KEPT = 4
"""Lists held at a time, those asked for last: a person's sort and filter, and a few more."""

AT_ONCE = 100
"""So many changed tasks are moved to their new places in one go: at 100,000 tasks it takes 50 us each."""

_SPREAD = 1021
"""One in so many entries is a border between two stacks to be sorted; prime, since tasks made in rows repeat evenly."""

Which: TypeAlias = tuple[str | None, ...]
"""Filters and column: what makes a list another one. Both directions and all pages share it."""


class Lists:
    """Answers queries on the event loop as `listing.find` would."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.kept: KeptAnswers[_List] = KeptAnswers(board, KEPT)

    async def find(self, query: TaskQuery) -> TaskPage:
        """Raises `errors.Invalid` naming the parameter.

        What changes while a first answer, or one after very many changes, is worked out may be missing in it; it is
        marked in `board.changes` after the revision that stood when it was asked for.
        """
        query.check()
        if query.as_stored:
            return stored_page(self._board, query)
        which: Which = (query.column, *query.filters)
        return page_of(await self.kept.of(which, lambda: _List(self._board, query)).ordered(), query)


class _List(Answer):
    """All that match a query, in ascending order.

    Each task's place follows from what it was sorted by when it was put there, which is kept: so the list is in order
    at any time, whatever has become of its tasks meanwhile, and a task that changed is found again.
    """

    def __init__(self, board: Board, query: TaskQuery) -> None:
        super().__init__()
        self._board = board
        self._query = query
        self._made = False
        self._order: list[str] = []
        self._keys: dict[str, Any] = {}
        self._mending = asyncio.Lock()

    async def ordered(self) -> list[str]:
        """The list, mended. It is the caller's until the next turn of the loop."""
        async with self._mending:
            if not self._made:
                with collector.young_only():
                    await self._make()
            for _ in range(len(self.touched) // AT_ONCE):
                self._mend()
                await asyncio.sleep(0)
            self._mend()
            return self._order

    def _mend(self) -> None:
        """Move some of the touched tasks to where they belong."""
        some = [self.touched.pop() for _ in range(min(AT_ONCE, len(self.touched)))]
        order, keys = self._order, self._keys
        for uuid in some:
            if uuid in keys:
                del order[bisect_left(order, self._place(uuid), key=self._place)]
                del keys[uuid]
        for key, uuid in entries(self._board, self._query, some):
            keys[uuid] = key
            insort(order, uuid, key=self._place)

    def _place(self, uuid: str) -> Entry:
        return self._keys[uuid], uuid

    async def _make(self) -> None:
        """Sorted without holding the loop: dealt out between evenly spaced members, and then stack by stack."""
        found: list[Entry] = []
        async for portion in portions(list(self._board.tasks)):
            found += entries(self._board, self._query, portion)
        borders = sorted(found[::_SPREAD])
        stacks: list[list[Entry]] = [[] for _ in range(len(borders) + 1)]
        async for some in portions(found, 2 * MANY):
            for entry in some:
                stacks[bisect(borders, entry)].append(entry)
        self._order, self._keys = [], {}
        async for stack in sliced(stacks, 1):
            stack.sort()
            self._keys.update((uuid, key) for key, uuid in stack)
            self._order += [uuid for _, uuid in stack]
        self._made = True
