"""DeferredTask: work in the background that can be asked to stop, with a handle of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class StopRequest:
    """How the work learns that it should stop, and why; the first to ask stands. True once someone asked."""

    __slots__ = ("_asked", "_callbacks", "kind", "reason")

    def __init__(self) -> None:
        self.kind = ""
        self.reason = ""
        self._asked = False
        self._callbacks: list[Callable[[StopRequest], object]] = []

    def __bool__(self) -> bool:
        return self._asked

    def ask(self, kind: str, reason: str) -> None:
        if not self._asked:
            self._asked, self.kind, self.reason = True, kind, reason
            for callback in self._callbacks:
                callback(self)

    def notify(self, callback: Callable[[StopRequest], object]) -> None:
        """Call back with this request when someone asks; at once if someone has."""
        if self._asked:
            callback(self)
        else:
            self._callbacks.append(callback)


class DeferredTask(Generic[T]):
    """One piece of background work on an event loop.

    `work` is called with a `StopRequest` and must heed it: stopping is a request that the work carries out in steps
    (interrupt, terminate, kill), not an `asyncio` cancellation, which would leak kernels. It is started once: a second
    start needs a second handle, and so can never lose the first one's.
    """

    __slots__ = ("_loop", "_name", "_request", "_task", "_work")

    def __init__(self, work: Callable[[StopRequest], Coroutine[Any, Any, T]], *, name: str = "deferred") -> None:
        self._work = work
        self._name = name
        self._request: StopRequest | None = None
        self._task: asyncio.Task[T] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> DeferredTask[T]:
        """Begin on the running loop. Raises RuntimeError if it was started before."""
        if self._task is not None:
            raise RuntimeError("already started")
        self._loop = asyncio.get_running_loop()
        self._request = StopRequest()
        self._task = self._loop.create_task(self._work(self._request), name=self._name)
        return self

    @property
    def done(self) -> bool:
        return self._task is not None and self._task.done()

    def stop(self, kind: str = "cancel", reason: str = "") -> None:
        """Ask the work to stop; safe from any thread, at any time, any number of times."""
        if self._loop is None or self._request is None or self.done:
            return
        self._loop.call_soon_threadsafe(self._request.ask, kind, reason)

    def abandon(self) -> None:
        """Give up work that does not heed the request, because it hangs: it is cancelled, whatever that leaves."""
        if self._task is not None:
            self._task.cancel()

    async def settled(self, timeout: float) -> None:
        """Until the work is done, however it ended, at most `timeout` seconds."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=timeout)

    async def wait(self) -> T:
        """The work's value, on its loop; being cancelled here does not stop the work."""
        if self._task is None:
            raise RuntimeError("not started")
        return await asyncio.shield(self._task)

    def result(self, timeout: float | None = None) -> T:
        """The work's value, from another thread. Raises TimeoutError after `timeout` seconds."""
        if self._loop is None:
            raise RuntimeError("not started")
        return asyncio.run_coroutine_threadsafe(self.wait(), self._loop).result(timeout)
