"""A program that runs beside the event loop, read by threads: works on every loop and system, and is told of at once.

asyncio's own subprocesses do not work on the selector loop that Tornado uses on Windows, and their `wait` also
waits for whatever child inherited the pipes.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import IO

READ = 65_536

Take = Callable[[str, str], None]
"""Called on the event loop with ``stdout`` or ``stderr`` and a piece of text."""


class Program:
    """A running program, leader of a process group of its own where the system has such groups."""

    def __init__(self, argv: Sequence[str], *, cwd: str, environment: Mapping[str, str], take: Take) -> None:
        """Start it, from the event loop. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._take = take
        self._process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._exited: asyncio.Future[int] = self._loop.create_future()
        self._silent = [self._read("stdout", self._process.stdout), self._read("stderr", self._process.stderr)]
        threading.Thread(target=self._wait, name=f"wait {self.pid}", daemon=True).start()

    async def wait(self, grace: float) -> int:
        """Its exit code, once it has ended and its output is read, or `grace` seconds after its end: a child that it
        left behind may hold its pipes for ever."""
        code = await asyncio.shield(self._exited)
        await asyncio.wait(self._silent, timeout=grace)
        return code

    def signal(self, sign: signal.Signals) -> None:
        """Signal the whole process group; on Windows, end the program."""
        with suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.terminate()
            else:
                os.killpg(self.pid, sign)

    def _read(self, name: str, stream: IO[bytes] | None) -> asyncio.Future[None]:
        ended: asyncio.Future[None] = self._loop.create_future()
        assert stream is not None
        threading.Thread(
            target=self._reader, args=(name, stream, ended), name=f"{name} {self.pid}", daemon=True
        ).start()
        return ended

    def _reader(self, name: str, stream: IO[bytes], ended: asyncio.Future[None]) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        taken = threading.Event()
        with suppress(OSError, ValueError), stream:
            while data := os.read(stream.fileno(), READ):
                taken.clear()
                text = decoder.decode(data)
                if not self._soon(partial(self._pass_on, name, text, taken)):
                    return
                taken.wait()  # no faster than the event loop takes it, or a flood would fill the memory
        self._soon(lambda: self._pass_on(name, decoder.decode(b"", final=True), taken))
        self._soon(partial(ended.set_result, None))

    def _pass_on(self, name: str, text: str, taken: threading.Event) -> None:
        try:
            if text:
                self._take(name, text)
        finally:
            taken.set()

    def _wait(self) -> None:
        code = self._process.wait()
        self._soon(partial(self._exited.set_result, code))

    def _soon(self, call: Callable[[], object]) -> bool:
        """Have it called on the event loop; False if the loop is closed: nobody wants to know any more."""
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            return False
        return True
