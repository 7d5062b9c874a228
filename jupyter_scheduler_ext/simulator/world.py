"""A world: one storage, processes that come and go over it, a person who edits, and a seed that decides everything."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ..engine.errors import SchedulerError
from ..engine.instants import to_instant, to_rfc3339
from ..engine.models import AnyTask, ScheduledTask
from ..engine.scheduler import TaskScheduler
from ..stores.database import SqliteDatabase
from ..stores.memory import MemoryStore
from .fakes import FakeKernels, FragileLedger, FragileStore, Mortal
from .invariants import Stretch, Violation, Watcher
from .virtual_time import VirtualClock, VirtualLoop

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "America/Havana")
STARTS = ("2026-03-08T03:00", "2026-03-28T20:00", "2026-04-04T10:00", "2026-06-01T00:00", "2026-10-24T20:00")
RULES = (
    "*/{n} * * * *", "{m} * * * *", "{m} */{h} * * *", "{m} {h} * * *", "{m} {h} * * 1-5", "0 0 * * *", "30 2 * * *",
    "*/20 1-3 * * *", "15,45 {h} * * *",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What to simulate. With `nights` things go wrong: crashes, clock steps, suspends, full disks, edits."""

    seed: int = 0
    tasks: int = 100
    days: float = 1
    nights: bool = False
    calm: bool = False
    """No task fails or hangs, and none is frequent: for counting fires over a long time."""


@dataclass(slots=True)
class Report:
    """What was seen."""

    fires: int = 0
    commits: int = 0
    starts: int = 0
    events: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)


