"""Kernels on the workers of a cluster: one a run, ended with it."""

from __future__ import annotations

import asyncio
import os
from base64 import b64decode
from contextlib import suppress
from typing import Any

from jupyter_core.utils import ensure_async

from ...contexts.conversation import Conversation
from ...contexts.kernel import Kernel, Need
from ...engine.errors import Unavailable
from ...engine.instants import Instant
from ...runners.workplace import KernelSupply
from .channels import WorkerChannels
from .cluster import Cluster
from .on_worker import WorkerKernel
from .settings import DaskSettings

ATTACHED = "SCHEDULER_ATTACHMENTS"
"""The variable that names a run's attachments."""


class WorkerKernelOfRun(Kernel):
    """A kernel on a worker."""

    async def cause_of_death(self) -> str:
        lost = self.manager.lost
        if lost is None:
            return "the kernel on the Dask worker ended while the run was in it"
        return f"the Dask worker that ran this was lost ({lost})"


class ClusterKernels:
    """What runners ask for kernels, answered from a cluster (`runners.workplace.KernelSupply`)."""

    def __init__(self, cluster: Cluster, settings: DaskSettings, contents: Any, specs: KernelSupply) -> None:
        """`specs` are the kernels of this server, whose specs stand for those of the workers."""
        self._cluster = cluster
        self._settings = settings
        self._contents = contents
        self._specs = specs
        self._futures: dict[str, Any] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def spec(self, name: str | None) -> tuple[str, str]:
        """Name and language of a kernel spec, as this server knows it; a worker must have it too."""
        return await self._specs.spec(name)

    async def fresh(self, need: Need) -> Kernel:
        """A kernel on a worker, connected. Raises Unavailable if there is no cluster or no worker in time."""
        client = await self._cluster.client()
        files = await self._files(need)
        future = client.submit(
            WorkerKernel,
            need.kernel_name,
            dict(need.environment),
            files,
            actor=True,
            pure=False,
            resources=self._settings.resources or None,
            key=f"scheduler-{need.environment.get('SCHEDULER_RUN_ID', need.task_id)}-{id(need):x}",
        )
        kernel = WorkerKernelOfRun(id=str(future.key), manager=None, need=need, process=None)
        self._futures[kernel.id] = future
        try:
            await self._begin(kernel, client, future)
        except BaseException:
            self.drop(kernel)
            raise
        return kernel

    async def _begin(self, kernel: Kernel, client: Any, future: Any) -> None:
        limit = self._settings.start_timeout
        try:
            async with asyncio.timeout(limit):
                with client.as_current():  # an actor that arrives is bound to the current client
                    actor = await future
                kernel.manager = WorkerChannels(actor)
                await actor.start()
                kernel.conversation = Conversation(kernel.manager, kernel.is_alive)
                await kernel.conversation.open(limit)
        except TimeoutError:
            where = self._cluster.name
            raise Unavailable(f"no worker of {where} had started the kernel within {limit:g} s") from None
        kernel.state = "busy"

    async def kept(self, need: Need) -> tuple[Kernel, str]:
        """None stays between runs; `DaskExecutor.check` says so before."""
        raise Unavailable("a kernel on a Dask worker cannot be kept between runs")

    async def prepare(self, need: Need, due: Instant, *, keep: bool) -> None:
        """None is started ahead of its time."""

    async def attach(self, kernel: Kernel, path: str, name: str) -> Any:
        """It cannot be walked into from here."""

    def release(self, kernel: Kernel, *, keep: bool, succeeded: bool) -> None:
        """The run is over, and so is the kernel."""
        self.drop(kernel)

    def drop(self, kernel: Kernel) -> None:
        """End it, in the background."""
        if kernel.state == "gone":
            return
        kernel.state = "gone"
        future = self._futures.pop(kernel.id, None)
        ending = asyncio.get_running_loop().create_task(self._end(kernel, future))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def adopt(self, kernel: Kernel) -> None:
        """Nobody restarts a kernel on a worker."""

    def os_folder(self, path: str) -> str:
        """A worker has a folder of its own for each run."""
        return "."

    def os_path(self, path: str) -> str:
        """An attachment has the same place in the worker's folder as here in the served root."""
        return path

    async def close(self) -> None:
        """Wait until all are ended."""
        if self._ending:
            await asyncio.wait(self._ending, timeout=10)

    async def _files(self, need: Need) -> dict[str, bytes]:
        """The run's attachments: path from the served root -> content."""
        paths = need.environment.get(ATTACHED, "").split(os.pathsep)
        return {path: await self._content(path) for path in paths if path}

    async def _content(self, path: str) -> bytes:
        model = await ensure_async(self._contents.get(path, type="file", format="base64"))
        return await asyncio.to_thread(b64decode, model["content"])

    async def _end(self, kernel: Kernel, future: Any) -> None:
        if hasattr(kernel, "conversation"):
            kernel.conversation.close()
        if kernel.manager is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await kernel.manager.shutdown()
        if future is not None:
            future.release()
