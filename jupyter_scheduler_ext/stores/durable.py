"""Replace a file so that a crash at any instant leaves the old content or the new, never a third (RELIABILITY 4).

New content goes to a temporary file in the same folder and to disk, the old file becomes a backup, the temporary file
takes its name, and the folder goes to disk; only then is the write acknowledged. Whoever calls holds the lock.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .files import HEAD, FileSystem, Stamp

GENERATIONS = 3


class ChangedMeanwhile(Exception):
    """The file is no longer the one that the new content was made from; nothing was written."""


class DurableFile:
    """One file, its temporary siblings and its backups ``<name>.1`` (the newest) to ``<name>.3``."""

    def __init__(self, path: Path, files: FileSystem) -> None:
        self.path = path
        self._files = files

    def replace(self, content: bytes, known: Stamp | None) -> Stamp:
        """Write the whole file anew; durable when it returns. `known` is the version that `content` was made from.

        Raises ChangedMeanwhile, or OSError: then the old file is in place.
        """
        with self._temporary() as temporary:
            stamp = self._write(temporary, content)
            if self._files.look(self.path) != known:
                raise ChangedMeanwhile
            self._keep_backup()
            self._files.rename(temporary, self.path)
        try:
            self._files.sync_folder(self.path.parent)
        except BaseException:
            self._take_back(had_one=known is not None)
            raise
        return stamp

    def sweep(self) -> None:
        """Remove temporary files that a crash left behind. Under the lock every one of them is stale."""
        for name in self._files.names(self.path.parent):
            if name.startswith(f".{self.path.name}.") and name.endswith(".tmp"):
                self._files.unlink(self.path.with_name(name))

    def backups(self) -> list[Path]:
        """Where backups stand if there are any, newest first."""
        return [self._generation(number) for number in range(1, GENERATIONS + 1)]

    def back_up(self, content: bytes) -> None:
        """Make `content`, which the file no longer holds, the newest backup."""
        newest = self._generation(1)
        found = self._files.read(newest)
        if found is None or found[1] != content:
            with self._temporary() as temporary:
                self._write(temporary, content)
                self._rotate()
                self._files.rename(temporary, newest)

    def put_aside(self) -> Path:
        """Rename a file that cannot be used, so that a person can look at it; returns its new path."""
        aside = self._aside()
        self._files.rename(self.path, aside)
        return aside

    def put_text_aside(self, text: str) -> Path:
        """The same for a part of the file that is about to be replaced."""
        aside = self._aside()
        with self._temporary() as temporary:
            self._write(temporary, text.encode())
            self._files.rename(temporary, aside)
        return aside

    def keep_forever(self, suffix: str) -> None:
        """One more name for the present file, which no later save takes away; kept if it exists already."""
        with suppress(FileExistsError):
            self._duplicate(self.path, self.path.with_name(f"{self.path.name}.{suffix}"))

    def _write(self, path: Path, content: bytes) -> Stamp:
        """A new file, on disk. The descriptor is closed whatever happens: after a failed fsync the kernel may have
        dropped the data and would call a second fsync a success."""
        fd = self._files.create(path)
        try:
            rest = memoryview(content)
            while rest:
                written = self._files.write(fd, rest)
                if not written:
                    raise OSError(errno.EIO, "nothing more was written")
                rest = rest[written:]
            self._files.sync(fd)
            status = self._files.stat(fd)
        finally:
            self._files.close(fd)
        return Stamp(status.st_ino, status.st_mtime_ns, status.st_size, content[:HEAD])

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        """A new name in the same folder; whatever stands there is removed if the block fails."""
        path = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}.tmp")
        try:
            yield path
        except BaseException:
            with suppress(OSError):
                self._files.unlink(path)
            raise

    def _aside(self) -> Path:
        taken = set(self._files.names(self.path.parent))
        number = 1
        while (name := f"{self.path.name}.bad-{number}") in taken:
            number += 1
        return self.path.with_name(name)

    def _generation(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def _keep_backup(self) -> None:
        newest = self._generation(1)
        if self._files.same(self.path, newest):  # a save that failed after its backup was made
            return
        self._rotate()
        with suppress(FileNotFoundError):
            self._duplicate(self.path, newest)

    def _rotate(self) -> None:
        for number in range(GENERATIONS - 1, 0, -1):
            with suppress(FileNotFoundError):
                self._files.rename(self._generation(number), self._generation(number + 1))

    def _duplicate(self, source: Path, target: Path) -> None:
        try:
            self._files.link(source, target)
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError:  # a file system without hard links, or a disk that is full: then the copy fails as well
            found = self._files.read(source)
            if found is not None:
                with self._temporary() as temporary:
                    self._write(temporary, found[1])
                    self._files.rename(temporary, target)

    def _take_back(self, *, had_one: bool) -> None:
        """The new name may not be durable, so the write is not acknowledged: show the old file again, as well as can
        be. After a crash either may stand there."""
        with suppress(OSError):
            if had_one:
                self._files.rename(self._generation(1), self.path)
            else:
                self._files.unlink(self.path)
