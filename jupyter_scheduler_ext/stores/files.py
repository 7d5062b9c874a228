"""The system calls that the file store is made of, one method each, so that a test can make any of them fail."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from ..engine.abc import StoreError
from ..engine.privacy import make_private

if sys.platform == "darwin":
    import fcntl

HEAD = 256
"""Bytes at the start of a file that its stamp holds: enough for the schema and the revision."""

_NO_LINKS_FOLLOWED = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class Stamp(NamedTuple):
    """What tells one version of a file from another. The head is part of it because inodes are reused and times are
    coarse: two saves within a few milliseconds may agree in all the rest, but not in the revision."""

    inode: int
    modified: int
    size: int
    head: bytes


class FileSystem:
    """Plain system calls. Every method raises OSError; `read` and `look` refuse what is not a file of our own."""

    def look(self, path: Path) -> Stamp | None:
        """The stamp of a file; None if there is none."""
        return self._read(path, HEAD)[0]

    def read(self, path: Path) -> tuple[Stamp, bytes] | None:
        """A file's stamp and content, of one and the same version; None if there is none."""
        stamp, content = self._read(path, None)
        return None if stamp is None else (stamp, content)

    def create(self, path: Path) -> int:
        """A descriptor of a new private file; it must not exist."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS_FOLLOWED | _BINARY, 0o600)

    def write(self, fd: int, content: bytes | memoryview) -> int:
        return os.write(fd, content)

    def sync(self, fd: int) -> None:
        """Content to disk; on macOS through the drive's own cache as well, which fsync alone leaves out."""
        if sys.platform == "darwin":
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fsync(fd)

    def stat(self, fd: int) -> os.stat_result:
        return os.fstat(fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def link(self, source: Path, target: Path) -> None:
        os.link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def same(self, one: Path, other: Path) -> bool:
        """Are both names of one and the same file?"""
        try:
            return os.path.samestat(one.lstat(), other.lstat())
        except FileNotFoundError:
            return False

    def sync_folder(self, folder: Path) -> None:
        """Make names durable. Does nothing where folders cannot be synced: Windows, some network file systems."""
        if os.name == "nt":
            return
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise
        finally:
            os.close(fd)

    def names(self, folder: Path) -> list[str]:
        return os.listdir(folder)  # noqa: PTH208 - names are all we need

    def make_folder(self, folder: Path) -> None:
        """A private folder; what exists is left as it is."""
        make_private(folder)

    def restrict(self, path: Path) -> None:
        """Let nobody but the owner read or write a file."""
        path.chmod(0o600)

    def _read(self, path: Path, limit: int | None) -> tuple[Stamp | None, bytes]:
        try:
            fd = os.open(path, os.O_RDONLY | _NO_LINKS_FOLLOWED | _NO_WAIT | _BINARY)
        except FileNotFoundError:
            return None, b""
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Refused(f"{path} is a symbolic link; put the file itself there") from error
            raise
        try:
            status = os.fstat(fd)
            refuse_foreign(path, status)
            if not stat.S_ISREG(status.st_mode):
                raise Refused(f"{path} is not a regular file")
            content = _read_all(fd, limit)
        finally:
            os.close(fd)
        return Stamp(status.st_ino, status.st_mtime_ns, status.st_size, content[:HEAD]), content


class Refused(StoreError):
    """The store is not ours to use: a symbolic link, another user's, or no file at all."""


def refuse_foreign(path: Path, status: os.stat_result) -> None:
    """Raises Refused for what belongs to another user: they could put tasks there, which run as this one."""
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to user {status.st_uid}, not to the user of this server ({os.geteuid()})")


def trouble(doing: str, path: Path, error: OSError) -> StoreError:
    """The StoreError that tells a person what a failed system call means and what to do about it."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return StoreError(f"No space left to {doing} {path}: free some, then try again. Nothing was lost.", 507)
    if error.errno == errno.EROFS:
        return StoreError(f"Cannot {doing} {path}: the file system is read-only. Remount it, or move the store.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return StoreError(f"Cannot {doing} {path}: permission denied. Make the folder writable for this user.")
    return StoreError(f"Cannot {doing} {path}: {error.strerror or error}. Nothing was saved; try again.")


def _read_all(fd: int, limit: int | None) -> bytes:
    if limit is not None:
        return os.read(fd, limit)
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)
