"""Reading again what is mostly as it was: only rows that are others than before cost more than being fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from ..database import Row

Made = TypeVar("Made")


class Reread(Generic[Made]):
    """What `make` made of the rows of one and the same question. Rows begin with their key; what is made of them is
    never changed. For one thread."""

    def __init__(self, make: Callable[[Row], Made]) -> None:
        self._make = make
        self._known: dict[str, tuple[Row, Made]] = {}

    def __call__(self, rows: Iterable[Row]) -> dict[str, Made]:
        """By key, in the rows' order. A row that is as it was last time gives the very same object."""
        known, now = self._known, {}
        for row in rows:
            before = known.get(row[0])
            now[row[0]] = before if before is not None and before[0] == row else (row, self._make(row))
        self._known = now
        return {key: made for key, (_, made) in now.items()}
