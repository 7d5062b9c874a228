"""The client that blocks: for notebook cells and scripts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
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


class SchedulerClient:
    """The scheduler of a Jupyter server.

    Without arguments it is the server that this kernel belongs to: ``SchedulerClient()``. Any other is named by the
    address that its users have in their browser, with a token: ``SchedulerClient("https://host/user/ana/", token)``.
    `timeout` is in seconds; `verify` False takes any TLS certificate, a path names an authority's.

    Every method raises a `SchedulerError`: its subclass tells what kind, ``field`` what is to blame. Where a method
    takes a task, its id, its name or a `Task` will do.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, *, timeout: float = 30.0, verify: bool | str = True
    ) -> None:
        self.connection = Connection(server_of(url, token), timeout, verify)

    def __repr__(self) -> str:
        return f"SchedulerClient({self.connection.server.url!r})"

    # Tasks

    def tasks(self, *, sort: str | None = None, limit: int | None = None, **filters: str | None) -> TaskList[Task]:
        """Tasks, in order of creation unless `sort` names a member (with - in front: descending).

        `filters` are combined with and: ``type``, ``state``, ``q`` (words to look for), ``tag``, ``context_id``.
        """
        pages = Pages(partial(calls.tasks, filters, sort), "tasks", limit)
        while pages.call is not None:
            pages.take(self._fetch(pages.call))
        return TaskList(Task(data, self) for data in pages.found)

    def task(self, task: str | TaskRecord) -> Task:
        """One task, by its id or its name. Raises NotFound, also where several have this name."""
        return self._task(calls.task(self._id(task)))

    def create(self, definition: Mapping[str, Any]) -> Task:
        """Make a task from its definition, a JSON object as the HTTP interface describes it."""
        return self._task(calls.create(definition))

    def schedule(
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
    ) -> Task:
        """Make a task of a notebook, a command or code.

        `what` is the path of a notebook (from the working folder or from the served root) or a command as a list of
        words; code is given as ``code=``. `when` is a cron rule (``"30 2 * * *"``, ``"@daily"``), one time or several
        (datetimes or texts; without a zone they are wall time in `timezone`); without it the task runs when called.
        `timezone` is the IANA name of the zone that is meant, by default the server's. `kernel` is ``"fresh"`` for a
        new one each run, or ``"keep"`` for one that stays, as is usual for code. `members` are further members of a
        task: ``tags``, ``description``, ``policy``, ...
        """
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
        return self.create(body)

    def update(self, task: str | TaskRecord, patch: Mapping[str, Any], revision: int | None = None) -> Task:
        """Change members of a task by a JSON merge patch; None puts one back to its default.

        With a `revision`, raises Stale if that is not the current one.
        """
        return self._task(calls.update(self._id(task), patch, revision))

    def delete(self, task: str | TaskRecord) -> None:
        """Delete a task; what it runs is cancelled first. `restore` undoes it for a while."""
        self._fetch(calls.delete(self._id(task)))

    def restore(self, task: str | TaskRecord) -> Task:
        """Undo a deletion. By id only: a deleted task is in no list."""
        return self._task(calls.on_task(task if isinstance(task, str) else task.id, "restore"))

    def reset(self, task: str | TaskRecord) -> Task:
        """Clear a task's error, its count of failures and its halt."""
        return self._task(calls.on_task(self._id(task), "reset"))

    def rotate_token(self, task: str | TaskRecord) -> Task:
        """Give an ad-hoc task a new token: ``token_secret`` of the answer, shown this once."""
        return self._task(calls.on_task(self._id(task), "token"))

    def revoke_token(self, task: str | TaskRecord) -> None:
        """Take an ad-hoc task's token away."""
        self._fetch(calls.revoke_token(self._id(task)))

    def bulk(
        self,
        action: str,
        tasks: Iterable[str | TaskRecord] | None = None,
        *,
        filters: Mapping[str, Any] | None = None,
        tags: Iterable[str] | None = None,
    ) -> list[dict[str, Any]]:
        """One action (run, enable, disable, delete, restore, reset, tag, untag) on tasks named by id, or on all that
        `filters` match; an answer for each: ``{"id", "ok", "error"}``."""
        ids = None if tasks is None else [task if isinstance(task, str) else task.id for task in tasks]
        return list(self._fetch(calls.bulk(action, ids, filters, tags))["results"])

    # Runs

    def run(
        self,
        task: str | TaskRecord,
        parameters: Mapping[str, Any] | None = None,
        *,
        force: bool = False,
        key: str | None = None,
    ) -> Run:
        """Run a task now. `parameters` override the action's own; `force` runs a disabled task, too; the same `key`
        twice is one run. Raises Conflict while it runs already and its policy is to skip."""
        return self._run(calls.run(self._id(task), parameters, force, key))

    def trigger(
        self, task_id: str, token: str, parameters: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> Run:
        """Run an ad-hoc task with its token, as other programs do."""
        return self._run(calls.trigger(task_id, token, parameters, key))

    def backfill(self, task: str | TaskRecord, start: datetime, end: datetime) -> RunList[Run]:
        """Run what a task would have run after `start`, up to `end`."""
        return self._runs(self._fetch(calls.backfill(self._id(task), start, end)))

    def runs(
        self,
        task: str | TaskRecord | None = None,
        *,
        state: str | Iterable[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
    ) -> RunList[Run]:
        """The newest runs, of one task or of all, in one `state` or several."""
        task_id = None if task is None else self._id(task)
        pages = Pages(partial(calls.runs, task_id, calls.joined(state), since, until), "runs", limit)
        while pages.call is not None:
            pages.take(self._fetch(pages.call))
        return RunList(Run(data, self) for data in pages.found)

    def get_run(self, run_id: str) -> Run:
        """One run by its id."""
        return self._run(calls.get_run(run_id))

    def cancel(self, run: str | RunRecord) -> Run:
        """Stop a run: interrupt, then terminate, then kill."""
        return self._run(calls.cancel(run if isinstance(run, str) else run.id))

    def log(self, run: str | RunRecord, *, start: int = 0, follow: bool = False) -> Iterator[dict[str, Any]]:
        """Entries of a run's log: ``{"t", "kind", "text", ...}``; with `follow` until the run is over."""
        reader = LogReader(run if isinstance(run, str) else run.id, start, follow=follow)
        while not reader.over:
            yield from reader.take(self._fetch(reader.call))
            time.sleep(reader.pause)

    # The rest

    def preview(self, schedule: str | Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """When a rule fires next, in words and instants, with warnings: ``{"words", "fires", "warnings"}``."""
        return self._fetch(calls.preview({"schedule": schedule, **more}))

    def timeline(self, start: datetime, end: datetime, bucket: float = 1800) -> dict[str, Any]:
        """What ran and what will, counted in buckets of so many seconds."""
        return self._fetch(calls.timeline(start, end, bucket))

    def contexts(self) -> list[dict[str, Any]]:
        """Where tasks run and what they left there."""
        return list(self._fetch(calls.contexts())["contexts"])

    def templates(self) -> list[dict[str, Any]]:
        """Tasks to start from."""
        return list(self._fetch(calls.templates())["templates"])

    def export(self, tasks: Iterable[str | TaskRecord] | None = None) -> dict[str, Any]:
        """Definitions as ``{"tasks": [...]}``, of all tasks or of those named; never a secret."""
        ids = None if tasks is None else [self._id(task) for task in tasks]
        return self._fetch(calls.export(ids))

    def import_tasks(
        self, data: Mapping[str, Any] | str, *, dry_run: bool = False, on_conflict: str = "skip"
    ) -> dict[str, Any]:
        """Take in what `export` gave, or YAML text. `on_conflict`: skip, replace or copy."""
        return self._fetch(calls.import_tasks(data, dry_run, on_conflict))

    def status(self) -> Status:
        """How the scheduler is doing."""
        return Status(self._fetch(calls.status()))

    def poll(self, since: str = "0") -> dict[str, Any]:
        """What changed since an opaque revision; "0" asks for everything."""
        return self._fetch(calls.poll(since))

    # Inside

    def _fetch(self, call: Call) -> dict[str, Any]:
        return self.connection.fetch_json(call)

    def _task(self, call: Call) -> Task:
        return Task(with_secret(self._fetch(call)), self)

    def _run(self, call: Call) -> Run:
        return Run(self._fetch(call)["run"], self)

    def _runs(self, page: Mapping[str, Any]) -> RunList[Run]:
        return RunList(Run(data, self) for data in page["runs"])

    def _id(self, task: str | TaskRecord) -> str:
        if not isinstance(task, str):
            return task.id
        return task if is_id(task) else id_of(task, self._fetch(calls.tasks_named(task))["tasks"])


class Task(TaskRecord):
    """A task of a server. What it shows is as of when it was fetched; `refresh` looks again."""

    def __init__(self, data: Mapping[str, Any], client: SchedulerClient) -> None:
        super().__init__(data)
        self._client = client

    def refresh(self) -> Task:
        """Look again; returns this very object."""
        return self._become(self._client.task(self.id))

    def run(self, parameters: Mapping[str, Any] | None = None, *, force: bool = False, key: str | None = None) -> Run:
        """Run it now; `parameters` override the action's own, the same `key` twice is one run."""
        return self._client.run(self.id, parameters, force=force, key=key)

    def runs(self, *, limit: int = 20, state: str | Iterable[str] | None = None) -> RunList[Run]:
        """Its newest runs."""
        return self._client.runs(self.id, limit=limit, state=state)

    def edit(self, **members: Any) -> Task:
        """Change members: ``task.edit(schedule="0 6 * * *", tags=["daily"])``. Raises Stale if it was changed
        elsewhere since this object looked."""
        return self._become(self._client.update(self.id, members, self.revision))

    def enable(self) -> Task:
        """Let it run by its rule."""
        return self._become(self._client.update(self.id, {"enabled": True}))

    def disable(self) -> Task:
        """Do not let it run by its rule."""
        return self._become(self._client.update(self.id, {"enabled": False}))

    def reset(self) -> Task:
        """Clear its error, its count of failures and its halt."""
        return self._become(self._client.reset(self.id))

    def delete(self) -> None:
        """Delete it; `restore` undoes that for a while."""
        self._client.delete(self.id)

    def restore(self) -> Task:
        """Undo its deletion."""
        return self._become(self._client.restore(self.id))

    def rotate_token(self) -> str:
        """A new token for an ad-hoc task; the old one stops working."""
        return str(self._become(self._client.rotate_token(self.id)).token_secret)

    def _become(self, other: Task) -> Task:
        self.data = other.data
        return self


class Run(RunRecord):
    """A run on a server. What it shows is as of when it was fetched; `refresh` looks again, `wait` until it is over."""

    def __init__(self, data: Mapping[str, Any], client: SchedulerClient) -> None:
        super().__init__(data)
        self._client = client
        self.root = client.connection.server.root

    def refresh(self) -> Run:
        """Look again; returns this very object."""
        self.data = self._client.get_run(self.id).data
        return self

    def wait(self, timeout: float | None = None, *, progress: bool = True, check: bool = False) -> Run:
        """Wait until it is over, showing how far it is; returns this very object.

        Raises StillRunning, a TimeoutError, after `timeout` seconds, and with `check` RunFailed unless it succeeded.
        To interrupt the waiting, or to run out of time, does not touch the run.
        """
        with Waiting(self, timeout, progress=progress) as waiting:
            while (pause := waiting.pause()) is not None:
                time.sleep(pause)
                self.refresh()
        if check and not self.has_succeeded:
            raise failure(self)
        return self

    def cancel(self) -> Run:
        """Stop it."""
        self.data = self._client.cancel(self.id).data
        return self

    def log(self, *, follow: bool = False) -> Iterator[dict[str, Any]]:
        """Entries of its log; with `follow` until it is over."""
        return self._client.log(self.id, follow=follow)

    def task(self) -> Task:
        """The task that it ran."""
        return self._client.task(self.task_id)


def schedule(
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
) -> Task:
    """Make a task on this kernel's own server; see `SchedulerClient.schedule`.

    ``schedule("reports/nightly.ipynb", "30 2 * * *", parameters={"region": "eu"})``
    """
    return SchedulerClient().schedule(
        what,
        when,
        name=name,
        code=code,
        parameters=parameters,
        timezone=timezone,
        kernel_name=kernel_name,
        kernel=kernel,
        **members,
    )
