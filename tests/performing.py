"""What the tests of the runners share: a sink that remembers, launches, and an executor over a real Jupyter server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jupyter_scheduler_ext.contexts.kernel import Lifetimes
from jupyter_scheduler_ext.engine.abc import Launch, Outcome
from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.models import AdHocTask
from jupyter_scheduler_ext.engine.runs import Origin, Run, RunState
from jupyter_scheduler_ext.runners.local import LocalExecutor

CLOCK = SystemClock()


@dataclass
class Remembered:
    """A sink that keeps everything."""

    entries: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    began_at: int | None = None

    def write(self, kind: str, text: str = "", **data: Any) -> None:
        self.entries.append((kind, text, data))

    def began(self) -> None:
        self.began_at = CLOCK.now()

    def progress(self, fraction: float) -> None:
        self.fractions.append(fraction)

    def located(self, **where: str | None) -> None:
        self.where.update({name: value for name, value in where.items() if value is not None})

    def text(self, kind: str) -> str:
        return "".join(text for entry, text, _ in self.entries if entry == kind)

    def data(self, kind: str) -> list[dict[str, Any]]:
        return [data for entry, _, data in self.entries if entry == kind]


def executor_of(serverapp: Any, **options: Any) -> LocalExecutor:
    lifetimes = Lifetimes(**{"max_pooled": 0, **options.pop("lifetimes", {})})
    return LocalExecutor(
        kernel_manager=serverapp.kernel_manager,
        session_manager=serverapp.session_manager,
        contents_manager=serverapp.contents_manager,
        kernel_spec_manager=serverapp.kernel_spec_manager,
        clock=CLOCK,
        lifetimes=lifetimes,
        **options,
    )


_count = iter(range(1, 10**9))


def launch_of(action: dict[str, Any], *, due: int | None = None, context: str | None = None, **more: Any) -> Launch:
    """A launch of a new task with this action."""
    number = next(_count)
    attachments = more.pop("attachments", ())
    task = AdHocTask(uuid=f"task-{number}", name="Nightly report", action=action, attachments=attachments)
    parameters = {**getattr(task.action, "parameters", {}), **more.pop("parameters", {})}
    run = Run(
        id=f"run-{number:08}",
        task_id=task.uuid,
        task_name=task.name,
        context_id=context or task.uuid,
        origin=Origin.MANUAL,
        fire_time=due or CLOCK.now(),
        due_at=due,
        key=f"key-{number}",
        state=RunState.RUNNING,
        queued_at=CLOCK.now(),
        parameters=parameters,
    )
    return Launch(run=run, task=task, parameters=parameters)


async def perform(executor: LocalExecutor, launch: Launch) -> tuple[Outcome, Remembered]:
    sink = Remembered()
    execution = await executor.start(launch, sink)
    return await execution.outcome(), sink


def notebook(*cells: str | dict[str, Any], **metadata: Any) -> dict[str, Any]:
    """A notebook of code cells; a dictionary is a cell with more to say."""
    made = []
    for number, cell in enumerate(cells):
        named = {"source": cell} if isinstance(cell, str) else cell
        empty = {"cell_type": "code", "id": f"cell-{number}", "metadata": {}, "outputs": [], "execution_count": None}
        made.append({**empty, **named})
    return {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write_notebook(root: Path, name: str, *cells: str | dict[str, Any], **metadata: Any) -> str:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook(*cells, **metadata)))
    return name


def tagged(source: str, *tags: str) -> dict[str, Any]:
    return {"source": source, "metadata": {"tags": list(tags)}}


def output_of(root: Path, sink: Remembered) -> dict[str, Any]:
    """The output notebook of a run, as it lies on disk."""
    return json.loads((root / sink.where["output_path"]).read_text())


def streams(cell: dict[str, Any], name: str = "stdout") -> str:
    return "".join(
        "".join(output["text"])
        for output in cell["outputs"]
        if output["output_type"] == "stream" and output["name"] == name
    )


async def until(true: Callable[[], Any], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


@pytest.fixture
def executor(jp_serverapp: Any, jp_asyncio_loop: Any) -> Iterator[LocalExecutor]:
    executor = executor_of(jp_serverapp)
    yield executor
    jp_asyncio_loop.run_until_complete(executor.close())


@pytest.fixture
def root(jp_root_dir: Any) -> Path:
    """The served folder."""
    return Path(jp_root_dir)
