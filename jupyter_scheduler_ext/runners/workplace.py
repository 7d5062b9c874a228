"""What runners work with: the server's parts, and the limits they keep to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from ..contexts.folders import FolderContexts
from ..contexts.kernel import Need
from ..contexts.kernels import Kernels
from ..contexts.transcript import Transcripts
from ..engine.abc import Clock, Launch
from ..engine.models import AnyTask
from .parameters import as_code, load_translators

OUTPUT_LIMIT = 20_000_000
"""Characters of output that a run keeps on disk and in its log; what is beyond is cut, with a note, but for its end."""


@dataclass(slots=True, kw_only=True)
class Workplace:
    """Shared by all runners of one server."""

    contents: Any
    kernels: Kernels
    contexts: FolderContexts
    clock: Clock
    output_limit: int = OUTPUT_LIMIT
    transcripts: Transcripts = field(init=False)

    def __post_init__(self) -> None:
        self.transcripts = Transcripts(self.contents)

    async def make_ready(self, task: AnyTask, need: Need, *, keep: bool, parameters: bool) -> None:
        """Do ahead of a known fire what would otherwise delay its first cell."""
        if parameters:
            await asyncio.to_thread(load_translators)
        await self.contexts.ensure(task.context, task.name)
        await self.kernels.prepare(need, keep=keep)

    async def parameters_as_code(self, launch: Launch, language: str, kernel_name: str) -> str | None:
        """The run's parameters in the kernel's language; None if there are none. Raises Invalid."""
        if not launch.parameters:
            return None
        return await asyncio.to_thread(as_code, launch.parameters, language, kernel_name)
