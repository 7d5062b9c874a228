"""Runs commands: a program in a process group of its own, its output streamed to the log and to a text file."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from jupyter_core.utils import ensure_async

from ..contexts.folders import make_folders
from ..contexts.paths import served_path
from ..contexts.saving import SavedAsItGrows
from ..engine.abc import Execution, Launch, Outcome, Runner, Sink
from ..engine.actions import CommandAction
from ..engine.errors import Invalid, NotFound
from ..engine.models import AnyTask
from ..engine.process import stamp
from ..engine.runs import RunError, RunState
from .cells import LAST_LINE, LONGEST_RESULT, last_line
from .checks import check_folder
from .outfiles import output_path
from .outputs import Allowance, append_text
from .program import Program
from .progress import Progress
from .waiting import wait_until
from .workplace import Workplace

LEFT_OPEN = 1.0
"""Seconds that output is still read after the program ended: a child it left behind may hold the pipes for ever."""


class CommandRunner(Runner):
    """Performs `CommandAction`."""

    kind = "command"

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def check(self, task: AnyTask) -> None:
        assert isinstance(task.action, CommandAction)
        await check_folder(self._place.contents, task.action.cwd)

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        place, action = self._place, launch.task.action
        assert isinstance(action, CommandAction)
        cwd = served_path(place.contents, action.cwd, field="action.cwd")
        if cwd and not await ensure_async(place.contents.dir_exists(cwd)):
            raise NotFound(f"the folder {action.cwd!r} is not there", field="action.cwd")
        os_cwd = place.kernels.os_folder(cwd)
        environment = {**os.environ, **action.env, **await place.environment(launch)}
        _check_program(action.argv[0], os_cwd, environment)
        folder = await place.contexts.ensure(launch.run.context_id, launch.task.name)
        record = Record(place, output_path(folder, launch.run, ".txt"), sink)
        return CommandExecution(place, launch, record, action.argv, os_cwd, environment)


def _check_program(program: str, cwd: str, environment: dict[str, str]) -> None:
    """Raise Invalid if there is no such program."""
    if os.sep in program:
        found = os.access(Path(cwd) / program, os.X_OK)
    else:
        found = shutil.which(program, path=environment.get("PATH")) is not None
    if not found:
        raise Invalid(f"there is no program {program!r} to be run", field="action.argv")


class Record:
    """What a command puts out: to the sink as it comes, and to a text file of the context."""

    def __init__(self, place: Workplace, path: str, sink: Sink) -> None:
        self.path = path
        self.sink = sink
        self.printed = ""
        self._contents = place.contents
        self._allowance = Allowance(place.output_limit)
        self._progress = Progress(sink.progress)
        self._pieces: list[str] = []
        self.size = 0
        """Characters of the file at the last save."""
        self._saved = SavedAsItGrows(self._save, self._not_saved)

    def take(self, name: str, text: str) -> None:
        """Some output on stdout or stderr."""
        self._progress.seen(text)
        if name == "stdout":
            self.printed = (self.printed + text)[-LAST_LINE:]
        kept = self._allowance.take(text)
        if kept:
            self._put(name, kept)

    async def close(self, ending: str) -> None:
        note = self._allowance.remainder()
        if note:
            self._put("stdout", note)
        append_text(self._pieces, f"\n[{ending}]\n")
        self._saved.touch()
        await self._saved.close()

    def _put(self, name: str, text: str) -> None:
        self.sink.write(name, text)
        append_text(self._pieces, text)
        self._saved.touch()

    async def _save(self) -> None:
        text = await asyncio.to_thread("".join, list(self._pieces))
        self.size = len(text)
        model = {"type": "file", "format": "text", "content": text}
        try:
            await ensure_async(self._contents.save(model, self.path))
        except Exception:
            await make_folders(self._contents, self.path.rpartition("/")[0])  # if somebody deleted it
            await ensure_async(self._contents.save(model, self.path))

    def _not_saved(self, error: Exception) -> None:
        self.sink.write("status", f"the output could not be saved: {getattr(error, 'log_message', None) or error}")


class CommandExecution(Execution):
    """A program that runs, or is about to. Signals go to its whole process group."""

    def __init__(
        self,
        place: Workplace,
        launch: Launch,
        record: Record,
        argv: list[str],
        cwd: str,
        environment: dict[str, str],
    ) -> None:
        self._place = place
        self._context_id = launch.run.context_id
        self._record = record
        self._argv = argv
        self._cwd = cwd
        self._environment = environment
        self._program: Program | None = None
        self._stopped = False
        self._waiting = asyncio.ensure_future(wait_until(place.clock, launch.run.due_at or 0))
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"run {launch.run.id}")

    async def outcome(self) -> Outcome:
        return await asyncio.shield(self._task)

    async def interrupt(self) -> None:
        self._stop(signal.SIGINT)

    async def terminate(self) -> None:
        self._stop(signal.SIGTERM)

    async def kill(self) -> None:
        self._stop(getattr(signal, "SIGKILL", signal.SIGTERM))

    def _stop(self, sign: signal.Signals) -> None:
        self._stopped = True
        self._waiting.cancel()
        if self._program is not None:
            self._program.signal(sign)

    async def _run(self) -> Outcome:
        with suppress(asyncio.CancelledError):
            await self._waiting
        if self._stopped:
            return _failed("Interrupted", "the run was stopped before it began")
        record = self._record
        record.sink.began()
        try:
            program = Program(self._argv, cwd=self._cwd, environment=self._environment, take=record.take)
        except OSError as error:
            return _failed(type(error).__name__, f"{self._argv[0]!r} could not be started: {error.strerror}")
        self._program = program
        record.sink.located(output_path=record.path, kernel_process=stamp(program.pid))
        code = await program.wait(LEFT_OPEN)
        how = f"exit code {code}" if code >= 0 else f"ended by signal {-code}"
        await record.close(how)
        await self._place.keep_within_limit(self._context_id, record.size)
        line = last_line(record.printed)[:LONGEST_RESULT]
        result = f"{line} ({how})" if line else how
        if code == 0 and not self._stopped:
            return Outcome(state=RunState.SUCCEEDED, result=result)
        return _failed("CommandFailed", how, result)


def _failed(name: str, message: str, result: str | None = None) -> Outcome:
    error = RunError(name=name, message=message)
    return Outcome(state=RunState.FAILED, reason=message, result=result, error=error)
