"""When each task is next to be looked at: a heap, so that a tick costs O(due log n), and O(1) with nothing due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from .instants import Instant


class Agenda:
    """One instant a task. Setting a task anew leaves its old heap entry behind, which is dropped when it surfaces.

    `moved` is told of each task whose instant is another one now; it must be cheap.
    """

    def __init__(self, moved: Callable[[str], object] | None = None) -> None:
        self._moved = moved
        self._heap: list[tuple[Instant, int, str]] = []
        self._current: dict[str, tuple[Instant, int]] = {}
        self._order = count()

    def __len__(self) -> int:
        return len(self._current)

    def __getitem__(self, task_id: str) -> Instant | None:
        entry = self._current.get(task_id)
        return entry[0] if entry else None

    def set(self, task_id: str, at: Instant | None) -> None:
        """The task is due at `at`; None takes it off."""
        entry = self._current.get(task_id)
        if (entry[0] if entry else None) == at:
            return
        if at is None:
            del self._current[task_id]
        else:
            order = next(self._order)
            self._current[task_id] = (at, order)
            heapq.heappush(self._heap, (at, order, task_id))
            if len(self._heap) > 2 * len(self._current) + 1024:
                self._compact()
        if self._moved is not None:
            self._moved(task_id)

    def next(self) -> Instant | None:
        """The earliest instant, or None."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def before(self, instant: Instant) -> list[str]:
        """Every task that is on for an earlier instant, in no order; costs what it finds."""
        found: list[str] = []
        heap, current = self._heap, self._current
        places = [0]
        while places:
            place = places.pop()
            if place < len(heap) and heap[place][0] < instant:
                _, order, task_id = heap[place]
                if current.get(task_id, (0, -1))[1] == order:
                    found.append(task_id)
                places += (2 * place + 1, 2 * place + 2)
        return found

    def pop_due(self, now: Instant, limit: int | None = None) -> list[str]:
        """Take off, earliest first, every task due at or before `now` (at most `limit`)."""
        due: list[str] = []
        while limit is None or len(due) < limit:
            self._drop_stale()
            if not self._heap or self._heap[0][0] > now:
                break
            task_id = heapq.heappop(self._heap)[2]
            del self._current[task_id]
            due.append(task_id)
            if self._moved is not None:
                self._moved(task_id)
        return due

    def _drop_stale(self) -> None:
        heap, current = self._heap, self._current
        while heap and current.get(heap[0][2], (0, -1))[1] != heap[0][1]:
            heapq.heappop(heap)

    def _compact(self) -> None:
        self._heap = [(at, order, task_id) for task_id, (at, order) in self._current.items()]
        heapq.heapify(self._heap)
