"""What the scheduler logs, where the server logs, or as one JSON object a line that names the task and the run."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any, TextIO

from traitlets import Enum, Unicode
from traitlets.config import Configurable

from .engine.instants import to_rfc3339
from .engine.runs import BAD, TIMED, Run, RunState
from .engine.subject import subject

ROOT = "jupyter_scheduler_ext"
log = logging.getLogger(__name__)

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "task_id", "run_id", "color", "end_color"}


class LogSettings(Configurable):
    """How the scheduler logs: ``c.LogSettings...`` in the server's configuration."""

    format = Enum(
        ["server", "json"],
        default_value="server",
        help="server: as the Jupyter server's own lines. json: one object a line, with the ids of task and run.",
    ).tag(config=True)
    path = Unicode(help="File that JSON lines are appended to; empty: standard error.").tag(config=True)
    runs = Enum(
        ["none", "bad", "all"],
        default_value="bad",
        help="Which ends of runs are logged: none, those that went wrong or were missed, all.",
    ).tag(config=True)


class AboutRuns(logging.Filter):
    """Gives each record `task_id` and `run_id`: those it was logged with, or those of the run that is performed."""

    def filter(self, record: logging.LogRecord) -> bool:
        about = subject.get()
        record.task_id = getattr(record, "task_id", about.task_id if about else None)
        record.run_id = getattr(record, "run_id", about.run_id if about else None)
        return True


class JsonLines(logging.Formatter):
    """One object a line: time, level, logger, message, task_id, run_id, whatever else a record has, and traceback."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": to_rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "task_id": getattr(record, "task_id", None),
            "run_id": getattr(record, "run_id", None),
        }
        told |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in told.items() if value is not None}, default=str)


class ToServer(logging.Handler):
    """Hands records to the server's log."""

    def __init__(self, server_log: Any) -> None:
        super().__init__()
        self._log = getattr(server_log, "logger", server_log)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= self._log.getEffectiveLevel():
            self._log.handle(record)


class Logging:
    """The handler of one server; `close` takes it away."""

    def __init__(self, settings: LogSettings, server_log: Any) -> None:
        self._runs = settings.runs
        self._file: TextIO | None = None
        self._handler: logging.Handler = ToServer(server_log)
        if settings.format == "json":
            self._file = _opened(settings.path, server_log) if settings.path else None
            self._handler = logging.StreamHandler(self._file or sys.stderr)
            self._handler.setFormatter(JsonLines())
        self._handler.addFilter(AboutRuns())
        logger = logging.getLogger(ROOT)
        logger.addHandler(self._handler)
        level = getattr(server_log, "logger", server_log).getEffectiveLevel()
        logger.setLevel(min(level, logging.INFO) if settings.format == "json" else level)

    def close(self) -> None:
        logging.getLogger(ROOT).removeHandler(self._handler)
        if self._file is not None:
            self._file.close()

    def hear(self, run: Run) -> None:
        """A run has ended."""
        bad = run.state in BAD or run.state is RunState.MISSED
        if self._runs == "none" or (self._runs == "bad" and not bad):
            return
        level = logging.WARNING if bad else logging.INFO
        told = {
            "task_id": run.task_id,
            "run_id": run.id,
            "state": run.state.value,
            "origin": run.origin.value,
            "attempt": run.attempt,
            "fire_time": to_rfc3339(run.fire_time),
            "duration": run.duration,
            "lateness": (run.started_at - run.due_at) / 1000
            if run.origin in TIMED and run.started_at and run.due_at
            else None,
        }
        log.log(level, "run %s of task %s %s%s", run.id, run.task_id, run.state.value, _why(run), extra=told)


def _opened(path: str, server_log: Any) -> TextIO | None:
    try:
        return open(path, "a", encoding="utf-8")  # noqa: PTH123
    except OSError as error:
        server_log.error("the scheduler's log %s cannot be written (%s): standard error instead", path, error.strerror)
        return None


def _why(run: Run) -> str:
    return f": {run.reason}" if run.reason else ""
