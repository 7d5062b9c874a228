"""The client that awaits: the same methods for programs that live on an event loop.

Each call is made by a worker thread, so that it is the very same code, and no loop of a particular kind is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from . import calls, scheduling
from .connection import Call, Connection
from .discovery import server_of
from .lists import RunList, TaskList
from .naming import failure, id_of, is_id, with_secret
from .reading import LogReader, Pages
from .records import RunRecord, Status, TaskRecord
from .scheduling import What, When
from .waiting import Waiting


class AsyncSchedulerClient:
    """`SchedulerClient` with methods to await; what they take, give and raise is described there."""

    def __init__(
        self, url: str | None = None, token: str | None = None, *, timeout: float = 30.0, verify: bool | str = True
    ) -> None:
        self.connection = Connection(server_of(url, token), timeout, verify)

    def __repr__(self) -> str:
        return f"AsyncSchedulerClient({self.connection.server.url!r})"

    # Tasks

    async def tasks(
        self, *, sort: str | None = None, limit: int | None = None, **filters: str | None
    ) -> TaskList[AsyncTask]:
        """Tasks, filtered and sorted."""
        pages = Pages(partial(calls.tasks, filters, sort), "tasks", limit)
        while pages.call is not None:
            pages.take(await self._fetch(pages.call))
        return TaskList(AsyncTask(data, self) for data in pages.found)

    async def task(self, task: str | TaskRecord) -> AsyncTask:
        """One task, by its id or its name."""
        return await self._task(calls.task(await self._id(task)))

    async def create(self, definition: Mapping[str, Any]) -> AsyncTask:
        """Make a task from its definition."""
        return await self._task(calls.create(definition))

    async def schedule(
        self,
        what: What | None = None,
        when: When | None = None,
        *,
        name: str | None = None,
        code: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        timezone: str | None = None,
        kernel_name: str | None = None,
        kernel: str | None = None,
        **members: Any,
    ) -> AsyncTask:
        """Make a task of a notebook, a command or code."""
        body = scheduling.definition(
            what,
            when,
            name=name,
            code=code,
            parameters=parameters,
            timezone=timezone,
            kernel_name=kernel_name,
            kernel=kernel,
            root=self.connection.server.root,
            **members,
        )
        return await self.create(body)

    async def update(self, task: str | TaskRecord, patch: Mapping[str, Any], revision: int | None = None) -> AsyncTask:
        """Change members of a task."""
        return await self._task(calls.update(await self._id(task), patch, revision))

    async def delete(self, task: str | TaskRecord) -> None:
        """Delete a task."""
        await self._fetch(calls.delete(await self._id(task)))

    async def restore(self, task: str | TaskRecord) -> AsyncTask:
        """Undo a deletion, by id."""
        return await self._task(calls.on_task(task if isinstance(task, str) else task.id, "restore"))

    async def reset(self, task: str | TaskRecord) -> AsyncTask:
        """Clear a task's error, failures and halt."""
        return await self._task(calls.on_task(await self._id(task), "reset"))

    async def rotate_token(self, task: str | TaskRecord) -> AsyncTask:
        """Give an ad-hoc task a new token."""
        return await self._task(calls.on_task(await self._id(task), "token"))

    async def revoke_token(self, task: str | TaskRecord) -> None:
        """Take an ad-hoc task's token away."""
        await self._fetch(calls.revoke_token(await self._id(task)))

    async def bulk(
        self,
        action: str,
        tasks: Iterable[str | TaskRecord] | None = None,
        *,
        filters: Mapping[str, Any] | None = None,
        tags: Iterable[str] | None = None,
    ) -> list[dict[str, Any]]:
        """One action on many tasks."""
        ids = None if tasks is None else [task if isinstance(task, str) else task.id for task in tasks]
        return list((await self._fetch(calls.bulk(action, ids, filters, tags)))["results"])

    # Runs

    async def run(
        self,
        task: str | TaskRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        force: bool = False,
        key: str | None = None,
    ) -> AsyncRun:
        """Run a task now."""
        return await self._run(calls.run(await self._id(task), parameters, force, key))

    async def trigger(
        self, task_id: str, token: str, parameters: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> AsyncRun:
        """Run an ad-hoc task with its token."""
        return await self._run(calls.trigger(task_id, token, parameters, key))

    async def backfill(self, task: str | TaskRecord, start: datetime, end: datetime) -> RunList[AsyncRun]:
        """Run what a task would have run after `start`, up to `end`."""
        return self._runs(await self._fetch(calls.backfill(await self._id(task), start, end)))

    async def runs(
        self,
        task: str | TaskRecord | None = None,
        *,
        state: str | Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
    ) -> RunList[AsyncRun]:
        """The newest runs, of one task or of all."""
        task_id = None if task is None else await self._id(task)
        pages = Pages(partial(calls.runs, task_id, calls.joined(state), since, until), "runs", limit)
        while pages.call is not None:
            pages.take(await self._fetch(pages.call))
        return RunList(AsyncRun(data, self) for data in pages.found)

    async def get_run(self, run_id: str) -> AsyncRun:
        """One run by its id."""
        return await self._run(calls.get_run(run_id))

    async def cancel(self, run: str | RunRecord) -> AsyncRun:
        """Stop a run."""
        return await self._run(calls.cancel(run if isinstance(run, str) else run.id))

    async def log(self, run: str | RunRecord, *, start: int = 0, follow: bool = False) -> AsyncIterator[dict[str, Any]]:
        """Entries of a run's log; with `follow` until the run is over."""
        reader = LogReader(run if isinstance(run, str) else run.id, start, follow=follow)
        while not reader.over:
            for entry in reader.take(await self._fetch(reader.call)):
                yield entry
            await asyncio.sleep(reader.pause)

    # The rest

    async def preview(self, schedule: str | Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """When a rule fires next."""
        return await self._fetch(calls.preview({"schedule": schedule, **more}))

    async def timeline(self, start: datetime, end: datetime, bucket: float = 1800) -> dict[str, Any]:
        """What ran and what will, counted in buckets of so many seconds."""
        return await self._fetch(calls.timeline(start, end, bucket))

    async def contexts(self) -> list[dict[str, Any]]:
        """Where tasks run and what they left there."""
        return list((await self._fetch(calls.contexts()))["contexts"])

    async def templates(self) -> list[dict[str, Any]]:
        """Tasks to start from."""
        return list((await self._fetch(calls.templates()))["templates"])

    async def export(self, tasks: Iterable[str | TaskRecord] | None = None) -> dict[str, Any]:
        """Definitions of all tasks or of those named."""
        ids = None if tasks is None else [await self._id(task) for task in tasks]
        return await self._fetch(calls.export(ids))

    async def import_tasks(
        self, data: Mapping[str, Any] | str, *, dry_run: bool = False, on_conflict: str = "skip"
    ) -> dict[str, Any]:
        """Take in what `export` gave."""
        return await self._fetch(calls.import_tasks(data, dry_run, on_conflict))

    async def status(self) -> Status:
        """How the scheduler is doing."""
        return Status(await self._fetch(calls.status()))

    async def poll(self, since: str = "0") -> dict[str, Any]:
        """What changed since an opaque revision."""
        return await self._fetch(calls.poll(since))

    # Inside

    async def _fetch(self, call: Call) -> dict[str, Any]:
        return await asyncio.to_thread(self.connection.fetch_json, call)

    async def _task(self, call: Call) -> AsyncTask:
        return AsyncTask(with_secret(await self._fetch(call)), self)

    async def _run(self, call: Call) -> AsyncRun:
        return AsyncRun((await self._fetch(call))["run"], self)

    def _runs(self, page: Mapping[str, Any]) -> RunList[AsyncRun]:
        return RunList(AsyncRun(data, self) for data in page["runs"])

    async def _id(self, task: str | TaskRecord) -> str:
        if not isinstance(task, str):
            return task.id
        return task if is_id(task) else id_of(task, (await self._fetch(calls.tasks_named(task)))["tasks"])


class AsyncTask(TaskRecord):
    """`Task` with methods to await."""

    def __init__(self, data: Mapping[str, Any], client: AsyncSchedulerClient) -> None:
        super().__init__(data)
        self._client = client

    async def refresh(self) -> AsyncTask:
        """Look again; returns this very object."""
        return self._become(await self._client.task(self.id))

    async def run(
        self, parameters: Mapping[str, Any] | None = None, *, force: bool = False, key: str | None = None
    ) -> AsyncRun:
        """Run it now."""
        return await self._client.run(self.id, parameters, force=force, key=key)

    async def runs(self, *, limit: int = 20, state: str | Iterable[str] | None = None) -> RunList[AsyncRun]:
        """Its newest runs."""
        return await self._client.runs(self.id, limit=limit, state=state)

    async def edit(self, **members: Any) -> AsyncTask:
        """Change members. Raises Stale if it was changed elsewhere since this object looked."""
        return self._become(await self._client.update(self.id, members, self.revision))

    async def enable(self) -> AsyncTask:
        """Let it run by its rule."""
        return self._become(await self._client.update(self.id, {"enabled": True}))

    async def disable(self) -> AsyncTask:
        """Do not let it run by its rule."""
        return self._become(await self._client.update(self.id, {"enabled": False}))

    async def reset(self) -> AsyncTask:
        """Clear its error, failures and halt."""
        return self._become(await self._client.reset(self.id))

    async def delete(self) -> None:
        """Delete it."""
        await self._client.delete(self.id)

    async def restore(self) -> AsyncTask:
        """Undo its deletion."""
        return self._become(await self._client.restore(self.id))

    async def rotate_token(self) -> str:
        """A new token for an ad-hoc task."""
        return str(self._become(await self._client.rotate_token(self.id)).token_secret)

    def _become(self, other: AsyncTask) -> AsyncTask:
        self.data = other.data
        return self


class AsyncRun(RunRecord):
    """`Run` with methods to await."""

    def __init__(self, data: Mapping[str, Any], client: AsyncSchedulerClient) -> None:
        super().__init__(data)
        self._client = client
        self.root = client.connection.server.root

    async def refresh(self) -> AsyncRun:
        """Look again; returns this very object."""
        self.data = (await self._client.get_run(self.id)).data
        return self

    async def wait(self, timeout: float | None = None, *, progress: bool = True, check: bool = False) -> AsyncRun:
        """Wait until it is over. Raises StillRunning, a TimeoutError, and with `check` RunFailed."""
        with Waiting(self, timeout, progress=progress) as waiting:
            while (pause := waiting.pause()) is not None:
                await asyncio.sleep(pause)
                await self.refresh()
        if check and not self.has_succeeded:
            raise failure(self)
        return self

    async def cancel(self) -> AsyncRun:
        """Stop it."""
        self.data = (await self._client.cancel(self.id)).data
        return self

    def log(self, *, follow: bool = False) -> AsyncIterator[dict[str, Any]]:
        """Entries of its log; with `follow` until it is over."""
        return self._client.log(self.id, follow=follow)

    async def task(self) -> AsyncTask:
        """The task that it ran."""
        return await self._client.task(self.task_id)
