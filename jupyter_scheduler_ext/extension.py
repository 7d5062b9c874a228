"""The server extension: its configuration, its start and stop, and who is wired to whom."""

from __future__ import annotations

import asyncio
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from jupyter_server.utils import url_escape, url_path_join
from traitlets import Callable, Dict, Float, Integer, List, Unicode, Union, default

from .engine.clock import SystemClock
from .stores.place import default_folder

if TYPE_CHECKING:
    from .engine.abc import Admission
    from .engine.scheduler import TaskScheduler
    from .handlers.feed import Feed
    from .handlers.rates import CallRates, Rate
    from .stores.template_file import TemplateFile
    from .wiring import Assembly

HERE = Path(__file__).parent
RATE_LIMITS = {
    "backfill": 60,
    "bulk": 300,
    "export": 60,
    "find": 300,
    "import": 60,
    "preview": 1200,
    "report": 300,
    "run": 1200,
}
"""Calls a minute, by what `endpoint.Endpoint.rate` calls them: more than a person or a page makes, less than a loop."""
STOP_MARGIN = 20.0
"""Seconds that a stop may take beyond the drain: a stop that hangs would keep the whole server."""
ACTIVITY_EVERY = 60.0
"""Seconds between two reports of activity to whoever culls idle servers (JupyterHub)."""


