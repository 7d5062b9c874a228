"""Runs code: its cells are appended to the transcript of the context and executed in the context's kernel."""

from __future__ import annotations

from ..contexts.documents import Cell
from ..contexts.kernel import Need
from ..engine.abc import Execution, Launch, Runner, Sink
from ..engine.actions import CodeAction
from ..engine.instants import Instant, to_datetime
from ..engine.models import AnyTask
from ..engine.runs import TIMED
from .checks import check_kernel
from .in_kernel import KernelExecution
from .parameters import INJECTED
from .sources import code_cell, split_cells
from .workplace import Workplace


class CodeRunner(Runner):
    """Performs `CodeAction`."""

    kind = "code"

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def check(self, task: AnyTask) -> None:
        assert isinstance(task.action, CodeAction)
        await check_kernel(self._place, task.action.kernel_name)

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        place, action = self._place, launch.task.action
        assert isinstance(action, CodeAction)
        kernel_name, language = await place.kernels.spec(action.kernel_name)
        injection = await place.injection(launch, kernel_name, language)
        folder = await place.contexts.ensure(launch.run.context_id, launch.task.name)
        environment = await place.environment(launch)
        document = await place.transcripts.open(folder, kernel_name, language)
        cells = _cells(launch, action.source, injection.shown if injection else None)
        document.append([_heading(launch), *cells])
        need = Need(
            kernel_name=kernel_name,
            language=language,
            folder="",
            context_id=launch.run.context_id,
            task_id=launch.task.uuid,
            label=launch.task.name,
            path=document.path,
            environment=environment,
            pooled=launch.run.origin not in TIMED,
        )
        return KernelExecution(
            place=place,
            launch=launch,
            sink=sink,
            need=need,
            keep=action.kernel == "keep",
            document=document,
            cells=cells,
            hidden=injection.hidden if injection else None,
        )

    async def prepare(self, task: AnyTask, due: Instant) -> None:
        place, action = self._place, task.action
        assert isinstance(action, CodeAction)
        kernel_name, language = await place.kernels.spec(action.kernel_name)
        need = Need(
            kernel_name=kernel_name,
            language=language,
            folder="",
            context_id=task.context,
            task_id=task.uuid,
            label=task.name,
        )
        await place.make_ready(task, need, due, keep=action.kernel == "keep", parameters=bool(action.parameters))


def _cells(launch: Launch, source: str, parameters: str | None) -> list[Cell]:
    short = launch.run.id[:40]
    cells = [code_cell(part, cell_id=f"{short}-{number}") for number, part in enumerate(split_cells(source), 1)]
    if parameters is None:
        return cells
    return [code_cell(parameters.rstrip("\n"), cell_id=f"{short}-parameters", tags=(INJECTED,)), *cells]


def _heading(launch: Launch) -> Cell:
    """What stands above the cells of a run, so that a reader of the transcript finds it."""
    run = launch.run
    moment = to_datetime(run.fire_time).strftime("%Y-%m-%d %H:%M:%S UTC")
    attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
    return {
        "id": f"{run.id[:40]}-heading",
        "cell_type": "markdown",
        "metadata": {},
        "source": f"**{run.task_name}** - {moment}, {run.origin.value}{attempt}",
    }
