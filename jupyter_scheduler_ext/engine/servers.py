"""Servers that share one schedule: which of them takes a fire first, and which may not take it at all.

Every server works this out by itself, from the same list, and comes to the same answer (rendezvous hashing): nobody
hands out work, and when a server comes or goes only its own share moves. What the answer decides is who tries *first*;
that a fire runs once is the ledger's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from .models import AnyTask

GRACE = 2000
"""Milliseconds after which a fire that the first server did not claim is anybody's, and each next one waits as long
again: it may be paused, cut off, or just about to be missed."""


@dataclass(frozen=True, slots=True)
class Server:
    """One that takes part. `slots`: runs it performs at a time."""

    owner: str
    name: str
    labels: frozenset[str] = frozenset()
    slots: int = 1


def known_labels(texts: Iterable[str]) -> frozenset[str]:
    """Labels as a server is given them, blanks at their ends aside."""
    return frozenset(label for label in (text.strip() for text in texts) if label)


class MissingLabels:
    """Labels to which enabled tasks are tied, and that no server has. Asked for with every push to a page, so looked
    for only when tasks or servers are others than before."""

    def __init__(self) -> None:
        self._seen: tuple[Mapping[str, AnyTask], Sequence[Server]] = {}, ()
        self._found: list[str] = []

    def of(self, tasks: Mapping[str, AnyTask], servers: Sequence[Server]) -> list[str]:
        """In order; none while no servers are known."""
        if tasks is not self._seen[0] or servers is not self._seen[1]:
            there = {label for server in servers for label in server.labels}
            wanted = {task.server_label for task in tasks.values() if task.server_label and task.enabled}
            self._seen, self._found = (tasks, servers), sorted(wanted - there) if servers else []
        return self._found


def suits(server: Server, task: AnyTask) -> bool:
    """May this task run there? One without a label may run anywhere."""
    return not task.server_label or task.server_label in server.labels


def handicap(task: AnyTask, owner: str, servers: Sequence[Server]) -> int | None:
    """Milliseconds that a server leaves a due fire of this task to others; 0 for the first in line, None if the task
    may not run on it.

    Tasks of one context have the same first server, since a context lives in one kernel. Servers get shares in
    proportion to their slots.
    """
    able = [server for server in servers if suits(server, task)]
    order = sorted(able, key=lambda server: _rank(task.context, server))
    place = next((place for place, server in enumerate(order) if server.owner == owner), None)
    return None if place is None else place * GRACE


def _rank(context: str, server: Server) -> float:
    digest = blake2b(f"{context}\0{server.owner}".encode(), digest_size=8).digest()
    chance = (int.from_bytes(digest) + 1) / (1 << 64)
    return float(-(chance ** (1.0 / max(1, server.slots))))