class SchedulerExtension(ExtensionAppJinjaMixin, ExtensionApp):
    """Schedules notebooks, code and commands on this Jupyter server."""

    name = "scheduler_ext"
    app_name = "Jupyter scheduler extension"
    description = "A Jupyter server that opens the scheduler's page."
    extension_url = "/scheduler-ext/"
    load_other_extensions = True

    storage_dir = Unicode(
        help="""Folder of the task definitions and the history; made when the first task is made. Servers with the same
        folder share one schedule. Default: a folder of this user and this served root, below Jupyter's data folder."""
    ).tag(config=True)
    db_url = Unicode(
        help="""Database of task definitions and history, for several servers with one schedule:
        postgresql://user@host/database or sqlite:////folder/schedule.sqlite. Empty: files in `storage_dir`. Keep the
        password out of it, in ~/.pgpass. Default: the environment's JUPYTER_SCHEDULER_EXT_DB_URL."""
    ).tag(config=True)
    executors = List(
        Unicode(),
        default_value=["local"],
        help="""Where runs may be performed: `local` (the kernels of this server, always among them), `dask` (a Dask
        cluster), or what another package brings. A task that does not say runs on the first.""",
    ).tag(config=True)
    keep_alive_window = Float(
        3600.0,
        min=0.0,
        help="""Seconds: an idle server is not culled while a run is under way or due within this time. 0: the scheduler
        never keeps a server alive.""",
    ).tag(config=True)
    trigger_rate_limit = Integer(
        10, min=1, help="How many times a minute a task may be called with a token, right or wrong."
    ).tag(config=True)

    rate_limits = Dict(
        value_trait=Integer(),
        help="""Costly calls that one user may make in a minute, by kind; 0: without limit. What is left out keeps its
        default. A refused call is answered with 429 and Retry-After.""",
    ).tag(config=True)
    owner_check = Union(
        [Callable(), Unicode()],
        default_value=None,
        allow_none=True,
        help="""Asked at each run whether the task's owner may still do this, for servers that several people share: a
        function (owner, task, run), plain or async, or its dotted name. True lets the run start; False, or a sentence
        that says why not, records it as skipped, and so does an exception or no answer in time. Default: not asked.""",
    ).tag(config=True)
    owner_check_timeout = Float(10.0, min=0.1, help="Seconds that `owner_check` may take.").tag(config=True)

    @default("storage_dir")
    def _default_storage_dir(self) -> str:
        return str(default_folder(self.server.root_dir))

    @default("db_url")
    def _default_db_url(self) -> str:
        return os.environ.get("JUPYTER_SCHEDULER_EXT_DB_URL", "")

    @default("static_paths")
    def _default_static_paths(self) -> list[str]:
        return [str(HERE / "static")]

    @default("template_paths")
    def _default_template_paths(self) -> list[str]:
        return [str(HERE / "templates")]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clock = SystemClock()
        self._assembling: asyncio.Task[Assembly] | None = None
        self._feed: Feed | None = None
        self._chores: list[asyncio.Task[None]] = []
        self._stopped = False

    @property
    def server(self) -> Any:
        """The Jupyter server this belongs to."""
        return self.serverapp

    # Jupyter's hooks

    def initialize_settings(self) -> None:
        from .agents.access import offer
        from .announcements import register

        register(self.server.event_logger)
        offer(self)

    def initialize_handlers(self) -> None:
        from .handlers.routes import handlers

        self.handlers.extend(handlers())

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        self._begin()

    def current_activity(self) -> dict[str, bool] | None:
        """Something is going on, or will be soon: Jupyter then does not shut an idle server down."""
        assembly = self._assembled()
        if assembly is None or not self.keep_alive_window:
            return None
        return {"scheduled_work": True} if assembly.scheduler.has_work_within(self.keep_alive_window) else None

    async def stop_extension(self) -> None:
        """Drain and stop. Never raises, never hangs: the server goes on stopping whatever happens here."""
        self._stopped = True
        try:
            for chore in self._chores:
                chore.cancel()
            if self._feed is not None:
                self._feed.close()
            await self._stop_engine()
        except Exception:
            self.log.exception("the scheduler did not stop in order")

    # The engine

    async def assembly(self) -> Assembly:
        """The scheduler with all that belongs to it, started if nobody did. Raises `errors.Unavailable`."""
        from .engine.errors import Unavailable

        if self._stopped:
            raise Unavailable("the server is stopping")
        assembling = self._begin()
        try:
            return await asyncio.shield(assembling)
        except Exception as error:
            raise Unavailable(f"the scheduler could not start: {error}") from error

    async def engine(self) -> TaskScheduler:
        """The scheduler, with its stores open. Raises `errors.Unavailable` while they cannot be opened."""
        from .engine.errors import Unavailable

        scheduler: TaskScheduler = (await self.assembly()).scheduler
        try:
            await scheduler.ready()
        except TimeoutError:
            raise Unavailable("the scheduler is starting", code="starting") from None
        return scheduler

    async def feed(self) -> Feed:
        """What pushes to the open pages."""
        from .handlers.feed import Feed

        scheduler = await self.engine()
        if self._feed is None:
            self._feed = Feed(scheduler)
        return self._feed

    def notebook_url(self, path: str) -> str:
        """Where a person opens a notebook: in JupyterLab if this server has it, else in Notebook."""
        lab = "jupyterlab" in self.server.extension_manager.extensions
        return url_path_join(self.server.base_url, "lab/tree" if lab else "notebooks", url_escape(path))

    def admission(self) -> Admission | None:
        """Who is asked before a run starts. Raises ImportError if `owner_check` names nothing: nothing then runs."""
        from traitlets.utils.importstring import import_item

        from .engine.ownership import OwnerCheck

        question = self.owner_check
        if isinstance(question, str):
            question = import_item(question)
        return None if question is None else OwnerCheck(question, self.owner_check_timeout)

    @cached_property
    def templates(self) -> TemplateFile:
        """The templates of this schedule."""
        from .stores.template_file import TemplateFile

        return TemplateFile(Path(self.storage_dir))

    @cached_property
    def call_rates(self) -> CallRates:
        """How often each user may make calls that cost."""
        from .handlers.rates import CallRates

        return CallRates({**RATE_LIMITS, **self.rate_limits}, self.clock.monotonic)

    @cached_property
    def trigger_rate(self) -> Rate:
        """How often each task may be called with a token."""
        from .handlers.rates import Rate

        return Rate(self.trigger_rate_limit, 60, self.clock.monotonic)

    @cached_property
    def test_rate(self) -> Rate:
        """How often each target of notifications may get a test message."""
        from .handlers.rates import Rate

        return Rate(6, 60, self.clock.monotonic)

    def _begin(self) -> asyncio.Task[Assembly]:
        if self._assembling is None:
            self._assembling = asyncio.get_running_loop().create_task(self._assemble(), name="scheduler_ext start")
            self._assembling.add_done_callback(self._report)
        return self._assembling

    async def _assemble(self) -> Assembly:
        """Put the parts together; the stores are opened in the background."""
        from importlib import import_module

        wiring = await asyncio.to_thread(import_module, ".wiring", __package__)
        telemetry = await asyncio.to_thread(import_module, ".telemetry", __package__)
        assembly: Assembly = wiring.assemble(self)
        scheduler = assembly.scheduler
        others = assembly.notifications.run(scheduler), telemetry.observe(self, assembly)
        for chore in (*others, scheduler.start(), self._show_activity(), self._announce(scheduler)):
            self._chores.append(asyncio.get_running_loop().create_task(chore))
        return assembly

    def _assembled(self) -> Assembly | None:
        made = self._assembling
        return made.result() if made and made.done() and not made.cancelled() and not made.exception() else None

    async def _stop_engine(self) -> None:
        if self._assembling is None:
            return
        self._assembling.cancel()
        await asyncio.wait([self._assembling])
        assembly = self._assembled()
        if assembly is None:
            return
        scheduler = assembly.scheduler
        try:
            async with asyncio.timeout(scheduler.drain_timeout + STOP_MARGIN):
                await scheduler.stop()
        except TimeoutError:
            self.log.warning("the scheduler did not stop in time; its runs are recovered at the next start")
        finally:
            type(scheduler).clear_instance()

    def _report(self, made: asyncio.Task[Assembly]) -> None:
        if not made.cancelled() and made.exception() is not None:
            self.log.error("the scheduler could not start", exc_info=made.exception())

    # Telling others

    async def _announce(self, scheduler: TaskScheduler) -> None:
        from .announcements import Announcer

        await Announcer(scheduler, self.server.event_logger).run()

    async def _show_activity(self) -> None:
        from .engine.instants import to_datetime

        while True:
            if self.current_activity():
                times = self.server.web_app.settings["last_activity_times"]
                times[self.name] = to_datetime(self.clock.now())
            await self.clock.sleep(ACTIVITY_EVERY)
