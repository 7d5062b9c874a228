"""What runs on a worker: one kernel in a folder of its own, and its messages, kept until they are fetched.

It is a Dask actor: its methods are called one message at a time from the server, and run on the worker's event loop. A
kernel whose server is not heard of any more ends itself, so that a server's death leaves nothing on a cluster.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

LEASE = 60.0
"""Seconds without a word from the server after which the kernel is ended."""
PATIENCE = 10.0
"""Seconds that a fetch waits for a message before it answers with none."""
LOOK_AGAIN = 0.2
"""Seconds after which a channel is looked at anew. jupyter_client sends past pyzmq's event loop, which then may not
notice what comes in at that moment."""
MOST_KEPT = 5_000
"""Messages that wait to be fetched; a kernel that floods us is then no longer read from."""
BATCH = 500

Numbered = tuple[int, str, dict[str, Any]]
"""Number of the message, its channel (shell or iopub), and the message as far as it is looked at."""


class WorkerKernel:
    """A kernel on the worker on which this object lives."""

    def __init__(self, kernel_name: str, environment: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """`files` are put into the kernel's working folder: path in it -> content."""
        self._kernel_name = kernel_name
        self._environment = dict(environment)
        self._files = dict(files)
        self._folder: Path | None = None
        self._manager: Any = None
        self._client: Any = None
        self._waiting: deque[Numbered] = deque()
        self._count = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = 0.0

    async def start(self) -> None:
        """Start the kernel, and listen to it. Raises what the start raises."""
        from jupyter_client.manager import AsyncKernelManager

        self._folder = Path(tempfile.mkdtemp(prefix="scheduler-run-"))
        for name, content in self._files.items():
            target = self._folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self._files.clear()
        self._manager = AsyncKernelManager(kernel_name=self._kernel_name)
        await self._manager.start_kernel(cwd=str(self._folder), env={**os.environ, **self._environment})
        self._client = self._manager.client()
        self._client.start_channels(stdin=False, hb=False, control=False)
        self._hear()
        listen = [self._listen("shell", self._client.get_shell_msg), self._listen("iopub", self._client.get_iopub_msg)]
        self._tasks = [asyncio.create_task(work) for work in (*listen, self._hold_lease())]

    async def send(self, message: dict[str, Any]) -> None:
        """Pass a message of the server on to the kernel's shell channel."""
        self._hear()
        self._running().shell_channel.send(message)

    async def messages(self, after: int) -> list[Numbered]:
        """The messages that came after the one of this number: those before it have arrived and are let go. Waits a
        the first."""
        self._hear()
        self._running()
        while self._waiting and self._waiting[0][0] <= after:
            self._waiting.popleft()
        if len(self._waiting) < MOST_KEPT:
            self._room.set()
        if not self._waiting:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), PATIENCE)
        self._hear()
        return [self._waiting[number] for number in range(min(BATCH, len(self._waiting)))]

    async def is_alive(self) -> bool:
        """Does the kernel run?"""
        return self._manager is not None and await self._manager.is_alive()

    async def interrupt(self) -> None:
        """As a person's Ctrl-C."""
        await self._manager.interrupt_kernel()

    async def close(self) -> None:
        """End the kernel and leave nothing behind."""
        me = asyncio.current_task()
        for task in self._tasks:
            if task is not me:
                task.cancel()
        self._tasks.clear()
        if self._client is not None:
            self._client.stop_channels()
            self._client = None
        if self._manager is not None:
            manager, self._manager = self._manager, None
            await manager.shutdown_kernel(now=True)
        if self._folder is not None:
            folder, self._folder = self._folder, None
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _running(self) -> Any:
        """The kernel's client. Dask makes a lost actor anew on another worker, where it has no kernel."""
        if self._client is None:
            raise RuntimeError("it has no kernel any more")
        return self._client

    async def _listen(self, channel: str, get: Any) -> None:
        while True:
            try:
                message = await get(timeout=LOOK_AGAIN)
            except Empty:
                continue
            self._count += 1
            parent = {"msg_id": message["parent_header"].get("msg_id")}
            kept = {"msg_type": message["msg_type"], "parent_header": parent, "content": message["content"]}
            self._waiting.append((self._count, channel, kept))
            self._news.set()
            if len(self._waiting) >= MOST_KEPT:
                self._room.clear()
                await self._room.wait()

    async def _hold_lease(self) -> None:
        while asyncio.get_running_loop().time() - self._heard < LEASE:
            await asyncio.sleep(LEASE / 10)
        await self.close()

    def _hear(self) -> None:
        self._heard = asyncio.get_running_loop().time()
