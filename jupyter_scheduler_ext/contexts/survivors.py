"""Which kernels a server has, written down for the case that it dies without ending them.

Python's own kernels end themselves when their server is gone. Those of other languages do not: a kernel that lingers,
is kept, or waits warm would live until somebody finds it, since the ledger knows only the kernels of runs under way.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from pathlib import Path

from ..engine.process import boot_id, identity, is_alive, kill_if_same, world

MARK = "kernels-"
FRESH = ".new"


class Survivors:
    """One file a server in `folder`, with the stamps of its kernels; None writes nothing and finds nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / f"{MARK}{identity().replace(':', '-')}.json"
        self._living: set[str] = set()
        self._written: frozenset[str] = frozenset()
        self._writing: asyncio.Task[None] | None = None

    def born(self, process: str | None) -> None:
        """A kernel was started; None is one that is no process of this machine."""
        if process is not None:
            self._living.add(process)
            self._soon()

    def died(self, process: str | None) -> None:
        """A kernel has ended."""
        if process is not None:
            self._living.discard(process)
            self._soon()

    async def close(self) -> None:
        """All kernels have ended: the file goes."""
        self._living.clear()
        self._soon()
        if self._writing is not None:
            await self._writing

    def _soon(self) -> None:
        if self._file is not None and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._keep_up(self._file))

    async def _keep_up(self, file: Path) -> None:
        while (living := frozenset(self._living)) != self._written:
            with suppress(OSError):  # nothing else must fail for want of a note
                await asyncio.to_thread(_write, file, sorted(living))
            self._written = living


def end_survivors(folder: Path) -> list[str]:
    """Kill what dead servers of this machine have left running, by the notes in `folder`; returns the stamps of what
    was killed. Notes of other machines and containers, which may share the folder, are left alone."""
    killed = []
    for file in folder.glob(f"{MARK}*.json"):
        try:
            note = json.loads(file.read_text("utf-8"))
            server, host, kernels = str(note["server"]), note["host"], [str(kernel) for kernel in note["kernels"]]
            seen_from = note.get("world", world())
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if host != socket.gethostname() or is_alive(server):
            continue
        if server.partition(":")[0] == boot_id():
            if seen_from != world():  # another container: its processes are not ours to see
                continue
            killed += [kernel for kernel in kernels if _killed(kernel)]
        for done in (file, file.with_suffix(FRESH)):
            with suppress(OSError):
                done.unlink(missing_ok=True)
    return killed


def _killed(stamped: str) -> bool:
    pid, _, started = stamped.partition(":")
    return pid.isascii() and pid.isdigit() and kill_if_same(int(pid), started)


def _write(file: Path, kernels: list[str]) -> None:
    """Replace the note, or remove it if there is nothing to note."""
    if not kernels:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    note = {"server": identity(), "host": socket.gethostname(), "world": world(), "kernels": kernels}
    fresh = file.with_suffix(FRESH)
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(note), "utf-8")
    fresh.replace(file)
