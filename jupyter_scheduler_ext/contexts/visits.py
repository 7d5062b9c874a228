"""What a person does with contexts: look at them, walk into the kernel that a run left, restart it, clear up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jupyter_core.utils import ensure_async

from ..engine.errors import Conflict, NotFound
from ..engine.models import AnyTask
from ..engine.runs import Run
from .folders import RUNS, TRANSCRIPT, FolderContexts, folder_of
from .kernel import Kernel
from .kernels import Kernels


class Visits:
    """Contexts as the API shows them. `tasks` gives all tasks by id, `active` the active runs."""

    def __init__(
        self,
        *,
        contents: Any,
        contexts: FolderContexts,
        kernels: Kernels,
        tasks: Callable[[], Mapping[str, AnyTask]],
        active: Callable[[], Iterable[Run]],
    ) -> None:
        self._contents = contents
        self._contexts = contexts
        self._kernels = kernels
        self._tasks = tasks
        self._active = active

    async def all(self) -> list[dict[str, Any]]:
        """Every context that has a folder: ``{"id", "path", "name", "tasks", "task_count", "kernel", ...}``."""
        users: dict[str, list[AnyTask]] = {}
        for task in self._tasks().values():
            users.setdefault(task.context, []).append(task)
        return [self._shown(found, users.get(found["id"], [])) for found in await self._contexts.list()]

    async def get(self, context_id: str) -> dict[str, Any]:
        """One context. Raises NotFound."""
        users = [task for task in self._tasks().values() if task.context == context_id]
        for found in await self._contexts.list():
            if found["id"] == context_id:
                return self._shown(found, users)
        if users:  # its folder comes with the first run
            return self._shown({"id": context_id, "path": None}, users)
        raise NotFound(f"there is no context {context_id}")

    def kernels(self) -> dict[str, int]:
        """How many kernels the scheduler has in each state, and the bytes of memory that all of them hold."""
        count: dict[str, int] = dict.fromkeys(("starting", "prepared", "pooled", "busy", "lingering", "kept"), 0)
        memory = 0
        for kernel in self._kernels:
            count[kernel.state] = count.get(kernel.state, 0) + 1
            memory += kernel.memory() or 0
        return {**count, "memory": memory}

    async def open(self, context_id: str, run: Run | None = None) -> dict[str, Any]:
        """Tie the output of a run, or else the transcript, to the living kernel: ``{"path", "session"}``, the session
        None where no kernel lives. Raises NotFound if there is nothing to open."""
        path = run.output_path if run is not None else await self._newest_notebook(context_id)
        if path is None or not await ensure_async(self._contents.file_exists(path)):
            raise NotFound("this context has nothing to open yet: it comes with a run")
        kernel = await self._living(context_id, run)
        if kernel is None or not path.endswith(".ipynb"):
            return {"path": path, "session": None}
        self._kernels.visited(kernel)
        session = await self._kernels.attach(kernel, path, path.rpartition("/")[2])
        return {
            "path": path,
            "session": {"id": session["id"], "path": session["path"], "kernel": {"id": session["kernel"]["id"]}},
        }

    async def restart(self, context_id: str) -> None:
        """End the context's kernels; the next run starts one. Raises Conflict while something runs in it."""
        self._refuse_busy(context_id)
        for kernel in self._kernels.of(context_id):
            self._kernels.drop(kernel)

    async def clear(self, context_id: str) -> None:
        """Remove outputs and transcript, end the kernels. Raises Conflict while something runs in it."""
        await self.restart(context_id)
        await self._contexts.clear(context_id)

    def _shown(self, found: Mapping[str, Any], users: list[AnyTask]) -> dict[str, Any]:
        kernels = self._kernels.of(found["id"])
        return {
            **found,
            "name": users[0].name if users else str(found.get("task", "")),
            "tasks": [task.uuid for task in users],
            "task_count": len(users),
            "kernel": kernels[-1].to_json() if kernels else None,
        }

    async def _living(self, context_id: str, run: Run | None) -> Kernel | None:
        """The kernel of this run; without a run, the newest of the context."""
        for kernel in reversed(self._kernels.of(context_id)):
            if (run is None or kernel.id == run.kernel_id) and await kernel.is_alive():
                return kernel
        return None

    async def _newest_notebook(self, context_id: str) -> str | None:
        """The transcript if there is one, else the newest output."""
        folder = folder_of(context_id)
        if await ensure_async(self._contents.file_exists(f"{folder}/{TRANSCRIPT}")):
            return f"{folder}/{TRANSCRIPT}"
        if not await ensure_async(self._contents.dir_exists(f"{folder}/{RUNS}")):
            return None
        listing = await ensure_async(self._contents.get(f"{folder}/{RUNS}", content=True, type="directory"))
        files = [entry for entry in listing["content"] if entry["type"] != "directory"]
        return max(files, key=lambda entry: entry["last_modified"])["path"] if files else None

    def _refuse_busy(self, context_id: str) -> None:
        busy = next((run for run in self._active() if run.context_id == context_id), None)
        if busy is not None:
            raise Conflict("a run is under way in this context: cancel it first", active_run=busy.id)
