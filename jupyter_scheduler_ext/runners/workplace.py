"""What runners work with: the server's parts, and the limits they keep to."""

from __future__ import annotations

import asyncio
import copy
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from ..contexts.attachments import ATTACHMENT_LIMIT, Attachments
from ..contexts.folders import ATTACHMENTS, FolderContexts
from ..contexts.kernel import Kernel, Need
from ..contexts.transcript import Transcripts
from ..engine.abc import Clock, Launch
from ..engine.instants import Instant
from ..engine.models import AnyTask
from .parameters import Injection, as_injection, load_translators

OUTPUT_LIMIT = 20_000_000
"""Characters of output that a run keeps on disk and in its log; what is beyond is cut, with a note, but for its end."""

CONTEXT_LIMIT = 1_000_000_000
"""Bytes of outputs that a context keeps; the oldest go, before their time if need be."""
WORTH_LOOKING = 1_000_000
"""Characters of outputs that were added to a context since it was last looked at whether it holds too much."""


class KernelSupply(Protocol):
    """Where runners get their kernels: `contexts.kernels.Kernels` in this server, or those of a cluster."""

    async def spec(self, kernel_name: str | None, /) -> tuple[str, str]:
        """Name and language of a kernel spec; None is the server's default. Raises Invalid."""

    async def fresh(self, need: Need) -> Kernel:
        """A kernel in which nobody has run anything, busy for this need."""

    async def kept(self, need: Need) -> tuple[Kernel, str]:
        """The kernel of the need's context, and what became of the one before if it is another (else "")."""

    async def prepare(self, need: Need, due: Instant, *, keep: bool) -> None:
        """Have one warm when this is due."""

    async def attach(self, kernel: Kernel, path: str, name: str) -> Any:
        """Let people find it under the notebook at this path."""

    def release(self, kernel: Kernel, *, keep: bool, succeeded: bool) -> None:
        """Its run is over."""

    def drop(self, kernel: Kernel) -> None:
        """End it now."""

    def adopt(self, kernel: Kernel) -> None:
        """A person restarted it while the run was in it."""

    def os_folder(self, folder: str, /) -> str:
        """A folder of the served root, as the kernel sees it."""

    def os_path(self, path: str, /) -> str:
        """The same for a file."""


@dataclass(slots=True, kw_only=True)
class Workplace:
    """Shared by all runners of one server."""

    contents: Any
    kernels: KernelSupply
    contexts: FolderContexts
    clock: Clock
    output_limit: int = OUTPUT_LIMIT
    attachment_limit: int = ATTACHMENT_LIMIT
    context_limit: int = CONTEXT_LIMIT
    config: Any = None
    """The server's configuration (`traitlets.config.Config`), for runners with settings of their own."""
    transcripts: Transcripts = field(init=False)
    attachments: Attachments = field(init=False)
    _added: dict[str, int] = field(init=False, default_factory=dict)
    """Characters of outputs by context, since it was last looked at."""

    def __post_init__(self) -> None:
        self.attachments = Attachments(self.contents, self.contexts, self.attachment_limit)
        self.transcripts = Transcripts(self.contents)

    def with_kernels(self, kernels: KernelSupply) -> Self:
        """The same place, its transcripts and limits included, for runs whose kernels are elsewhere."""
        there = copy.copy(self)
        there.kernels = kernels
        return there

    async def keep_within_limit(self, context_id: str, written: int) -> None:
        """An output of so many characters was added to the context."""
        added = self._added.get(context_id, 0) + written
        self._added[context_id] = added
        if added >= min(WORTH_LOOKING, self.context_limit // 10):
            del self._added[context_id]
            with suppress(Exception):  # the run is over and well; the next one tries again
                await self.contexts.shrink(context_id, self.context_limit)

    async def make_ready(self, task: AnyTask, need: Need, due: Instant, *, keep: bool, parameters: bool) -> None:
        """Do ahead of a known fire what would otherwise delay its first cell."""
        if parameters:
            await asyncio.to_thread(load_translators)
        await self.contexts.ensure(task.context, task.name)
        await self.kernels.prepare(need, due, keep=keep)

    async def injection(self, launch: Launch, kernel_name: str, language: str) -> Injection | None:
        """The run's parameters in the kernel's language, with the paths of its attachments as `attachments` unless that
        is given; None if there are none. Raises Invalid or NotFound."""
        parameters = dict(launch.parameters)
        if launch.task.attachments:
            parameters.setdefault(ATTACHMENTS, await self.attached(launch))
        if not parameters:
            return None
        return await asyncio.to_thread(as_injection, parameters, language, kernel_name)

    async def attached(self, launch: Launch) -> list[str]:
        """Where the task's attachments lie on this machine. Raises NotFound for one that is gone."""
        found = await self.attachments.paths(launch.run.context_id, launch.task.attachments)
        return [self.kernels.os_path(path) for path in found]

    async def environment(self, launch: Launch) -> dict[str, str]:
        """The run's environment, with its attachments, separated as the paths of PATH are."""
        if not launch.task.attachments:
            return dict(launch.environment)
        return {**launch.environment, "SCHEDULER_ATTACHMENTS": os.pathsep.join(await self.attached(launch))}
