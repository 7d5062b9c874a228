"""The executor on Dask: the runners of notebooks and code, with kernels that live on the workers of a cluster."""

from __future__ import annotations

from importlib.util import find_spec

from ...engine.abc import Execution, Executor, Launch, Runner, Sink
from ...engine.errors import Invalid
from ...engine.models import AnyTask
from ...engine.runs import Run
from ...runners.code import CodeRunner
from ...runners.local import LocalExecutor
from ...runners.notebook import NotebookRunner
from .cluster import Cluster
from .kernels import ClusterKernels
from .settings import DaskSettings

MISSING = "Dask is not installed on this server: pip install 'jupyter-scheduler-ext[dask]'"


class DaskExecutor(Executor):
    """Runs notebooks and code on a Dask cluster. Output notebooks and transcripts are written here, as it comes.

    A lost worker is a dead kernel: the run FAILS, and is retried as its task's policy says. After the death of this
    server its kernels on the cluster end themselves (`on_worker.LEASE`), so there is nothing to recover.
    """

    name = "dask"

    def __init__(self, local: LocalExecutor, settings: DaskSettings) -> None:
        place = local.place
        self._cluster = Cluster(settings)
        self._kernels = ClusterKernels(self._cluster, settings, place.contents, place.kernels)
        there = place.with_kernels(self._kernels)
        self._runners: dict[str, Runner] = {
            runner.kind: runner for runner in (NotebookRunner(there), CodeRunner(there))
        }

    async def check(self, task: AnyTask) -> None:
        if find_spec("distributed") is None:
            raise Invalid(MISSING, field="executor")
        runner = self._runners.get(task.action.kind)
        if runner is None:
            kinds = " or ".join(sorted(self._runners))
            raise Invalid(f"on Dask runs a {kinds}, but no {task.action.kind}", field="executor")
        if getattr(task.action, "kernel", "fresh") == "keep":
            raise Invalid(
                "on Dask a kernel ends with its run: choose `fresh`, or the executor `local`", field="action.kernel"
            )
        await runner.check(task)

    async def start(self, launch: Launch, sink: Sink) -> Execution:
        await self.check(launch.task)
        return await self._runners[launch.task.action.kind].start(launch, sink)

    async def recover(self, run: Run, kernel_process: str | None) -> None:
        """Nothing to do: see above."""

    async def close(self) -> None:
        for runner in self._runners.values():
            await runner.close()
        await self._kernels.close()
        await self._cluster.close()
