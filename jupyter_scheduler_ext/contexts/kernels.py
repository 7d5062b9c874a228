"""Kernels and how long they live: fresh ones linger after their run, kept ones stay, warm ones wait for a known fire.

All of them are kernels of the server's own manager, so that they show in the Running panel and can be walked into.
Whatever is started here is ended here: by its time, by the bounds, or by `close`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async

from ..engine.abc import Clock
from ..engine.instants import Instant
from .conversation import KernelDied
from .kernel import Kernel, Lifetimes, Need, State
from .pool import Pool, generic
from .starting import Starter
from .stock import Stock
from .survivors import Survivors, end_survivors

TEND_EVERY = 5.0
"""Seconds between two looks at who is past their time, or dead."""
VISITED = 60.0
"""Seconds by which a kernel outlives its time, again and again, while somebody's page is connected to it."""
UNCLAIMED = 60.0
"""Seconds after its fire at which a prepared kernel that nobody took is given up."""
DIED = "had died"
RESTARTED = "had been restarted"

log = logging.getLogger(__name__)


class Kernels:
    """All kernels of the scheduler."""

    def __init__(
        self,
        kernel_manager: Any,
        session_manager: Any,
        kernel_spec_manager: Any,
        clock: Clock,
        lifetimes: Lifetimes | None = None,
        notes: Path | None = None,
    ) -> None:
        """`notes` is the folder in which is written down what a death of this server would leave behind."""
        self.lifetimes = lifetimes or Lifetimes()
        self._starter = Starter(kernel_manager, kernel_spec_manager, self.lifetimes.start_timeout)
        self._stock = Stock(self._starter, clock, self.lifetimes, Survivors(notes))
        self._pool = Pool(self._stock)
        self._notes = notes
        self._sessions = session_manager
        self._clock = clock
        self._prepared: dict[str, asyncio.Task[Kernel]] = {}
        self._given_up: dict[str, str] = {}
        """What became of the kept kernels of contexts that have none any more, until their next run is told."""
        self._tending: asyncio.Task[None] | None = None
        self.spec = self._starter.spec
        self.os_folder = self._starter.os_folder
        self.os_path = self._starter.os_path

    def __iter__(self) -> Iterator[Kernel]:
        return iter(self._stock)

    def of(self, context_id: str) -> list[Kernel]:
        """The kernels of a context that a person may see: newest last."""
        seen = ("busy", "lingering", "kept")
        return [kernel for kernel in self if kernel.need.context_id == context_id and kernel.state in seen]

    # For runs --------------------------------------------------------------------------------------------------------

    async def fresh(self, need: Need) -> Kernel:
        """A kernel in which nobody has run anything: the one prepared for this fire, one of the pool, or a new one.
        Raises KernelDied or TimeoutError."""
        kernel = await self._take_prepared(need)
        if kernel is None and need.pooled:
            kernel = await self._pool.take(need)
        if kernel is None:
            kernel = await self._stock.new(need)
        self._stock.enter(kernel, "busy")
        self._tend()
        kernel.need = need
        return kernel

    async def kept(self, need: Need) -> tuple[Kernel, str]:
        """The context's kernel, and, if it had one that is no more, what became of that."""
        found = self._kept_of(need.context_id)
        why = self._given_up.pop(need.context_id, "")
        if found is None:
            return await self.fresh(need), why
        if await found.was_restarted():
            self._stock.adopt(found)
            why = RESTARTED
        unfit = await self._resume(found, need)
        if not unfit:
            return found, why
        self.drop(found)
        return await self.fresh(need), unfit

    async def _resume(self, kernel: Kernel, need: Need) -> str:
        """Make a kept kernel serve a run; returns why it cannot, if so."""
        if kernel.need.kernel_name != need.kernel_name:
            return f"was of another kind, {kernel.need.kernel_name}"
        self._stock.enter(kernel, "busy")
        try:
            if await kernel.is_alive():
                if not kernel.conversation.is_open:
                    await self._starter.open(kernel)
                kernel.need = need
                return ""
        except (KernelDied, TimeoutError):
            pass
        except asyncio.CancelledError:  # the run was stopped: the kernel is none the worse for it
            self.release(kernel, keep=True, succeeded=False)
            raise
        return DIED

    def release(self, kernel: Kernel, *, keep: bool, succeeded: bool) -> None:
        """The run is over: the kernel stays, or lingers."""
        if kernel.state == "gone":
            return
        kernel.conversation.close()  # nobody listens while it waits: other people's output would pile up
        lives = self.lifetimes
        if keep:
            self._stock.enter(kernel, "kept", lives.keep_idle)
            self._bound("kept", lives.max_kept)
        else:
            self._stock.enter(kernel, "lingering", lives.linger_success if succeeded else lives.linger_failure)
            self._bound("lingering", lives.max_lingering)

    async def attach(self, kernel: Kernel, path: str, name: str) -> dict[str, Any]:
        """A session that ties the notebook at `path` to this kernel; one that is there already is turned to it."""
        from tornado.web import HTTPError

        with suppress(HTTPError):
            session: dict[str, Any] = await ensure_async(self._sessions.get_session(path=path))
            if session["kernel"]["id"] != kernel.id:
                await ensure_async(self._sessions.update_session(session["id"], kernel_id=kernel.id))
                session = await ensure_async(self._sessions.get_session(path=path))
            return session
        made: dict[str, Any] = await ensure_async(
            self._sessions.create_session(path=path, name=name, type="notebook", kernel_id=kernel.id)
        )
        return made

    def visited(self, kernel: Kernel) -> None:
        """Somebody is about to open it: it stays a while, whatever its time."""
        if kernel.expires is not None:
            kernel.expires = max(kernel.expires, self._clock.monotonic() + VISITED)

    # Ahead of need ---------------------------------------------------------------------------------------------------

    async def prepare(self, need: Need, due: Instant, *, keep: bool) -> None:
        """A run of this task comes at `due`: have its kernel warm, as far as bounds and memory allow. It is given up if
        nobody has come for it some time later: the fire may have been skipped."""
        kept = self._kept_of(need.context_id) if keep else None
        if kept is not None and await kept.is_alive():
            if not kept.conversation.is_open:
                await self._starter.open(kept)
            return
        self._prepared = {task_id: task for task_id, task in self._prepared.items() if self._is_prepared(task_id)}
        if need.task_id in self._prepared or len(self._prepared) >= self.lifetimes.max_prepared:
            return
        if self._stock.has_room():
            self._prepared[need.task_id] = self._stock.errand(self._hold(need, due))
            self._tend()

    async def _hold(self, need: Need, due: Instant) -> Kernel:
        known = replace(generic(need), context_id=need.context_id, task_id=need.task_id)
        kernel = await self._stock.warming(known)
        self._stock.enter(kernel, "prepared", (due - self._clock.now()) / 1000 + UNCLAIMED)
        return kernel

    def forget(self, task_id: str) -> None:
        """No run of this task comes: give up what was prepared for it."""
        task = self._prepared.pop(task_id, None)
        if task is not None:
            self._stock.drop_when_started(task)

    def _is_prepared(self, task_id: str) -> bool:
        """Is a kernel there for this task, or on its way?"""
        task = self._prepared.get(task_id)
        if task is None or not task.done():
            return task is not None
        return not task.cancelled() and task.exception() is None and task.result().state == "prepared"

    async def _take_prepared(self, need: Need) -> Kernel | None:
        task = self._prepared.pop(need.task_id, None)
        if task is None:
            return None
        with suppress(KernelDied, TimeoutError, OSError):
            kernel = await self._stock.awaited(task)
            if kernel.need.kind == need.kind and kernel.state == "prepared" and await kernel.is_alive():
                return kernel
            self.drop(kernel)
        return None

    # Coming and going ------------------------------------------------------------------------------------------------

    def drop(self, kernel: Kernel) -> None:
        """End a kernel, in the background; once only, however often it is asked for."""
        self._stock.drop(kernel)

    def adopt(self, kernel: Kernel) -> None:
        """Take the process that a person's restart has put in a kernel's place for the kernel's own."""
        self._stock.adopt(kernel)

    async def end_survivors(self) -> None:
        """End the kernels that servers before this one left running when they were killed."""
        if self._notes is not None:
            for process in await asyncio.to_thread(end_survivors, self._notes):
                log.warning("killed process %s, a kernel that a dead server had left behind", process)

    async def close(self) -> None:
        """End all kernels, those too that are being started."""
        if self._tending is not None:
            self._tending.cancel()
        for task_id in list(self._prepared):
            self.forget(task_id)
        await self._stock.close()

    def _kept_of(self, context_id: str) -> Kernel | None:
        return next((kernel for kernel in self._stock.within("kept") if kernel.need.context_id == context_id), None)

    def _bound(self, state: State, most: int) -> None:
        """Give up kernels of a state beyond so many: first those that nobody is connected to, the oldest first."""
        inside = self._stock.within(state)
        inside.sort(key=lambda kernel: self._starter.visitors(kernel) > 0)
        for kernel in inside[: max(len(inside) - most, 0)]:
            self._give_up(kernel, "had been given up, since too many were kept")

    def _tend(self) -> None:
        """See to it that kernels are looked after, from the first one on."""
        if self._tending is None:
            self._tending = asyncio.get_running_loop().create_task(self._look_after(), name="tend kernels")

    async def _look_after(self) -> None:
        while True:
            await self._clock.sleep(TEND_EVERY)
            self._pool.tidy()
            for kernel in self:
                if kernel.state not in ("starting", "busy", "gone"):
                    try:
                        await self._look_at(kernel)
                    except Exception as error:  # a gateway that does not answer must not stop the tending of others
                        log.debug("kernel %s could not be looked at: %r", kernel.id, error)

    async def _look_at(self, kernel: Kernel) -> None:
        if await kernel.was_restarted():
            self._stock.adopt(kernel)
            if kernel.state == "kept":
                self._given_up[kernel.need.context_id] = RESTARTED
        elif not await kernel.is_alive():
            log.info("kernel %s of %s is gone", kernel.id, kernel.need.label)
            self._give_up(kernel, DIED)
        elif kernel.expires is not None and kernel.expires <= self._clock.monotonic():
            if self._starter.visitors(kernel) > 0:
                kernel.expires += VISITED
            else:
                self._give_up(kernel, "had been given up, since nobody had used it for long")

    def _give_up(self, kernel: Kernel, why: str) -> None:
        if kernel.state == "kept":
            self._given_up[kernel.need.context_id] = why
        self.drop(kernel)
