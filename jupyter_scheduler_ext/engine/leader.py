"""Leadership: of all servers that share a storage folder, one ticks.

It holds an operating-system lock on ``scheduler.lock`` for life. The system frees the lock when the process ends,
however it ends, so there are no heartbeats and no time-out to tune; a follower that asks again every second takes over
within a second. The file is never deleted: a lock on a deleted file would guard nothing.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from weakref import WeakSet

from . import process
from .abc import StoreError
from .privacy import make_private

if sys.platform == "win32":
    import msvcrt

    _BEYOND_THE_TEXT = 1 << 30

    def _lock(fd: int) -> None:
        os.lseek(fd, _BEYOND_THE_TEXT, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    _HELD_ELSEWHERE = frozenset({errno.EACCES, errno.EDEADLK})
else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    _HELD_ELSEWHERE = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})

FILE_NAME = "scheduler.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that leads: its `process.identity`, and what its server calls itself."""

    identity: str
    label: str = ""

    @property
    def pid(self) -> int:
        return int(self.identity.split(":")[1])


class LeaderLock:
    """The lock of one storage folder. Not for threads: one task of the scheduler acquires and releases it."""

    def __init__(self, folder: Path, label: str = "") -> None:
        self._path = folder / FILE_NAME
        self._label = label
        self._fd: int | None = None

    def try_acquire(self) -> bool:
        """Become the leader if there is none; True as well if we are it already. Never waits.

        Makes the folder if it is missing. Raises StoreError if the file cannot be opened or locked at all.
        """
        if self.held:
            return True
        self.release()
        try:
            fd = self._open()
        except OSError as error:
            raise StoreError(f"cannot open {self._path}: {error.strerror}") from error
        try:
            _lock(fd)
            if not self._names(fd):  # replaced between opening and locking
                os.close(fd)
                return False
            self._sign(fd)
        except OSError as error:
            os.close(fd)
            if error.errno in _HELD_ELSEWHERE:
                return False
            raise StoreError(f"cannot lock {self._path}: {error.strerror}") from error
        self._fd = fd
        _held.add(self)
        return True

    @property
    def held(self) -> bool:
        """Are we the leader? Looks at the file too: a leader whose lock file was deleted must step down, for another
        process may lock the new one."""
        return self._fd is not None and self._names(self._fd)

    def holder(self) -> Holder | None:
        """Who leads; None if nobody does."""
        if self.held:
            return Holder(process.identity(), self._label)
        try:
            text = json.loads(self._path.read_text(encoding="utf-8"))
            boot, pid, start = text["identity"].split(":")
            signed = Holder(f"{boot}:{int(pid)}:{start}", str(text["label"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return signed if process.is_alive(signed.identity) or self._locked_elsewhere() else None

    def release(self) -> None:
        """Step down; releasing what is not held is no error."""
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        _held.discard(self)
        with suppress(OSError):
            os.ftruncate(fd, 0)
        os.close(fd)

    def _open(self) -> int:
        make_private(self._path.parent)
        return os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)

    def _names(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), self._path.lstat())
        except OSError:
            return False

    def _sign(self, fd: int) -> None:
        text = json.dumps(asdict(Holder(process.identity(), self._label))) + "\n"
        os.lseek(fd, 0, os.SEEK_SET)
        os.ftruncate(fd, 0)
        os.write(fd, text.encode())

    def _locked_elsewhere(self) -> bool:
        try:
            fd = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            _lock(fd)
        except OSError:
            return True
        finally:
            os.close(fd)
        return False

    def _forget(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


_held: WeakSet[LeaderLock] = WeakSet()


def _forget_in_child() -> None:
    """A forked child shares the descriptor, and with it the lock, beyond its parent's death: close the child's copy."""
    for lock in list(_held):
        lock._forget()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
