"""Group commit: one thread owns a store, and whatever is waiting when it looks is written together.

A commit costs an fsync however much it holds, so items that arrive while one is under way share the next. Nobody waits
for a full batch: a lone item is written at once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar, cast

from .abc import StoreError

Item = TypeVar("Item")
Result = TypeVar("Result")

TURN = 16
"""Waiters answered at one turn of the event loop."""

_Waiter: TypeAlias = "Future[Any] | asyncio.Future[Any]"
_Answer: TypeAlias = "tuple[_Waiter, Any]"
"""Who waits, and for what: an exception instance is raised there, anything else returned."""


@dataclass(frozen=True, slots=True)
class _Job(Generic[Item]):
    """Items that were handed in together, or a call to make between two batches."""

    waiter: _Waiter
    items: Sequence[Item] = ()
    together: bool = False
    call: Callable[[], Any] | None = None


class Batcher(Generic[Item]):
    """Applies items on one daemon thread, all that wait at a time, in the order they were handed in.

    `apply` takes a list of items and answers each: an exception *instance* fails that item alone, an exception raised
    fails all of the batch. Giving up a wait (cancelling the coroutine) does not take the item back. The thread starts
    with the first item; after `close` every method raises StoreError.
    """

    def __init__(self, apply: Callable[[list[Item]], Sequence[Any]], *, name: str = "batcher") -> None:
        self._apply = apply
        self._name = name
        self._queue: SimpleQueue[_Job[Item] | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._busy_since: float | None = None

    @property
    def busy_for(self) -> float:
        """Seconds for which it has been at what it does now; 0 if it waits for work."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def submit(self, item: Item) -> Future[Any]:
        """Hand in one item from any thread."""
        waiter = _uncancellable()
        self._put(_Job(waiter, (item,)))
        return waiter

    def submit_call(self, fn: Callable[[], Result]) -> Future[Result]:
        """Hand in a call to be made on the same thread, after what was handed in before it."""
        waiter = _uncancellable()
        self._put(_Job(waiter, call=fn))
        return waiter

    async def run(self, item: Item) -> Any:
        """Hand in one item and wait for its answer."""
        waiter = asyncio.get_running_loop().create_future()
        self._put(_Job(waiter, (item,)))
        return await waiter

    async def run_all(self, items: Iterable[Item]) -> list[Any]:
        """Hand in several items for one and the same batch; exceptions of single items stand among the answers."""
        together = list(items)
        if not together:
            return []
        waiter = asyncio.get_running_loop().create_future()
        self._put(_Job(waiter, together, together=True))
        return cast("list[Any]", await waiter)

    async def call(self, fn: Callable[[], Result]) -> Result:
        """Make a call (a read) on the same thread, after what was handed in before it."""
        waiter = asyncio.get_running_loop().create_future()
        self._put(_Job(waiter, call=fn))
        return cast(Result, await waiter)

    def close(self) -> None:
        """Finish what was handed in, then stop. Blocks until done; closing twice is no error."""
        with self._gate:
            already, self._closed = self._closed, True
            if not already:
                self._queue.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _put(self, job: _Job[Item]) -> None:
        with self._gate:
            if self._closed:
                raise StoreError(f"{self._name} is closed: the scheduler is stopping")
            self._queue.put(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def _work(self) -> None:
        running = True
        while running:
            self._busy_since = None
            drained = [self._queue.get()]
            self._busy_since = time.monotonic()
            try:
                while True:
                    drained.append(self._queue.get_nowait())
            except Empty:
                pass
            running = drained[-1] is not None
            self._perform([job for job in drained if job is not None])

    def _perform(self, jobs: Sequence[_Job[Item]]) -> None:
        for writes, group in groupby(jobs, key=lambda job: job.call is None):
            if writes:
                self._deliver(self._write(list(group)))
            else:
                for job in group:
                    self._deliver([(job.waiter, _attempt(cast("Callable[[], Any]", job.call)))])

    def _write(self, jobs: list[_Job[Item]]) -> list[_Answer]:
        items = [item for job in jobs for item in job.items]
        results = _attempt(lambda: list(self._apply(items)))
        if not isinstance(results, BaseException) and len(results) != len(items):
            results = RuntimeError(f"{self._name}: {len(results)} answers to {len(items)} items")
        if isinstance(results, BaseException):
            return [(job.waiter, results) for job in jobs]
        answers: list[_Answer] = []
        start = 0
        for job in jobs:
            end = start + len(job.items)
            answers.append((job.waiter, results[start:end] if job.together else results[start]))
            start = end
        return answers

    def _deliver(self, answers: Iterable[_Answer]) -> None:
        loops: defaultdict[asyncio.AbstractEventLoop, list[_Answer]] = defaultdict(list)
        for waiter, value in answers:
            if isinstance(waiter, asyncio.Future):
                loops[waiter.get_loop()].append((waiter, value))
            else:
                _settle(waiter, value)
        for loop, theirs in loops.items():
            try:
                loop.call_soon_threadsafe(_settle_in_turns, loop, theirs)
            except RuntimeError:  # the loop is closed: nobody waits any more
                continue


class InlineBatcher(Batcher[Item]):
    """The same interface without a thread: each item is applied at once, in the caller, before the call returns."""

    def _put(self, job: _Job[Item]) -> None:
        if self._closed:
            raise StoreError(f"{self._name} is closed: the scheduler is stopping")
        self._perform([job])

    def _deliver(self, answers: Iterable[_Answer]) -> None:
        _settle_all(answers)


def _uncancellable() -> Future[Any]:
    waiter: Future[Any] = Future()
    waiter.set_running_or_notify_cancel()
    return waiter


def _attempt(fn: Callable[[], Any]) -> Any:
    try:
        return fn()
    except Exception as error:
        return error


def _settle_in_turns(loop: asyncio.AbstractEventLoop, answers: list[_Answer], start: int = 0) -> None:
    """A few at each turn of the loop: everyone who is answered goes on at once, and hundreds would hold it."""
    _settle_all(answers[start : start + TURN])
    if start + TURN < len(answers):
        loop.call_soon(_settle_in_turns, loop, answers, start + TURN)


def _settle_all(answers: Iterable[_Answer]) -> None:
    for waiter, value in answers:
        _settle(waiter, value)


def _settle(waiter: _Waiter, value: Any) -> None:
    if waiter.done():
        return
    if isinstance(value, BaseException):
        waiter.set_exception(value)
    else:
        waiter.set_result(value)
