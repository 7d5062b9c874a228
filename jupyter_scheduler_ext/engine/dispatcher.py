"""Who may start next: so many runs at a time, one after another where they must be, and no task starves another.

Pure bookkeeping without clock or I/O. Tasks take turns (round robin), so that a hundred catch-up runs of one do not
make the others wait for all of them; within a task, and within a shared context, order is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from .models import AnyTask
from .runs import Run


class Ticket(NamedTuple):
    """A run that waits or runs, and the keys of which it must be the only holder."""

    run: Run
    exclusive: tuple[str, ...]


def exclusive_keys(task: AnyTask, run: Run) -> tuple[str, ...]:
    """What this run cannot share: its task unless overlap is allowed, its context if others use that too or if its
    kernel is kept, since one kernel executes one thing at a time."""
    keys: list[str] = []
    if task.policy.overlap != "allow":
        keys.append(f"task:{run.task_id}")
    if run.context_id != run.task_id or task.action.keeps_kernel:
        keys.append(f"context:{run.context_id}")
    return tuple(keys)


class Dispatcher:
    """Slots and lines. `limit` runs are in flight at most.

    Each exclusive key has a line in order of arrival, whose head alone may use the key; a ticket at the head of all its
    lines is ready, and ready tasks take turns for the slots. The oldest waiting ticket heads all its lines, so someone
    can always go on.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._running: dict[str, Ticket] = {}
        self._waiting: dict[str, Ticket] = {}
        self._lines: dict[str, OrderedDict[str, Ticket]] = {}
        self._ready: OrderedDict[str, OrderedDict[str, Ticket]] = OrderedDict()

    @property
    def running(self) -> int:
        return len(self._running)

    @property
    def queued(self) -> int:
        return len(self._waiting)

    def admit(self, ticket: Ticket) -> bool:
        """Take a slot at once if one is free and nobody waits for it or the keys; else False, nothing changed."""
        if self._ready or len(self._running) >= self.limit or any(key in self._lines for key in ticket.exclusive):
            return False
        self._line_up(ticket)
        self._running[ticket.run.id] = ticket
        return True

    def enqueue(self, ticket: Ticket) -> None:
        """Wait in line."""
        self._waiting[ticket.run.id] = ticket
        self._line_up(ticket)
        self._check(ticket)

    def next(self) -> Ticket | None:
        """The next run that may start: it has its slot now. None if there is no slot or nobody ready."""
        if len(self._running) >= self.limit or not self._ready:
            return None
        task_id, tickets = self._ready.popitem(last=False)
        run_id, ticket = tickets.popitem(last=False)
        if tickets:
            self._ready[task_id] = tickets
        del self._waiting[run_id]
        self._running[run_id] = ticket
        return ticket

    def leave(self, run_id: str) -> bool:
        """A run ended or is not wanted: its slot and its place in every line are free. False if unknown here."""
        ticket = self._running.pop(run_id, None) or self._waiting.pop(run_id, None)
        if ticket is None:
            return False
        ready = self._ready.get(ticket.run.task_id)
        if ready is not None and run_id in ready:
            del ready[run_id]
            if not ready:
                del self._ready[ticket.run.task_id]
        for key in ticket.exclusive:
            line = self._lines[key]
            del line[run_id]
            if line:
                self._check(next(iter(line.values())))
            else:
                del self._lines[key]
        return True

    def _line_up(self, ticket: Ticket) -> None:
        for key in ticket.exclusive:
            self._lines.setdefault(key, OrderedDict())[ticket.run.id] = ticket

    def _check(self, ticket: Ticket) -> None:
        run_id = ticket.run.id
        if run_id in self._waiting and all(next(iter(self._lines[key])) == run_id for key in ticket.exclusive):
            self._ready.setdefault(ticket.run.task_id, OrderedDict())[run_id] = ticket
