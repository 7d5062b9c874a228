"""Where an execution reports to: the run's log, its progress, its whereabouts."""

from __future__ import annotations

import asyncio
from typing import Any

from .abc import Clock
from .batcher import Batcher
from .board import Board
from .instants import Instant
from .ledger import Note, Op
from .run_log import RunLogs, RunLogWriter
from .runs import Run

PROGRESS_INTERVAL = 250
"""Milliseconds between two updates of a run's progress."""


class RunSink:
    """The `abc.Sink` of one run. The log file is made with the first entry: a run that says nothing costs no file."""

    __slots__ = ("_board", "_clock", "_later", "_ledger", "_log", "_logs", "_progress_at", "code_started_at", "run")

    def __init__(self, run: Run, *, board: Board, ledger: Batcher[Op], logs: RunLogs, clock: Clock) -> None:
        self.run = run
        self.code_started_at: Instant | None = None
        self._board = board
        self._ledger = ledger
        self._logs = logs
        self._clock = clock
        self._log: RunLogWriter | None = None
        self._progress_at: Instant = 0
        self._later: asyncio.TimerHandle | None = None

    def write(self, kind: str, text: str = "", **data: Any) -> None:
        if self._log is None:
            self._log = self._logs.open(self.run.id)
        self._log.write(kind, text, **data)

    def began(self) -> None:
        if self.code_started_at is None:
            self.code_started_at = self._clock.now()
            self._show(started_at=self.code_started_at)

    def progress(self, fraction: float) -> None:
        now = self._clock.now()
        fraction = min(1.0, max(0.0, fraction))
        wait = PROGRESS_INTERVAL - (now - self._progress_at)
        if fraction == 1 or wait <= 0:
            self._show_progress(fraction)
            return
        # The last value before a pause must not be lost: it is shown when the interval is over.
        if self._later is not None:
            self._later.cancel()
        self._later = asyncio.get_running_loop().call_later(wait / 1000, self._show_progress, fraction)

    def located(
        self, *, output_path: str | None = None, kernel_id: str | None = None, kernel_process: str | None = None
    ) -> None:
        known = {"output_path": output_path, "kernel_id": kernel_id}
        self._show(**{name: value for name, value in known.items() if value is not None})
        self._ledger.submit(
            Note(
                run_id=self.run.id,
                owner=self.run.owner or "",
                epoch=self.run.epoch,
                output_path=output_path,
                kernel_id=kernel_id,
                kernel_process=kernel_process,
            )
        )

    def close(self) -> None:
        if self._later is not None:
            self._later.cancel()
        if self._log is not None:
            self._log.close()

    def _show_progress(self, fraction: float) -> None:
        self._progress_at = self._clock.now()
        self._show(progress=fraction)

    def _show(self, **changes: Any) -> None:
        self.run = self.run._replace(**changes)
        self._board.saw_runs([self.run])
