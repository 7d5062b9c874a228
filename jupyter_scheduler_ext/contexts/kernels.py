"""Kernels and how long they live: fresh ones linger after their run, kept ones stay, warm ones wait for a known fire.

All of them are kernels of the server's own manager, so that they show in the Running panel and can be walked into.
Whatever is started here is ended here: by its time, by the bounds, or by `close`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from jupyter_core.utils import ensure_async

from ..engine.abc import Clock
from ..engine.errors import Invalid
from ..engine.process import stamp
from .conversation import Conversation, KernelDied

State = Literal["starting", "warm", "busy", "lingering", "kept", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long kernels stay and how many of them; seconds, and numbers of kernels."""

    linger_success: float = 600
    linger_failure: float = 3600
    max_lingering: int = 4
    keep_idle: float = 24 * 3600
    """A kept kernel that nobody used for so long is given up."""
    max_kept: int = 16
    max_prepared: int = 4
    max_pooled: int = 2
    start_timeout: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a run asks of a kernel. `folder` is its working folder from the served root; `label` names it to people."""

    kernel_name: str | None
    folder: str
    label: str
    context_id: str
    path: str = ""
    """The notebook the kernel is for, from the served root: the output of the run, or the transcript."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> tuple[str | None, str]:
        """Kernels of one kind can stand in for one another while they are new."""
        return self.kernel_name, self.folder


@dataclass(eq=False, slots=True)
class Kernel:
    """One living kernel, and the conversation with it."""

    id: str
    manager: Any
    need: Need
    process: str | None
    """``pid:start time``; None where the kernel is not a process of this machine."""
    language: str
    conversation: Conversation = field(init=False)
    state: State = "starting"
    since: float = 0.0
    """Monotonic seconds at the last change of state."""
    expires: float | None = None
    new: bool = True
    """No code of a person has run in it yet."""

    async def is_alive(self) -> bool:
        """Is it still running, and still the process it was: not restarted by a person meanwhile?"""
        if self.state == "gone" or not await ensure_async(self.manager.is_alive()):
            return False
        return self.process is None or _process_of(self.manager) == self.process

    async def cause_of_death(self) -> str:
        """Why it is not alive any more, in words for a person."""
        if await ensure_async(self.manager.is_alive()):
            return "the kernel was restarted while the run was in it"
        process = getattr(getattr(self.manager, "provisioner", None), "process", None)
        code = None if process is None else process.poll()
        if code is None:
            return "the kernel was shut down while the run was in it"
        if code == -9:
            return "the kernel was killed (signal 9), by somebody or for want of memory"
        return f"the kernel died (signal {-code})" if code < 0 else f"the kernel ended by itself (exit code {code})"


