"""A run in a kernel, from the kernel it needs to the outcome: what notebooks and code have in common."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from jupyter_core.utils import ensure_async

from ..contexts.activity import noted_by_run
from ..contexts.conversation import KernelDied
from ..contexts.documents import Cell, Document
from ..contexts.kernel import Kernel, Need
from ..engine.abc import Execution, Launch, Outcome, Sink
from ..engine.runs import RunError, RunState
from . import environment
from .cells import CellRun
from .outputs import Allowance
from .waiting import wait_until
from .workplace import Workplace

T = TypeVar("T")

INTERRUPTED = RunError(name="KeyboardInterrupt", message="the run was interrupted")


class KernelExecution(Execution):
    """A run that has its source and now gets its kernel. A kernel that dies makes the run FAILED with
    ``DeadKernelError``: LOST is for runs whose server died, of which nobody can say what became."""

    def __init__(
        self,
        *,
        place: Workplace,
        launch: Launch,
        sink: Sink,
        need: Need,
        keep: bool,
        document: Document,
        cells: list[Cell],
        hidden: str | None = None,
    ) -> None:
        self._place = place
        self._kernels = place.kernels
        self._clock = place.clock
        self._launch = launch
        self._sink = sink
        self._need = need
        self._keep = keep
        self._document = document
        self._stop = asyncio.Event()
        self._signalled = False
        self._kernel: Kernel | None = None
        self._error: RunError | None = None
        document.on_trouble(self._not_saved)
        self._interrupting: asyncio.Future[None] | None = None
        self._cells = CellRun(
            document,
            cells,
            sink,
            Allowance(place.output_limit),
            self._stop.is_set,
            self._interrupt_again,
            need.language,
            hidden,
        )
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"run {launch.run.id}")

    async def outcome(self) -> Outcome:
        return await asyncio.shield(self._task)

    async def interrupt(self) -> None:
        self._stop.set()
        kernel = self._kernel
        if kernel is not None and kernel.state == "busy":
            with suppress(RuntimeError):
                await ensure_async(kernel.manager.interrupt_kernel())

    def _interrupt_again(self) -> None:
        self._interrupting = asyncio.ensure_future(self.interrupt())

    async def terminate(self) -> None:
        await self._end(getattr(signal, "SIGTERM", None))

    async def kill(self) -> None:
        await self._end(getattr(signal, "SIGKILL", None))

    async def _end(self, sign: signal.Signals | None) -> None:
        """Signal the kernel's process group; where that is not possible, have the manager shut the kernel down."""
        self._stop.set()
        self._signalled = True
        kernel = self._kernel
        if kernel is None or kernel.state != "busy":
            return
        if kernel.process is None or sign is None or sys.platform == "win32":
            self._kernels.drop(kernel)
            return
        with suppress(RuntimeError, ProcessLookupError):
            await ensure_async(kernel.manager.signal_kernel(sign))

    async def _run(self) -> Outcome:
        died = False
        try:
            await self._perform()
        except KernelDied as death:
            died = True
            why = await self._kernel.cause_of_death() if self._kernel else str(death)
            self._error = RunError(name="DeadKernelError", message=why)
            self._sink.write("error", f"DeadKernelError: {why}", name="DeadKernelError", message=why)
        except Exception as error:
            message = str(error) or repr(error)
            what = "no kernel could be had" if self._kernel is None else "the kernel could not be talked to"
            self._error = RunError(name=type(error).__name__, message=f"{what}: {message}")
        outcome = self._ended()
        await self._document.close()
        await self._place.keep_within_limit(self._need.context_id, self._document.size)
        if self._kernel is not None:
            if died and await self._kernel.was_restarted():  # it is the person's now, for as long as a failed run's
                self._kernels.adopt(self._kernel)
                self._kernels.release(self._kernel, keep=self._keep, succeeded=False)
            elif died or self._signalled:
                self._kernels.drop(self._kernel)
            else:
                succeeded = outcome.state is RunState.SUCCEEDED
                self._kernels.release(self._kernel, keep=self._keep, succeeded=succeeded)
        return outcome

    async def _perform(self) -> None:
        self._sink.located(output_path=self._document.path)
        kernel = await self._unless_stopped(self._obtain())
        if kernel is None:
            return
        self._kernel = kernel
        self._sink.located(kernel_id=kernel.id, kernel_process=kernel.process)
        introduction = self._introduction(kernel)
        await self._unless_stopped(wait_until(self._clock, self._launch.run.due_at or 0))
        if self._stop.is_set():
            return
        if introduction is not None:
            kernel.conversation.send_silently(introduction)
        self._sink.began()
        label = self._launch.task.name
        attaching = asyncio.ensure_future(self._kernels.attach(kernel, self._document.path, label))
        try:
            with noted_by_run(kernel, self._clock):
                await self._cells.perform(kernel.conversation)
        finally:
            with suppress(Exception):  # without a session the run is as good, only less easy to walk into
                await attaching

    async def _obtain(self) -> Kernel:
        if not self._keep:
            return await self._kernels.fresh(self._need)
        kernel, why = await self._kernels.kept(self._need)
        if why:
            self._sink.write("status", f"the kept kernel {why}: this run finds none of the old variables")
        return kernel

    def _introduction(self, kernel: Kernel) -> str | None:
        """Code that tells a kernel which was not started for this run what this run is."""
        need = self._need
        remote = kernel.process is None  # such a kernel has not got our environment, and our folders may not be there
        if kernel.born_for is need and not remote:
            return None
        folder = None if remote or kernel.folder == need.folder else self._kernels.os_folder(need.folder)
        kernel.folder = need.folder
        variables = {**need.environment, "JPY_SESSION_NAME": need.path}
        return environment.as_code(variables, need.language, folder)

    def _ended(self) -> Outcome:
        error = self._error or self._cells.error or (INTERRUPTED if self._stop.is_set() else None)
        if error is None:
            return Outcome(state=RunState.SUCCEEDED, result=self._cells.result)
        reason = f"{error.name}: {error.message}" if error.message else error.name
        return Outcome(state=RunState.FAILED, reason=reason, result=self._cells.result, error=error)

    def _not_saved(self, error: Exception) -> None:
        message = getattr(error, "log_message", None) or str(error)
        self._sink.write("status", f"the output could not be saved: {message}")

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The value of the work, or None if the run was stopped first; the work is then given up."""
        doing = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            doing.cancel()
            stopping.cancel()
