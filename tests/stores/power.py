"""A disk whose power can fail: what was not synced may be gone, and names may go back to what they were."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .faults import FaultyFiles


class UncertainDisk(FaultyFiles):
    """Remembers what is certain: the bytes of synced files, and the names as they stood when the folder was synced.

    `aftermaths` are the folders that a power failure at this moment may leave. Changes of names reach the disk in the
    order they were made, some or all of them; a file that was never synced may be empty.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._bytes: dict[int, bytes] = {}
        self._histories: list[dict[str, int]] = [{}]
        for path in folder.iterdir() if folder.exists() else ():
            self._bytes[path.stat().st_ino] = path.read_bytes()
            self._histories[0][path.name] = path.stat().st_ino

    def create(self, path: Path) -> int:
        fd = super().create(path)
        self._bytes[os.fstat(fd).st_ino] = b""
        self._renamed()
        return fd

    def sync(self, fd: int) -> None:
        super().sync(fd)
        inode = os.fstat(fd).st_ino
        self._bytes[inode] = next(p for p in self.folder.iterdir() if p.stat().st_ino == inode).read_bytes()

    def link(self, source: Path, target: Path) -> None:
        super().link(source, target)
        self._renamed()

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self._renamed()

    def unlink(self, path: Path) -> None:
        super().unlink(path)
        self._renamed()

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        if folder == self.folder:
            self._histories = self._histories[-1:]

    def aftermaths(self) -> Iterator[dict[str, bytes]]:
        for names in self._histories:
            yield {name: self._bytes[inode] for name, inode in names.items()}

    def _renamed(self) -> None:
        self._histories.append({path.name: path.stat().st_ino for path in self.folder.iterdir()})