class World:
    """Runs one scenario; raises `invariants.Violation` where an invariant does not hold."""

    def __init__(self, scenario: Scenario, loop: VirtualLoop, folder: Path, say: Callable[[str], None]) -> None:
        self.scenario = scenario
        self.random = Random(scenario.seed)
        start = datetime.fromisoformat(self.random.choice(STARTS)).replace(tzinfo=UTC)
        self.clock = VirtualClock(loop, to_instant(start))
        self.report = Report()
        limit = self.random.choice((2, 4, 8)) if scenario.nights else 64
        self.watcher = Watcher(limit=limit, task_of=self._task, violated=self._violated)
        self._violation: asyncio.Future[Report] = loop.create_future()
        self.stretches: dict[str, list[Stretch]] = {}
        self._folder = folder
        self._say = say
        self._shared = MemoryStore()
        self._ids = self._identifiers()
        self._owners = 0
        self._mortal = Mortal()
        self._run: asyncio.Task[Any] | None = None
        self.scheduler: TaskScheduler

    def _identifiers(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            yield f"r{number:07d}"

    def _task(self, task_id: str) -> AnyTask | None:
        return self._shared.open().tasks.get(task_id)

    def tell(self, event: str, text: str = "") -> None:
        self.report.events[event] += 1
        self.report.trace.append(line := f"{to_rfc3339(self.clock.now())} {event} {text}".rstrip())
        self._say(line)

    # Processes

    async def boot(self) -> None:
        """A server process starts."""
        self._owners += 1
        self._mortal = Mortal()
        ledger = FragileLedger(SqliteDatabase(self._folder / "history.sqlite", self.clock))
        ledger.mortal, ledger.committed = self._mortal, self._committed
        self.scheduler = TaskScheduler(
            store=FragileStore(self._shared, self._mortal),
            ledger=ledger,
            executors={"local": FakeKernels(self.random, self._starting, 0.0 if self.scenario.calm else 0.05)},
            folder=self._folder,
            clock=self.clock,
            new_id=self._ids.__next__,
            owner=f"boot:{self._owners}:{self._owners}",
            inline=True,
            timezone="UTC",
            max_concurrent_runs=self.watcher.limit,
            watch_interval=3600,
            lead=0,
        )
        await self.scheduler.start()
        self.tell("boot", f"process {self._owners}")

    async def crash(self) -> None:
        """kill -9: whatever it was doing, nothing of it goes on, and nothing of it is written any more."""
        self.tell("crash")
        self._mortal.dead = True
        await _end(asyncio.all_tasks() - {asyncio.current_task(), self._run})
        self.scheduler.leadership.release()
        self.scheduler.ledger.close()
        self.watcher.running.clear()

    def _committed(self, ops: Any, answers: Any) -> None:
        for op, answer in zip(ops, answers, strict=True):
            self._say(
                f"    {type(op).__name__} {getattr(op, 'task_id', getattr(op, 'run_id', ''))} -> {_short(answer)}"
            )
        self.watcher.committed(ops, answers)

    def _starting(self, run: Any) -> None:
        self.report.starts += 1
        self.report.trace.append(f"{to_rfc3339(self.clock.now())} start {run.id} {run.task_name} {run.fire_time}")
        self.watcher.starting(run)

    # People

    def draft(self, index: int) -> dict[str, Any]:
        """A task as this world's people make them."""
        random = self.random
        rules = RULES[2:8] if self.scenario.calm else RULES
        rule = random.choice(rules).format(
            n=random.choice((5, 7, 15, 30)), m=random.randrange(60), h=random.randrange(2, 9)
        )
        policy: dict[str, Any] = {
            "catchup": random.choice(("none", "latest", "latest", "all")),
            "overlap": random.choice(("skip", "skip", "queue_one", "cancel_previous", "allow")),
            "jitter": random.choice((0, 0, 0, 30, 600)),
            "timeout": random.choice((60, 600, 86_400)),
            "on_crash": random.choice(("fail", "retry")),
            "retries": {"max": random.choice((0, 0, 1, 3)), "delay": 10},
        }
        data: dict[str, Any] = {
            "uuid": f"t{index:05d}",
            "name": f"task {index}",
            "type": "scheduled",
            "schedule": rule,
            "policy": policy,
            "action": {"kind": "noop"},
        }
        if random.random() < 0.1:
            now = datetime.fromtimestamp(self.clock.now() / 1000, UTC)
            dates = [now + timedelta(minutes=random.randrange(2, 2880)) for _ in range(random.randrange(1, 6))]
            data |= {"type": "planned", "plan": {"todo": [date.isoformat() for date in dates]}}
            del data["schedule"]
        else:
            data["schedule"] = dict(zip(("minute", "hour", "day", "month", "weekday"), rule.split(), strict=True))
            data["schedule"]["timezone"] = random.choice(ZONES)
        return data

    async def make(self, index: int) -> None:
        task, _ = await self.scheduler.create(self.draft(index))
        self._began(task)

    def _began(self, task: AnyTask) -> None:
        assert task.effective_from is not None
        # After the clock was set back a cursor may lie ahead of now; what it has passed is not done again.
        start = max(to_instant(task.effective_from), self.watcher.cursors.get(task.uuid, 0))
        self.stretches.setdefault(task.uuid, []).append(Stretch(task, start))

    def _ended(self, task: AnyTask) -> None:
        last = self.stretches[task.uuid][-1]
        if last.end is None:
            last.end = self.clock.now()
            last.passed = self.watcher.cursors.get(task.uuid, 0)

    async def edit(self) -> None:
        """A person changes something."""
        tasks = self.scheduler.tasks.snapshot.tasks
        if not tasks:
            return
        task = tasks[self.random.choice(sorted(tasks))]
        what = self.random.choice(("disable", "enable", "reschedule", "rename", "run", "reset", "cancel"))
        self.tell(what, task.uuid)
        try:
            await self._edit(task, what)
        except SchedulerError as error:
            self.tell("refused", f"{what}: {error.message}")

    async def _edit(self, task: AnyTask, what: str) -> None:
        scheduler = self.scheduler
        if what == "rename":
            await scheduler.update(task.uuid, {"name": f"{task.name}'"})
        elif what == "run":
            await scheduler.run(task.uuid)
        elif what == "reset":
            await scheduler.reset(task.uuid)
        elif what == "cancel":
            for run in scheduler.board.active(task.uuid)[:1]:
                await scheduler.cancel(run.id)
        elif what == "disable" and task.enabled:
            await scheduler.disable(task.uuid)
            self._ended(task)
        elif what == "enable" and not task.enabled:
            self._began(await scheduler.enable(task.uuid))
        elif what == "reschedule" and isinstance(task, ScheduledTask) and task.enabled:
            after = await scheduler.update(task.uuid, {"schedule": {"minute": str(self.random.randrange(60))}})
            if after.effective_from != task.effective_from:
                self._ended(task)
                self._began(after)

    # Nights

    async def trouble(self) -> None:
        """Something goes wrong."""
        random = self.random
        match random.choice(
            ("crash", "crash", "restart", "suspend", "forward", "back", "disk", "edit", "edit", "edit")
        ):
            case "crash":
                await self.crash()
                await asyncio.sleep(random.choice((0, 5, 600, 7200, 90_000)))
                await self.boot()
            case "restart":
                self.tell("stop")
                await self.scheduler.stop()
                await asyncio.sleep(random.choice((0, 60, 4000)))
                await self.boot()
            case "suspend":
                self.tell("suspend")
                self.clock.step(random.choice((30, 3600, 40_000)))
            case "forward":
                self.tell("clock forward")
                self.clock.step(random.choice((3, 90, 5000)))
            case "back":
                self.tell("clock back")
                self.clock.step(-random.choice((3, 90, 5000)))
            case "disk":
                self.tell("disk full")
                self._mortal.broken = "no space left on device"
                await asyncio.sleep(random.choice((2, 60, 1200)))
                self._mortal.broken = None
                self.tell("disk has room")
            case _:
                await self.edit()

    async def run(self) -> Report:
        """The scenario from beginning to end, or to the first violation."""
        self._run = asyncio.current_task()
        life = asyncio.ensure_future(self.live())
        await asyncio.wait({life, self._violation}, return_when=asyncio.FIRST_COMPLETED)
        return await (self._violation if self._violation.done() else life)

    def _violated(self, violation: Violation) -> None:
        if not self._violation.done():
            self._violation.set_exception(violation)

    async def live(self) -> Report:
        await self.boot()
        for index in range(self.scenario.tasks):
            await self.make(index)
            await asyncio.sleep(0)  # the board looks at this list of tasks now, rather than at all of them at the end
        until = self.clock.now() + int(self.scenario.days * 86_400_000)
        while (left := (until - self.clock.now()) / 1000) > 0:
            if not self.scenario.nights:
                await asyncio.sleep(left)
                break
            await asyncio.sleep(min(left, self.random.expovariate(1 / 2400)))
            await self.trouble()
            self.check(settled=False)
        # Let retries, queues and the last steps of stopping come to rest before everything is counted.
        await asyncio.sleep(120)
        self.check(settled=True)
        await self.scheduler.stop()
        self.report.commits = self.watcher.commits
        self.report.outcomes.update(state.value for state in self.watcher.states.values())
        return self.report

    def check(self, *, settled: bool) -> None:
        """Count the fires of every task; the newest tick must have come to its end for `settled`."""
        # The last quarter minute may be under way: a claim, a wake of the loop after a suspend.
        now = self.clock.now() - 20_000
        facts = self.scheduler.board.facts
        fires = 0
        for task_id, stretches in self.stretches.items():
            halted = task_id in facts and facts[task_id].halted is not None
            fires += self.watcher.check_fires(stretches, now, settled=settled and not halted)
        self.report.fires = fires


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _short(answer: Any) -> str:
    text = str(getattr(answer, "accepted", None) or getattr(answer, "state", None) or answer)
    return text if len(text) < 60 else type(answer).__name__


def simulate(scenario: Scenario, say: Callable[[str], None] = lambda line: None) -> Report:
    """Run one scenario in virtual time. Raises `invariants.Violation`, told with the seed that replays it."""
    loop = VirtualLoop()
    # In memory where that can be had: a simulation commits as often as a server in a month, and none of it must last.
    shm = Path("/dev/shm")
    quiet = logging.getLogger("jupyter_scheduler_ext")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
            world = World(scenario, loop, Path(folder), say)
            try:
                return loop.run_until_complete(world.run())
            except Violation as violation:
                raise Violation(f"{violation} (at {to_rfc3339(world.clock.now())}; replay: {scenario})") from None
    finally:
        quiet.setLevel(level)
        loop.run_until_complete(_end(asyncio.all_tasks(loop)))
        loop.close()
