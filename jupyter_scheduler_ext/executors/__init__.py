"""Where runs are performed besides this server's own kernels. Each is found by entry point and named in the
configuration (`SchedulerExtension.executors`); what it needs is imported when its first run comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from typing import Any

from ..engine.abc import Executor
from ..runners.local import LocalExecutor

ENTRY_POINTS = "jupyter_scheduler_ext.executors"
"""Each names an executor and loads to a callable that is given the configurable to take settings from (`parent=`) and
the `LocalExecutor`, and returns its `Executor`."""

Make = Callable[[Any, LocalExecutor], Executor]


def executors_named(names: Iterable[str], parent: Any, local: LocalExecutor) -> dict[str, Executor]:
    """The executors of these names, in this order; the local one is always among them. Raises LookupError for a name
    that no installed package brings."""
    found: dict[str, Executor] = {}
    for name in names:
        if name == local.name:
            found[name] = local
            continue
        points = list(entry_points(group=ENTRY_POINTS, name=name))
        if not points:
            known = ", ".join(sorted({local.name, *entry_points(group=ENTRY_POINTS).names}))
            raise LookupError(f"no installed package brings an executor named {name!r}; known: {known}")
        make: Make = points[0].load()
        found[name] = make(parent, local)
    found.setdefault(local.name, local)
    return found
