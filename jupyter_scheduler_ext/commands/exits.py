"""What the exit status of a command says, and which error leads to which. Scripts may rely on these numbers."""

from __future__ import annotations

from enum import IntEnum

from ..client import errors
from ..engine.abc import StoreError


class Exit(IntEnum):
    """Exit statuses; docs/command-line.md shows them as a table."""

    OK = 0
    FAILED = 1
    """It was done, and what came of it is bad: a run that failed, an import with errors, a doctor's finding."""
    USAGE = 2
    """The command line, or a value in it, is wrong."""
    NO_SERVER = 3
    """No server is running, it does not answer, or it has no scheduler."""
    DENIED = 4
    """The token is wrong, or does not allow this."""
    NOT_FOUND = 5
    """No such task or run."""
    CONFLICT = 6
    """Not now: a run is active, somebody else changed the task, too many calls."""
    BROKEN = 7
    """The server or the storage could not do it."""
    INTERRUPTED = 130
    """Ctrl-C."""


_BY_KIND: tuple[tuple[type[Exception], Exit], ...] = (
    (errors.NoServer, Exit.NO_SERVER),
    (errors.Unreachable, Exit.NO_SERVER),
    (errors.NotInstalled, Exit.NO_SERVER),
    (errors.Denied, Exit.DENIED),
    (errors.NotFound, Exit.NOT_FOUND),
    (errors.Conflict, Exit.CONFLICT),
    (errors.Stale, Exit.CONFLICT),
    (errors.TooMany, Exit.CONFLICT),
    (errors.Invalid, Exit.USAGE),
    (errors.RunFailed, Exit.FAILED),
    (errors.SchedulerError, Exit.BROKEN),
    (StoreError, Exit.BROKEN),
)


def exit_of(error: Exception) -> Exit:
    """The status with which a command ends that met this error."""
    return next((status for kind, status in _BY_KIND if isinstance(error, kind)), Exit.BROKEN)
