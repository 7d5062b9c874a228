"""Runs are performed here, in this server's kernels and on its machine; other kinds of action by entry point."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ..contexts.attachments import ATTACHMENT_LIMIT
from ..contexts.folders import FolderContexts
from ..contexts.kernel import Lifetimes
from ..contexts.kernels import Kernels
from ..engine.abc import Clock, Execution, Executor, Launch, Runner, Sink
from ..engine.errors import Invalid
from ..engine.instants import Instant
from ..engine.models import AnyTask
from ..engine.process import kill_if_same
from ..engine.runs import Run
from .code import CodeRunner
from .command import CommandRunner
from .notebook import NotebookRunner
from .workplace import CONTEXT_LIMIT, OUTPUT_LIMIT, Workplace

ENTRY_POINTS = "jupyter_scheduler_ext.runners"
"""Each names a kind of action and loads to a callable that is given the `Workplace` and returns its `Runner`."""

log = logging.getLogger(__name__)


class LocalExecutor(Executor):
    """Hands each run to the runner of its kind of action."""

    name = "local"

    def __init__(
        self,
        *,
        kernel_manager: Any,
        session_manager: Any,
        contents_manager: Any,
        kernel_spec_manager: Any,
        clock: Clock,
        lifetimes: Lifetimes | None = None,
        output_limit: int = OUTPUT_LIMIT,
        attachment_limit: int = ATTACHMENT_LIMIT,
        context_limit: int = CONTEXT_LIMIT,
        notes: Path | None = None,
    ) -> None:
        """`notes` is a folder of this machine for what a server that starts after our death must know."""
        self.contexts = FolderContexts(contents_manager, clock)
        self.kernels = Kernels(kernel_manager, session_manager, kernel_spec_manager, clock, lifetimes, notes)
        self.place = Workplace(
            contents=contents_manager,
            kernels=self.kernels,
            contexts=self.contexts,
            clock=clock,
            output_limit=output_limit,
            attachment_limit=attachment_limit,
            context_limit=context_limit,
        )
        self.attachments = self.place.attachments
        self._runners: dict[str, Runner] = {}
        for runner in (NotebookRunner(self.place), CodeRunner(self.place), CommandRunner(self.place)):
            self.add(runner)

    def add(self, runner: Runner) -> None:
        """Have this runner perform the actions of its kind."""
        self._runners[runner.kind] = runner

    def runner(self, kind: str) -> Runner:
        """The runner of a kind, looked for among the entry points when first asked for. Raises Invalid."""
        if kind not in self._runners:
            for point in entry_points(group=ENTRY_POINTS, name=kind):
                make: Callable[[Workplace], Runner] = point.load()
                self._runners[kind] = make(self.place)
        try:
            return self._runners[kind]
        except KeyError:
            raise Invalid(f"nothing here can perform an action of the kind {kind!r}", field="action.kind") from None

    async def check(self, task: AnyTask) -> None:
        await self.runner(task.action.kind).check(task)

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        return await self.runner(launch.task.action.kind).start(launch, sink)

    async def prepare(self, task: AnyTask, due: Instant) -> None:
        try:
            await self.runner(task.action.kind).prepare(task, due)
        except Exception as error:  # the run itself will tell what is wrong
            log.info("task %s could not be made ready: %s", task.uuid, error)

    async def release(self, task_id: str) -> None:
        self.kernels.forget(task_id)
        for runner in self._runners.values():
            await runner.release(task_id)

    async def recover(self, run: Run, kernel_process: str | None) -> None:
        if kernel_process is not None:
            pid, _, started = kernel_process.partition(":")
            if pid.isdigit() and kill_if_same(int(pid), started):
                log.warning("killed process %s, which run %s of a dead server had left behind", pid, run.id)

    async def clear_up(self) -> None:
        await self.kernels.end_survivors()

    async def close(self) -> None:
        for runner in self._runners.values():
            await runner.close()
        await self.kernels.close()
