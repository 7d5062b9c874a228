"""One kernel of the scheduler: what it is for, the process it is, the conversation with it, how long it may stay."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from jupyter_core.utils import ensure_async

from ..engine.process import stamp
from .conversation import Conversation

State = Literal["starting", "prepared", "pooled", "busy", "lingering", "kept", "gone"]
"""prepared: warm, for a known fire of one task. pooled: warm, for whoever comes. lingering: its run is over, a person
may walk in. kept: alive between the runs of its context."""

Kind: TypeAlias = tuple[str, str]
"""Kernel spec and working folder: kernels of one kind can stand in for one another while nobody has run anything in
them."""


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
    max_pooled: int = 4
    """Warm kernels of all kinds together for runs that nobody could know of. One waits where such runs are rare; more
    only after several came at a time."""
    pool_idle: float = 1800
    start_timeout: float = 60
    spare_memory: int = 512 * 1024 * 1024
    """No kernel is started ahead of need while the machine has less memory free than this (bytes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a run asks of a kernel. `folder` is its working folder from the served root; `label` names it to people."""

    kernel_name: str
    language: str
    folder: str
    context_id: str
    task_id: str
    label: str
    path: str = ""
    """The notebook the kernel is for, from the served root: the output of the run, or the transcript."""
    environment: Mapping[str, str] = field(default_factory=dict)
    pooled: bool = False
    """Nobody could know that this run would come: a warm kernel of the pool may serve it."""

    @property
    def kind(self) -> Kind:
        return self.kernel_name, self.folder


@dataclass(eq=False, slots=True)
class Kernel:
    """A kernel of the server's manager, and what the scheduler knows of it."""

    id: str
    manager: Any
    need: Need
    process: str | None
    """``pid:start time``; None where the kernel is not a process of this machine."""
    conversation: Conversation = field(init=False)
    born_for: Need = field(init=False)
    """What it was started for; `need` is what it serves now."""
    folder: str = field(init=False)
    """The working folder that was last asked for."""
    state: State = "starting"
    since: float = 0.0
    """Monotonic seconds at the last change of state."""
    expires: float | None = None

    def __post_init__(self) -> None:
        self.born_for = self.need
        self.folder = self.need.folder

    async def is_alive(self) -> bool:
        """Is it still running, and still the process it was: not restarted by a person meanwhile?

        In the midst of a restart or a shutdown nobody can say yet; then it counts as alive, until the next look.
        """
        if self.state == "gone":
            return False
        if in_transition(self.manager) is not None:
            return True
        if not await ensure_async(self.manager.is_alive()):
            return False
        return self.process is None or process_of(self.manager) == self.process

    async def was_restarted(self) -> bool:
        """Did a person restart it: does another process run in its place?"""
        if self.state == "gone" or self.process is None or in_transition(self.manager) is not None:
            return False
        return process_of(self.manager) not in (None, self.process) and await ensure_async(self.manager.is_alive())

    def adopt(self) -> None:
        """Take the process that a person's restart has put in its place for the kernel's own."""
        self.process = process_of(self.manager)
        self.folder = self.born_for.folder
        self.manager.stop_restarter()

    async def cause_of_death(self) -> str:
        """Why it is not alive any more, in words for a person."""
        if await self.was_restarted():
            return "the kernel was restarted while the run was in it"
        process = getattr(getattr(self.manager, "provisioner", None), "process", None)
        code = None if process is None else process.poll()
        if code is None:
            return "the kernel was shut down while the run was in it"
        if code == -9:
            return "the kernel was killed (signal 9), by somebody or for want of memory"
        return f"the kernel died (signal {-code})" if code < 0 else f"the kernel ended by itself (exit code {code})"

    def to_json(self) -> dict[str, Any]:
        """What a page shows of it: memory in bytes."""
        return {
            "id": self.id,
            "name": self.need.kernel_name,
            "state": self.state,
            "process": self.process,
            "task_id": self.need.task_id,
            "task": self.need.label,
            "path": self.need.path,
            "memory": self.memory(),
        }

    def memory(self) -> int | None:
        """Bytes of memory it holds; None if that cannot be told."""
        import psutil

        if self.process is None or self.state == "gone":
            return None
        try:
            return int(psutil.Process(int(self.process.partition(":")[0])).memory_info().rss)
        except psutil.Error:
            return None


def in_transition(manager: Any) -> asyncio.Future[None] | None:
    """What to wait for while a local kernel is being restarted or shut down; None at rest, and for remote kernels,
    whose managers keep no such record."""
    ready = getattr(manager, "ready", None) if is_local(manager) else None
    if ready is None or ready.done():
        return None
    return ready if isinstance(ready, asyncio.Future) else asyncio.wrap_future(ready)


def is_local(manager: Any) -> bool:
    """Is the kernel a process of this machine?"""
    return getattr(getattr(manager, "provisioner", None), "pid", None) is not None


def process_of(manager: Any) -> str | None:
    """``pid:start time`` of a kernel's process; None if it is elsewhere or gone."""
    pid = getattr(getattr(manager, "provisioner", None), "pid", None)
    return None if pid is None else stamp(int(pid))
