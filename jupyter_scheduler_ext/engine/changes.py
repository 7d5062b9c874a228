"""What changed since when: revisions for polls and pushes, at a cost that grows with changes and not with tasks."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

KINDS = ("tasks", "runs", "contexts", "deleted")


@dataclass(slots=True)
class Delta:
    """Ids that changed. `reset`: the reader's revision is of another life or too old: read everything again."""

    revision: str
    reset: bool = False
    tasks: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


class ChangeLog:
    """Each id once, at its newest change, oldest first; bounded, so that a reader who was away too long is reset.

    A revision is opaque: this process's life, a dot, a counter. Used from the event loop only.
    """

    def __init__(self, life: str | None = None, limit: int = 20_000) -> None:
        self._life = life or secrets.token_hex(4)
        self._limit = limit
        self._counter = 0
        self._forgotten = 0
        self._log: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._listeners: dict[str, tuple[Callable[[str, str], None], ...]] = dict.fromkeys(KINDS, ())

    @property
    def revision(self) -> str:
        return f"{self._life}.{self._counter}"

    def mark(self, kind: str, identifier: str) -> None:
        """Something of this kind (one of `KINDS`) changed."""
        self._counter += 1
        key = (kind, identifier)
        log = self._log
        log[key] = self._counter
        log.move_to_end(key)
        if len(log) > self._limit:
            self._forgotten = log.popitem(last=False)[1]
        for listener in self._listeners[kind]:
            listener(kind, identifier)

    def forget(self, kind: str, identifier: str) -> None:
        """What this was cannot be told any more: readers who have not seen its newest change are reset."""
        at = self._log.get((kind, identifier), 0)
        while self._forgotten < at:
            self._forgotten = self._log.popitem(last=False)[1]

    def since(self, revision: str) -> Delta:
        """Every id that changed after `revision`; ``"0"`` asks for everything and so answers a reset."""
        delta = Delta(self.revision)
        life, _, counter = revision.partition(".")
        if life != self._life or not counter.isdigit() or not self._forgotten <= int(counter) <= self._counter:
            delta.reset = True
            return delta
        seen = int(counter)
        for (kind, identifier), at in reversed(self._log.items()):
            if at <= seen:
                break
            getattr(delta, kind).append(identifier)
        return delta

    def subscribe(self, listener: Callable[[str, str], None], kinds: Iterable[str] = KINDS) -> Callable[[], None]:
        """Call `listener` with kind and id at each mark of these kinds, on the loop; it must be cheap. Returns what
        ends that."""
        for kind in kinds:
            self._listeners[kind] += (listener,)

        def unsubscribe() -> None:
            for kind in KINDS:
                self._listeners[kind] = tuple(other for other in self._listeners[kind] if other is not listener)

        return unsubscribe