class Kernels:
    """All kernels of the scheduler, over the server's kernel manager and sessions."""

    def __init__(
        self,
        kernel_manager: Any,
        session_manager: Any,
        kernel_spec_manager: Any,
        clock: Clock,
        lifetimes: Lifetimes | None = None,
    ) -> None:
        self._manager = kernel_manager
        self._sessions = session_manager
        self._specs = kernel_spec_manager
        self._clock = clock
        self.lifetimes = lifetimes or Lifetimes()
        self._all: set[Kernel] = set()
        self._sockets: Any = None
        self._errands: set[asyncio.Task[Any]] = set()

    async def spec(self, kernel_name: str | None) -> tuple[str, str]:
        """``(name, language)`` of a kernel spec, the default one for None. Raises Invalid if it is not installed."""
        from jupyter_client.kernelspec import NoSuchKernel

        name = kernel_name or self._manager.default_kernel_name
        try:
            found = await ensure_async(self._specs.get_kernel_spec(name))
        except (NoSuchKernel, KeyError):
            known = ", ".join(sorted(await ensure_async(self._specs.get_all_specs()))) or "none"
            raise Invalid(f"no kernel named {name!r} is installed; there are: {known}", field="kernel_name") from None
        return name, found.language

    async def fresh(self, need: Need) -> Kernel:
        """A kernel in which nobody has run anything, ready. Raises Invalid, KernelDied or TimeoutError."""
        kernel = await self._start(need)
        self._enter(kernel, "busy")
        return kernel

    async def kept(self, need: Need) -> tuple[Kernel, bool]:
        """The context's kernel, and whether it had to be started anew although there was one: it died meanwhile."""
        found = next((k for k in self._all if k.state == "kept" and k.need.context_id == need.context_id), None)
        if found is None:
            return await self.fresh(need), False
        if await found.is_alive() and found.need.kernel_name == need.kernel_name:
            self._enter(found, "busy")
            with suppress(KernelDied):
                await self._open(found)
                return found, False
        died = found.need.kernel_name == need.kernel_name
        self.drop(found)
        return await self.fresh(need), died

    def os_folder(self, folder: str) -> str:
        """The folder on this machine that a path from the served root means."""
        return str(self._manager.cwd_for_path(folder))

    async def attach(self, kernel: Kernel, path: str, name: str) -> dict[str, Any]:
        """A session that ties the notebook at `path` to this kernel; one that is there already is turned to it."""
        from tornado.web import HTTPError

        with suppress(HTTPError):
            session: dict[str, Any] = await ensure_async(self._sessions.get_session(path=path))
            if session["kernel"]["id"] != kernel.id:
                await ensure_async(self._sessions.update_session(session["id"], kernel_id=kernel.id))
            return session
        made: dict[str, Any] = await ensure_async(
            self._sessions.create_session(path=path, name=name, type="notebook", kernel_id=kernel.id)
        )
        return made

    def release(self, kernel: Kernel, *, keep: bool, succeeded: bool) -> None:
        """The run is over: the kernel stays, lingers, or goes."""
        if kernel.state == "gone":
            return
        kernel.new = False
        kernel.conversation.close()  # nobody listens while it waits: another person's output would pile up
        if keep:
            self._enter(kernel, "kept", self.lifetimes.keep_idle)
            self._bound("kept", self.lifetimes.max_kept)
        else:
            stay = self.lifetimes.linger_success if succeeded else self.lifetimes.linger_failure
            self._enter(kernel, "lingering", stay)
            self._bound("lingering", self.lifetimes.max_lingering)

    def drop(self, kernel: Kernel) -> None:
        """End a kernel, in the background: it takes 0.1 to 3 s. Once only, however often it is asked for."""
        if kernel.state != "gone":
            kernel.state = "gone"
            self._all.discard(kernel)
            self._errand(self._end(kernel))

    async def close(self) -> None:
        """End all kernels."""
        for kernel in list(self._all):
            self.drop(kernel)
        if self._errands:
            await asyncio.wait(self._errands)
        if self._sockets is not None:
            self._sockets.destroy(linger=0)
            self._sockets = None

    async def _start(self, need: Need) -> Kernel:
        name, language = await self.spec(need.kernel_name)
        environment = {**os.environ, **need.environment}
        if need.path:
            environment["JPY_SESSION_NAME"] = need.path
        kernel_id = await ensure_async(self._manager.start_kernel(kernel_name=name, path=need.folder, env=environment))
        manager = self._manager.get_kernel(kernel_id)
        manager.stop_restarter()  # a run must see the death of its kernel; a restarted one would never answer
        self._manager.notify_connect(kernel_id)
        kernel = Kernel(kernel_id, manager, need, _process_of(manager), language)
        self._all.add(kernel)
        await self._open(kernel)
        return kernel

    async def _open(self, kernel: Kernel) -> None:
        """Begin the conversation; a kernel that does not answer is dropped."""
        kernel.conversation = Conversation(self._client(kernel.manager), kernel.is_alive)
        try:
            await kernel.conversation.open(self.lifetimes.start_timeout)
        except BaseException:
            self.drop(kernel)
            raise

    def _client(self, manager: Any) -> Any:
        """A client on the one socket context all share: a context a kernel would be two more threads each."""
        if not _is_local(manager):
            return manager.client()
        if self._sockets is None:
            import zmq
            import zmq.asyncio

            self._sockets = zmq.asyncio.Context()
            self._sockets.setsockopt(zmq.RECONNECT_IVL, 10)  # ms: a starting kernel is met as soon as it listens
        return manager.client(context=self._sockets)

    async def _end(self, kernel: Kernel) -> None:
        with suppress(Exception):
            kernel.conversation.close()
        if kernel.id in self._manager:
            self._manager.notify_disconnect(kernel.id)
            with suppress(Exception):
                await ensure_async(self._manager.shutdown_kernel(kernel.id, now=True))

    def _enter(self, kernel: Kernel, state: State, stay: float | None = None) -> None:
        kernel.state = state
        kernel.since = self._clock.monotonic()
        kernel.expires = None if stay is None else kernel.since + stay

    def _bound(self, state: State, most: int) -> None:
        """Give up the oldest kernels of a state beyond so many."""
        inside = sorted((k for k in self._all if k.state == state), key=lambda k: k.since)
        for kernel in inside[: max(len(inside) - most, 0)]:
            self.drop(kernel)

    def _errand(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)


def _is_local(manager: Any) -> bool:
    return getattr(getattr(manager, "provisioner", None), "pid", None) is not None


def _process_of(manager: Any) -> str | None:
    pid = getattr(getattr(manager, "provisioner", None), "pid", None)
    return None if pid is None else stamp(int(pid))
