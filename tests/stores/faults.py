"""A file system on which any one system call can fail, or be the last one before a kill."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from jupyter_scheduler_ext.stores.files import FileSystem

CALLS = (
    *("look", "read", "create", "write", "sync", "stat", "close", "link", "rename", "unlink"),
    *("same", "sync_folder", "names", "make_folder", "restrict"),
)


class Killed(BaseException):
    """The process is gone: nothing that follows reaches the disk, clean-up code included."""


class Quick(FileSystem):
    """Waits for no disk: for tests whose subject is not the power supply."""

    def sync(self, fd: int) -> None: ...

    def sync_folder(self, folder: Path) -> None: ...


class FaultyFiles(Quick):
    """Counts system calls; the one numbered `at` (from 0) meets `fault`, which may make it or not."""

    def __init__(self, fault: Fault | None = None, at: int = -1) -> None:
        self.fault = fault
        self.at = at
        self.made: list[str] = []
        self.dead = False

    def _make(self, name: str, call: Callable, arguments: tuple) -> object:
        if self.dead:
            if name == "close":  # the kernel closes a dead process's files
                call(*arguments)
            raise Killed
        self.made.append(name)
        if len(self.made) - 1 == self.at and self.fault is not None:
            return self.fault(self, name, call, arguments)
        return call(*arguments)


def _faulty(name: str) -> Callable:
    def method(self: FaultyFiles, *arguments: object) -> object:
        return self._make(name, getattr(super(FaultyFiles, self), name), arguments)

    return method


for _name in CALLS:
    setattr(FaultyFiles, _name, _faulty(_name))


Fault = Callable[[FaultyFiles, str, Callable, tuple], object]


def refuse(number: int) -> Fault:
    """The call fails with this errno and does nothing, but for a close, which always closes."""

    def fault(files: FaultyFiles, name: str, call: Callable, arguments: tuple) -> object:
        if name == "close":
            call(*arguments)
        raise OSError(number, errno.errorcode[number])

    return fault


def half_then(number: int) -> Fault:
    """A write leaves half its bytes and the next call fails; any other call fails at once."""

    def fault(files: FaultyFiles, name: str, call: Callable, arguments: tuple) -> object:
        if name == "write":
            fd, content = arguments
            files.at, files.fault = files.at + 1, refuse(number)
            return call(fd, content[: len(content) // 2])
        return refuse(number)(files, name, call, arguments)

    return fault


def kill(files: FaultyFiles, name: str, call: Callable, arguments: tuple) -> object:
    """Killed just before the call."""
    files.dead = True
    if name == "close":
        call(*arguments)
    raise Killed


def kill_half_way(files: FaultyFiles, name: str, call: Callable, arguments: tuple) -> object:
    """Killed in the middle of a write, just after any other call."""
    files.dead = True
    if name == "write":
        fd, content = arguments
        call(fd, content[: len(content) // 2])
    else:
        call(*arguments)
    raise Killed


FAULTS = {
    "EIO": refuse(errno.EIO),
    "ENOSPC": refuse(errno.ENOSPC),
    "EROFS": refuse(errno.EROFS),
    "ENOSPC after half a write": half_then(errno.ENOSPC),
    "KILL before": kill,
    "KILL after": kill_half_way,
}
