"""A kernel on a worker, as a `Conversation` talks to it: what jupyter_client offers of a kernel, over the cluster."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from queue import Empty
from typing import Any

from jupyter_client.session import Session

Message = dict[str, Any]


class WorkerChannels:
    """Both a kernel's client and its manager, as far as a run needs them. `actor` is a `WorkerKernel` on a worker;
    `lost` says what was heard last if the worker does not answer any more."""

    def __init__(self, actor: Any) -> None:
        self.lost: str | None = None
        self._actor = actor
        self._session = Session()
        self._outbox: asyncio.Queue[Message] = asyncio.Queue()
        self._inbox: dict[str, asyncio.Queue[Message]] = {"shell": asyncio.Queue(), "iopub": asyncio.Queue()}
        self._tasks: list[asyncio.Task[None]] = []

    # As a client

    def start_channels(self, **_: bool) -> None:
        """Fetch what the kernel says, and send what is said to it, from now on."""
        self._tasks = [asyncio.create_task(self._guarded(work)) for work in (self._fetch(), self._post())]

    def stop_channels(self) -> None:
        """Leave the kernel as it is."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def kernel_info(self) -> str:
        """Greet; returns the request's id."""
        return self._send("kernel_info_request", {})

    def execute(
        self,
        code: str,
        *,
        silent: bool = False,
        store_history: bool = True,
        allow_stdin: bool = False,
        stop_on_error: bool = True,
    ) -> str:
        """Ask for code to be run; returns the request's id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": stop_on_error,
        }
        return self._send("execute_request", content)

    async def get_shell_msg(self, timeout: float) -> Message:
        """The next reply. Raises Empty."""
        return await self._get("shell", timeout)

    async def get_iopub_msg(self, timeout: float) -> Message:
        """The next output. Raises Empty."""
        return await self._get("iopub", timeout)

    # As a manager

    async def is_alive(self) -> bool:
        """Does the kernel run, as far as can be told?"""
        if self.lost is None:
            try:
                return bool(await self._actor.is_alive())
            except Exception as error:
                self._lose(error)
        return False

    async def interrupt_kernel(self) -> None:
        """As a person's Ctrl-C."""
        await self._actor.interrupt()

    async def shutdown(self) -> None:
        """End the kernel; one whose worker is gone has ended."""
        if self.lost is None:
            with suppress(Exception):
                await self._actor.close()

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        message = self._session.msg(kind, content)
        self._outbox.put_nowait(message)
        return str(message["header"]["msg_id"])

    async def _get(self, channel: str, timeout: float) -> Message:
        inbox = self._inbox[channel]
        if not inbox.empty():
            return inbox.get_nowait()
        try:
            return await asyncio.wait_for(inbox.get(), timeout)
        except TimeoutError:
            raise Empty from None

    async def _post(self) -> None:
        while True:
            await self._actor.send(await self._outbox.get())

    async def _fetch(self) -> None:
        after = 0
        while True:
            for number, channel, message in await self._actor.messages(after):
                after = number
                self._inbox[channel].put_nowait(message)

    async def _guarded(self, work: Any) -> None:
        try:
            await work
        except Exception as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        self.lost = self.lost or str(error) or type(error).__name__
