"""Lists of tasks and runs that show themselves as tables."""

from __future__ import annotations

from typing import Any, SupportsIndex, TypeVar, overload

from . import pictures
from .records import RunRecord, TaskRecord

T = TypeVar("T", bound=TaskRecord)
R = TypeVar("R", bound=RunRecord)


class TaskList(list[T]):
    """Tasks; in a notebook a table. A slice is one, too."""

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> TaskList[T]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> T | TaskList[T]:
        return TaskList(super().__getitem__(index)) if isinstance(index, slice) else super().__getitem__(index)

    def __repr__(self) -> str:
        rows = pictures.task_rows(task.data for task in self)
        return pictures.text_table(pictures.TASK_HEADS, rows, "No tasks.")

    def _repr_html_(self) -> str:
        return pictures.task_table([task.data for task in self])


class RunList(list[R]):
    """Runs, newest first; in a notebook a table. A slice is one, too."""

    @overload
    def __getitem__(self, index: SupportsIndex) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> RunList[R]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> R | RunList[R]:
        return RunList(super().__getitem__(index)) if isinstance(index, slice) else super().__getitem__(index)

    def __repr__(self) -> str:
        return pictures.run_text([run.data for run in self])

    def _repr_html_(self) -> str:
        return pictures.run_table([{**run.data, "link": run.link} for run in self])

    def to_pandas(self) -> Any:
        """A DataFrame with a row a run, times as timestamps in UTC. Raises ImportError without pandas."""
        try:
            import pandas as pd  # type: ignore[import-untyped]
        except ImportError:
            raise ImportError("a DataFrame needs pandas in this kernel's environment: %pip install pandas") from None

        rows: list[dict[str, Any]] = [
            {
                "id": run.id,
                "task": run.task_name,
                "task_id": run.task_id,
                "state": run.state,
                "origin": run.origin,
                "attempt": run.attempt,
                "fire_time": run.fire_time,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
                "duration": run.duration,
                "parameters": run.parameters,
                "result": run.result,
                "error": run.error and f"{run.error['name']}: {run.error['message']}",
                "output_path": run.output_path,
            }
            for run in self
        ]
        return pd.DataFrame(rows)
