"""What the code that runs at the moment is about: a task and its run. Log lines written meanwhile can so name both."""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple


class Subject(NamedTuple):
    """A run and its task, by id."""

    task_id: str
    run_id: str


subject: ContextVar[Subject | None] = ContextVar("scheduler_subject", default=None)
"""Set within the asyncio task that performs a run, and so in all that it calls; None elsewhere."""
