"""Runs notebooks: a copy with the run's parameters is executed cell by cell; the source is never written to."""

from __future__ import annotations

from typing import Any

from jupyter_core.utils import ensure_async

from ..contexts.documents import Document
from ..contexts.kernel import Need
from ..contexts.paths import served_path
from ..engine.abc import Execution, Launch, Runner, Sink
from ..engine.actions import NotebookAction
from ..engine.errors import SchedulerError
from ..engine.instants import Instant
from ..engine.models import AnyTask
from ..engine.runs import TIMED
from .checks import check_kernel, check_notebook
from .in_kernel import KernelExecution
from .inspect import declared_parameters
from .kinds import check_types
from .outfiles import output_path
from .parameters import inject
from .sources import Notebook, read_notebook
from .workplace import Workplace


class NotebookRunner(Runner):
    """Performs `NotebookAction`."""

    kind = "notebook"

    def __init__(self, place: Workplace) -> None:
        self._place = place

    async def check(self, task: AnyTask) -> None:
        assert isinstance(task.action, NotebookAction)
        await check_notebook(self._place.contents, task.action.path)
        await check_kernel(self._place, task.action.kernel_name)
        if task.action.parameters:
            await self._check_parameters(task.action)

    async def _check_parameters(self, action: NotebookAction) -> None:
        """Raises Invalid for a value that cannot be what the notebook declares."""
        try:
            notebook = await read_notebook(self._place.contents, action.path)
        except SchedulerError:
            return  # what is in it is looked at when it runs
        check_types(declared_parameters(notebook), action.parameters, field="action.parameters")

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        place, action = self._place, launch.task.action
        assert isinstance(action, NotebookAction)
        notebook = await read_notebook(place.contents, action.path)
        given = {**action.parameters, **launch.run.parameters}  # as written: built-ins and secrets are not looked at
        if given:
            check_types(declared_parameters(notebook), given)
        kernel_name, language = await place.kernels.spec(action.kernel_name or kernel_named_in(notebook))
        injection = await place.injection(launch, kernel_name, language)
        if injection is not None:
            notebook["cells"] = inject(notebook["cells"], injection.shown, cell_id=_cell_id(notebook, launch))
        _forget_outputs(notebook)
        folder = await place.contexts.ensure(launch.run.context_id, launch.task.name)
        document = Document(place.contents, output_path(folder, launch.run, ".ipynb"), notebook)
        need = Need(
            kernel_name=kernel_name,
            language=language,
            folder=await self._folder_of(action.path),
            context_id=launch.run.context_id,
            task_id=launch.task.uuid,
            label=launch.task.name,
            path=document.path,
            environment=await place.environment(launch),
            pooled=launch.run.origin not in TIMED,
        )
        return KernelExecution(
            place=place,
            launch=launch,
            sink=sink,
            need=need,
            keep=action.kernel == "keep",
            document=document,
            cells=document.cells,
            hidden=injection.hidden if injection else None,
        )

    async def prepare(self, task: AnyTask, due: Instant) -> None:
        place, action = self._place, task.action
        assert isinstance(action, NotebookAction)
        notebook = await read_notebook(place.contents, action.path)
        kernel_name, language = await place.kernels.spec(action.kernel_name or kernel_named_in(notebook))
        need = Need(
            kernel_name=kernel_name,
            language=language,
            folder=await self._folder_of(action.path),
            context_id=task.context,
            task_id=task.uuid,
            label=task.name,
        )
        await place.make_ready(task, need, due, keep=action.kernel == "keep", parameters=bool(action.parameters))

    async def _folder_of(self, path: str) -> str:
        """The folder a kernel for this notebook works in, as when a person opens it."""
        path = served_path(self._place.contents, path, field="action.path")
        return str(await ensure_async(self._place.contents.get_kernel_path(path=path)))


def kernel_named_in(notebook: Notebook) -> str | None:
    """The kernel a notebook asks for."""
    spec = notebook["metadata"].get("kernelspec")
    name = spec.get("name") if isinstance(spec, dict) else None
    return name if isinstance(name, str) and name else None


def _cell_id(notebook: Notebook, launch: Launch) -> str | None:
    """An id for a new cell; formats before 4.5 must not have any."""
    return f"parameters-{launch.run.id}"[:64] if notebook["nbformat_minor"] >= 5 else None


def _forget_outputs(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
            cell["execution_count"] = None
