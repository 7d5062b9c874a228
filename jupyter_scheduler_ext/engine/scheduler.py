"""TaskScheduler: the one instance a server has, and the whole of what handlers, magics and the CLI may ask of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from traitlets import Float, Int, List, Unicode
from traitlets.config import SingletonConfigurable

from . import collector
from .abc import Admission, Clock, ContextStore, Executor, Ledger, StoreError, TaskStore
from .answering import answered
from .assembly import Assembly
from .clock import local_zone
from .endings import answers_for
from .errors import Conflict, NotFound, Unavailable
from .execution import Resolve
from .instants import Instant
from .leader import Holder, LeaderLock
from .ledger import RunFilter
from .listing import TaskQuery
from .models import AnyTask
from .preview import preview
from .runs import ACTIVE, Origin, Run
from .sharing import LEASE
from .status import banners, status
from .timeline import timeline
from .transfer import export_tasks, import_tasks

log = logging.getLogger(__name__)

T = TypeVar("T")


class TaskScheduler(SingletonConfigurable):
    """Keeps tasks, runs them on time, remembers what happened.

    Coroutines run on the event loop on which `start` was awaited; from another thread use `call`. Every method raises
    `errors.SchedulerError` subclasses for what its caller can do something about. What says nothing of itself does what
    the method of the same name in `edits.Editor` does.
    """

    timezone = Unicode(help="Zone of schedules that name none; the machine's own by default.").tag(config=True)
    max_concurrent_runs = Int(4, min=1, help="Runs in flight at a time; more wait in a fair queue.").tag(config=True)
    drain_timeout = Float(10.0, min=0, help="Seconds that runs in flight are given at stop.").tag(config=True)
    history_runs = Int(100, min=1, help="Runs kept of each task.").tag(config=True)
    history_days = Float(30.0, min=0, help="Days that runs are kept.").tag(config=True)
    undo_days = Float(7.0, min=0, help="Days in which a deleted task can be restored.").tag(config=True)
    lead = Float(5.0, min=0, help="Seconds before a fire at which its kernel is started; 0: never.").tag(config=True)
    max_tasks = Int(100_000, min=1, help="Tasks this server keeps at most.").tag(config=True)
    watch_interval = Float(1.0, min=0.1, help="Seconds between two looks at what other processes did.").tag(config=True)
    label = Unicode("", help="Name of this server in runs and in status.").tag(config=True)
    server_labels = List(
        Unicode(),
        help="Labels of this server, where several share a schedule in a database: a task may be tied to one.",
    ).tag(config=True)
    lease = Float(
        LEASE,
        min=1,
        help="""Seconds without a sign of life after which the others, where several servers share a schedule in a
        database, take over this one's work. The same on all of them.""",
    ).tag(config=True)

    def __init__(
        self,
        *,
        store: TaskStore,
        ledger: Ledger,
        executors: Mapping[str, Executor],
        folder: Path,
        contexts: ContextStore | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] | None = None,
        lock: LeaderLock | None = None,
        resolve: Resolve | None = None,
        admission: Admission | None = None,
        owner: str | None = None,
        inline: bool = False,
        **kwargs: Any,
    ) -> None:
        """`inline` commits in the caller, without threads: for the simulator."""
        super().__init__(**kwargs)
        self._parts = parts = Assembly(
            self,
            store=store,
            ledger=ledger,
            executors=executors,
            folder=folder,
            contexts=contexts,
            clock=clock,
            new_id=new_id,
            lock=lock,
            resolve=resolve,
            admission=admission,
            owner=owner,
            inline=inline,
        )
        self.folder = folder
        self.contexts = contexts
        self.owner = parts.owner
        self.clock = parts.clock
        self.executors = parts.executors
        self.tasks = parts.tasks
        self.ledger = parts.ledger
        self.commits = parts.commits
        self.logs = parts.logs
        self.board = parts.board
        self.changes = parts.board.changes
        self.views = parts.views
        self.lists = parts.lists
        self.outlook = parts.outlook
        self.pipeline = parts.pipeline
        self.ticker = parts.ticker
        self.editor = parts.editor
        self.manual = parts.manual
        self.leadership = parts.leadership
        self.trouble: str | None = None
        """Why the stores could not be opened, while they cannot."""
        self._inline = inline
        self._ready = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def leading(self) -> bool:
        """Does this server tick?"""
        return self.leadership.leading

    def answers_for(self, run: Run) -> bool:
        """Is it this server that tells others of this run? See `endings.answers_for`."""
        leads, house = self.leading, self.leadership.keeps_house
        return answers_for(run, owner=self.owner, leading=leads, keeps_house=house)

    # Life

    async def start(self) -> None:
        """Open the stores and go on in the background; returns when the first picture is complete.

        A store that cannot be opened is tried again every few seconds, and `status` says so meanwhile.
        """
        self._loop = asyncio.get_running_loop()
        while True:
            try:
                with collector.young_only():
                    await self._parts.open()
                break
            except StoreError as error:
                log.error("the scheduler cannot start, trying again: %s", error)
                self.trouble = str(error)
                await self.clock.sleep(5.0)
        self.trouble = None
        collector.forget_what_stays()
        self._ready.set()
        self._loops = [asyncio.create_task(loop, name=name) for name, loop in self._parts.loops().items()]

    async def stop(self) -> None:
        """Drain and let go of everything. Never raises; bounded by `drain_timeout` and a few steps of five seconds."""
        for loop in self._loops:
            loop.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await loop
        await self._parts.close(self.drain_timeout)

    async def ready(self) -> None:
        """Wait until the stores are open. Raises `errors.Unavailable` if they cannot be opened at the moment."""
        if not self._ready.is_set():
            if self.trouble is not None:
                raise Unavailable(f"the scheduler's store cannot be opened: {self.trouble}", code="store")
            await asyncio.wait_for(self._ready.wait(), 10)

    async def _read(self, question: Callable[[], T]) -> T:
        """Ask the ledger beside the commits: what reads for a second must not hold up a claim."""
        if self._inline:
            return question()
        began = monotonic()
        return await answered(asyncio.to_thread(question), lambda: monotonic() - began)

    async def _answered(self, work: Coroutine[Any, Any, T]) -> T:
        """What is asked of the stores; it fails if they do, and within seconds if they say nothing."""
        return await answered(work, lambda: max(self.tasks.busy_for, self.commits.busy_for), wait=not self._inline)

    def call(self, work: Any, timeout: float | None = None) -> Any:
        """Run one of the coroutines from another thread and wait for its value."""
        assert self._loop is not None, "the scheduler was not started"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def wake(self) -> None:
        """Something may be due earlier than the loop thinks."""
        self._parts.wake()

    # Tasks

    def task_json(self, uuid: str) -> dict[str, Any]:
        """A task with its next fires. Raises `errors.NotFound`."""
        task = self.editor.get(uuid)
        return self.views.as_json(task) | {"next_runs": self.views.next_runs(task, 5)}

    def task_bytes(self, uuid: str) -> bytes:
        """A task as JSON text, cached. Raises `errors.NotFound`."""
        return self.views.full(self.editor.get(uuid))

    def slim_bytes(self, uuid: str) -> bytes:
        """What a table needs of a task, as JSON text, cached."""
        return self.views.slim(self.editor.get(uuid))

    async def list_tasks(self, **query: Any) -> tuple[list[str], int, str | None, str]:
        """Ids, number of all matches, cursor of the next page, and a revision: what the list does not show yet is
        marked after it. See `listing.TaskQuery`. Raises `errors.Invalid` naming the parameter."""
        revision = self.changes.revision
        page = await self.lists.find(TaskQuery(**{k: v for k, v in query.items() if v is not None}))
        return page.ids, page.total, page.next_cursor, revision

    async def create(self, data: Mapping[str, Any], owner: str = "") -> tuple[AnyTask, str | None]:
        await self.ready()
        return await self._answered(self.editor.create(data, owner))

    async def update(
        self, uuid: str, patch: Mapping[str, Any], if_match: int | None = None, *, by: str | None = None
    ) -> AnyTask:
        """`by` is who changes it: whoever changes what a task runs becomes its owner."""
        await self.ready()
        return await self._answered(self.editor.update(uuid, patch, if_match, by=by))

    async def delete(self, uuid: str) -> None:
        await self.ready()
        await self._answered(self.editor.delete(uuid))

    async def restore(self, uuid: str) -> AnyTask:
        await self.ready()
        return await self._answered(self.editor.restore(uuid))

    async def enable(self, uuid: str) -> AnyTask:
        return await self._answered(self.editor.set_enabled(uuid, True))

    async def disable(self, uuid: str) -> AnyTask:
        return await self._answered(self.editor.set_enabled(uuid, False))

    async def reset(self, uuid: str) -> AnyTask:
        return await self._answered(self.editor.reset(uuid))

    async def rotate_token(self, uuid: str, expires_at: datetime | None = None) -> str:
        return await self._answered(self.editor.rotate_token(uuid, expires_at))

    async def revoke_token(self, uuid: str) -> None:
        await self._answered(self.editor.revoke_token(uuid))

    # Runs

    async def tick(self) -> list[Run]:
        """Claim what is due now; the loop does so by itself. Raises `errors.Conflict` on a follower."""
        await self.ready()
        if not self.leading:
            raise Conflict("another server leads and ticks", code="follower")
        asks_no_store = (due := self.board.agenda.next()) is None or due > self.clock.now()
        return await (self.ticker.tick() if asks_no_store else self._answered(self.ticker.tick()))

    async def run(
        self,
        uuid: str,
        parameters: Mapping[str, Any] | None = None,
        key: str | None = None,
        force: bool = False,
        origin: Origin = Origin.MANUAL,
    ) -> Run:
        """Run a task now. Raises `errors.Conflict`: disabled (unless `force`), or its active run under overlap."""
        await self.ready()
        given = dict(parameters or {})
        other = self.leadership.elsewhere(uuid)
        if other is not None:
            wish = {"task_id": uuid, "parameters": given, "key": key, "force": force, "origin": origin.value}
            reply = await self._answered(self.leadership.requests.ask("run", wish, other))
            return await self.get_run(reply["run_id"])
        work = self.manual.run(uuid, parameters=given, key=key, force=force, origin=origin)
        return await self._answered(work)

    async def trigger(
        self, uuid: str, token: str, parameters: Mapping[str, Any] | None = None, key: str | None = None
    ) -> Run:
        """Run an ad-hoc task by its token. One `errors.NotFound` whatever is wrong with task or token."""
        await self.ready()
        self.manual.check_token(uuid, token)
        self.manual.check_trigger(uuid, parameters or {})
        run = await self.run(uuid, parameters, key, origin=Origin.TOKEN)
        await self.manual.used_token(uuid)
        return run

    async def cancel(self, run_id: str) -> Run:
        """Ask an active run to stop; it ends in steps. Raises `errors.Conflict` if it has ended already."""
        await self.ready()
        if not self.leading:
            await self.leadership.requests.ask("cancel", {"run_id": run_id})
            return await self.get_run(run_id)
        return await self._answered(self.manual.cancel(run_id))

    async def backfill(self, uuid: str, start: Instant, end: Instant) -> list[Run]:
        """Run every fire in (start, end] that has no backfill yet, one after another."""
        await self.ready()
        if not self.leading:
            raise Conflict("another server leads; ask it for the backfill", code="follower")
        return await self._answered(self.manual.backfill(uuid, start, end))

    async def get_run(self, run_id: str) -> Run:
        """Raises `errors.NotFound`."""
        seen = self.board.recent.get(run_id)
        if seen is not None and (self.leading or seen.state not in ACTIVE):
            return seen
        known = await self._read(lambda: self.ledger.run(run_id))
        if known is None:
            raise NotFound(f"there is no run {run_id}", field="run_id")
        return self.board.latest(known) if self.leading and known.state in ACTIVE else known

    async def runs(self, which: RunFilter) -> list[Run]:
        """History, newest first, with live progress of what is active."""
        found = await self._read(lambda: self.ledger.runs(which))
        return [self.board.latest(run) if run.state in ACTIVE else run for run in found]

    async def read_log(
        self, run_id: str, offset: int = 0, limit: int = 1_000_000
    ) -> tuple[list[dict[str, Any]], int, bool]:
        """Entries from an offset, the offset after them, and whether the log is complete. Raises `errors.NotFound`."""
        run = await self.get_run(run_id)
        loop = asyncio.get_running_loop()
        entries, following, whole = await loop.run_in_executor(None, self.logs.read, run_id, offset, limit)
        return entries, following, whole and run.finished_at is not None

    async def timeline(self, start: Instant, end: Instant, width: int, lanes: bool = False) -> dict[str, Any]:
        """See `timeline.timeline`."""
        return await timeline(
            self.board,
            self.outlook,
            self.lists,
            self.ledger,
            self._read,
            start=start,
            end=end,
            width=width,
            lanes=lanes,
        )

    def preview(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """See `preview.preview`."""
        return preview(body, self.timezone or local_zone(), self.clock.now())

    # Many at once

    async def bulk(self, action: str, ids: list[str], tags: list[str] | None = None) -> list[dict[str, Any]]:
        """Do one thing to many tasks; each answers for itself."""
        from .bulk import bulk

        return await bulk(self, action, ids, tags or [])

    async def export(self, ids: list[str] | None = None) -> dict[str, Any]:
        tasks = self.tasks.snapshot.tasks
        return export_tasks(tasks.values() if ids is None else [self.editor.get(uuid) for uuid in ids])

    async def import_tasks(
        self, data: Any, dry_run: bool = False, on_conflict: Any = "skip", owner: str = ""
    ) -> dict[str, Any]:
        await self.ready()
        return await self._answered(
            import_tasks(
                data,
                board=self.board,
                editor=self.editor,
                owner=owner,
                dry_run=dry_run,
                on_conflict=on_conflict,
            )
        )

    # Looking after it

    def status(self) -> dict[str, Any]:
        """See `status.status`."""
        return status(self)

    def banners(self) -> list[dict[str, str]]:
        """See `status.banners`."""
        return banners(self)

    def leader(self) -> Holder | None:
        """The process that leads, if it is another one."""
        return self.leadership.holder

    def has_work_within(self, seconds: float) -> bool:
        """Is something running or due soon? An idle server with such work should not be culled."""
        if self.pipeline.dispatcher.running or self.pipeline.dispatcher.queued:
            return True
        dues = (self.board.agenda.next(), self.pipeline.later.next())
        return any(due is not None and due <= self.clock.now() + seconds * 1000 for due in dues)
