"""Talking to one kernel: ready as soon as it answers, one request at a time, and never waiting for a dead one.

nbclient does this too, but it waits 0.2 s for silence before the first cell, polls for dead kernels only once a second
and hangs if a kernel is restarted under it; see docs/decisions/0020-own-cell-executor.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from queue import Empty
from typing import Any

from jupyter_core.utils import ensure_async

POLL = 0.5
"""Seconds of silence after which the kernel is looked at: is it still the same process?"""
IOPUB_GRACE = 20.0
"""Seconds without any output to wait for its end once the reply is there: a flood may lose output, but not the reply,
and one message of half a gigabyte takes its time on a busy machine."""
NUDGE = 0.05
"""Seconds between two greetings while the output channel is not yet connected."""
YIELD_EVERY = 20
"""Messages handled before others get the event loop, when a kernel floods us."""

Hear = Callable[[str, dict[str, Any]], None]
"""Called with the type and the content of each output message."""


def ignore(kind: str, content: dict[str, Any]) -> None:
    """A hearer for those who only want the reply."""


class KernelDied(Exception):
    """The kernel went away in the middle: it crashed, was killed, or somebody restarted it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """How the kernel answered a request: status is ok, error or aborted."""

    status: str
    execution_count: int | None = None
    name: str = ""
    message: str = ""
    traceback: str = ""


Replied = Callable[[Reply], None]


def unheeded(reply: Reply) -> None:
    """For those who wait for the end of the output anyway."""


class Conversation:
    """One client of one kernel. `alive` tells whether it is still the process that the conversation began with."""

    def __init__(self, client: Any, alive: Callable[[], Awaitable[bool]]) -> None:
        self._client = client
        self._alive = alive
        self.is_open = False
        self.heard: Callable[[], None] | None = None
        """Called at each output message, whoever's it is: the kernel is active."""

    async def open(self, timeout: float = 60.0) -> dict[str, Any]:
        """Connect and wait until the kernel answers and its output reaches us; returns its kernel_info.

        Any message on iopub shows that the subscription stands: the welcome of newer kernels, or the status that
        answers a greeting. Raises KernelDied, or TimeoutError after `timeout` seconds.
        """
        await ensure_async(self._client.start_channels(stdin=False, hb=False, control=False))
        self.is_open = True
        async with asyncio.timeout(timeout):
            return await self._greet()

    async def _greet(self) -> dict[str, Any]:
        info: dict[str, Any] | None = None
        while True:
            self._client.kernel_info()
            while info is None:
                info = await self._kernel_info()
            if await self._next(self._client.get_iopub_msg, NUDGE) is not None:
                return info

    async def _kernel_info(self) -> dict[str, Any] | None:
        message = await self._next(self._client.get_shell_msg, POLL)
        if message is None:
            if not await self._alive():
                raise KernelDied("the kernel died while it was starting")
            return None
        content: dict[str, Any] = message["content"]
        return content if message["msg_type"] == "kernel_info_reply" else None

    def send(self, code: str) -> str:
        """Ask the kernel to run code, at once; returns the request, to be followed."""
        return str(self._client.execute(code, allow_stdin=False))

    def send_silently(self, code: str) -> str:
        """The same for code that leaves no trace: no history, no count, nothing shown. It need not be followed: kernels
        answer in order, and what answers it is skipped by those who follow a later request."""
        return str(self._client.execute(code, silent=True, store_history=False, allow_stdin=False, stop_on_error=False))

    async def follow(self, request: str, hear: Hear = ignore, replied: Replied = unheeded) -> Reply:
        """Pass on what a request puts out until the kernel is idle again. `replied` is called with the reply as soon as
        that is there, while output may still be on its way. Raises KernelDied."""
        answering = asyncio.ensure_future(self._answer(request, replied))
        answering.add_done_callback(_taken_note_of)
        try:
            await self._listen(request, hear, answering)
            return await answering
        finally:
            answering.cancel()

    async def _answer(self, request: str, replied: Replied) -> Reply:
        """The reply to a request; replies to others are dropped. Raises KernelDied."""
        while True:
            message = await self._next(self._client.get_shell_msg, POLL)
            if message is not None and message["parent_header"].get("msg_id") == request:
                reply = _as_reply(message["content"])
                replied(reply)
                return reply
            if message is None and not await self._alive():
                raise KernelDied("the kernel died")

    async def _listen(self, request: str, hear: Hear, answering: asyncio.Future[Reply]) -> None:
        """Pass on output until its end: the kernel is idle, or nothing comes any more and the answering is over."""
        silence = 0.0
        heard = 0
        while True:
            message = await self._next(self._client.get_iopub_msg, POLL)
            if message is None:
                silence = silence + POLL if answering.done() else 0.0
                if answering.done() and (answering.exception() is not None or silence >= IOPUB_GRACE):
                    return
                continue
            silence = 0.0
            heard += 1
            if self.heard is not None:
                self.heard()
            if heard % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            kind, content = message["msg_type"], message["content"]
            ours = message["parent_header"].get("msg_id") == request
            if ours and kind == "status":
                if content["execution_state"] == "idle":
                    return
            elif ours or kind == "update_display_data":
                hear(kind, content)

    async def _next(self, get: Callable[..., Any], timeout: float) -> dict[str, Any] | None:
        """The next message of a channel; None after so many seconds without one. Raises KernelDied if the conversation
        was closed: then somebody ended the kernel under the run."""
        try:
            if self.is_open:
                message: dict[str, Any] = await ensure_async(get(timeout=timeout))
                return message
        except Empty:
            return None
        except (asyncio.CancelledError, Exception):
            if self.is_open:
                raise
        raise KernelDied("the kernel was shut down")

    def close(self) -> None:
        """Disconnect; the kernel itself is left as it is."""
        if self.is_open:
            self.is_open = False
            self._client.stop_channels()


def _taken_note_of(answering: asyncio.Future[Reply]) -> None:
    """A kernel that goes away ends the listening too, and who follows is told of that one."""
    if not answering.cancelled():
        answering.exception()


def _as_reply(content: dict[str, Any]) -> Reply:
    return Reply(
        status=content.get("status", "error"),
        execution_count=content.get("execution_count"),
        name=content.get("ename", ""),
        message=content.get("evalue", ""),
        traceback="\n".join(content.get("traceback", ())),
    )
