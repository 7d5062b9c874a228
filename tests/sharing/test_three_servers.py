"""T9: three servers, one schedule in PostgreSQL; kills, pauses and restarts of the database. Each fire starts once."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from postgres import Postgres

from jupyter_scheduler_ext.engine.runs import ACTIVE, Origin, RunState

from .household import Household, Member, plan_of, until

LEASE = 5.0


class Night:
    """A stretch of time in which `fires` fires of `tasks` tasks fall due, and things happen to servers and database."""

    def __init__(self, database: Postgres, folder: Path, *, tasks: int, fires: int, seconds: float) -> None:
        self.database = database
        self.house = Household(database.url(), folder, LEASE)
        self.tasks = tasks
        self.each = fires // tasks
        self.seconds = seconds
        self.happened: Counter[str] = Counter()
        self._paused: list[tuple[float, Member]] = []
        self._names = iter(f"server-{number}" for number in range(1, 1000))
        self.living: list[Member] = []

    def begin(self) -> None:
        self.living = self.house.begin(*(next(self._names) for _ in range(3)))
        now = self.house.ledger.now()
        first, step = now + 3000, int(self.seconds * 1000 / self.each)
        self.plan = {
            f"task-{number:03}": [first + number * step // self.tasks + turn * step for turn in range(self.each)]
            for number in range(self.tasks)
        }
        retried = {"on_crash": "retry", "retries": {"max": 2, "delay": 1}}
        self.house.save(
            plan_of(name, instants, now, policy=retried if number % 4 == 0 else {})
            for number, (name, instants) in enumerate(self.plan.items())
        )
        self.end = time.monotonic() + 3 + self.seconds

    def wait(self, seconds: float) -> None:
        """Let time pass; whoever was paused long enough goes on."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._wake()
            time.sleep(0.1)

    def _wake(self, now: float | None = None) -> None:
        for at, member in list(self._paused):
            if (now or time.monotonic()) >= at:
                member.send(signal.SIGCONT)
                self._paused.remove((at, member))
                self.living.append(member)

    def kill(self) -> None:
        self.happened["killed"] += 1
        self.living.pop(0).send(signal.SIGKILL)

    def replace(self) -> None:
        self.living += self.house.begin(next(self._names))

    def pause(self, seconds: float) -> None:
        """Long enough to be taken for dead; it finds out when it goes on."""
        self.happened["paused"] += 1
        member = self.living.pop(0)
        member.send(signal.SIGSTOP)
        self._paused.append((time.monotonic() + seconds, member))

    def restart_database(self, seconds: float, how: signal.Signals) -> None:
        self.happened["database restarted"] += 1
        self.database.stop(how)
        self.wait(seconds)
        self.database.start()

    def finish(self) -> None:
        """Wait until every fire has come to its end."""
        self.wait(max(0.0, self.end - time.monotonic()))
        self._wake(float("inf"))
        wanted = {(name, at) for name, instants in self.plan.items() for at in instants}

        def over() -> bool:
            runs = self.house.runs()
            recorded = {(run.task_id, run.fire_time) for run in runs}
            return wanted <= recorded and not any(run.state in ACTIVE for run in runs)

        until(over, "an end of every fire")

    def check(self) -> str:
        """Every fire has its record, none started twice; in words."""
        starts, runs = self.house.starts(), self.house.runs()
        twice = [
            key
            for key, times in Counter((task, fire, attempt) for task, fire, _, attempt, *_ in starts).items()
            if times > 1
        ]
        assert not twice, f"started twice: {twice[:5]}"
        careful = {name for number, name in enumerate(self.plan) if number % 4}
        again = Counter((task, fire) for task, fire, *_ in starts if task in careful)
        assert max(again.values()) == 1, "started again though nobody asked for that"
        planned = Counter((run.task_id, run.fire_time) for run in runs if run.origin is Origin.PLAN)
        assert planned == Counter((name, at) for name, instants in self.plan.items() for at in instants)
        by_id = {run.id: run for run in runs}
        assert all(run_id in by_id for *_, run_id, _ in starts), "something started that has no record"
        unexplained = [run for run in runs if run.state is not RunState.SUCCEEDED and not (run.reason or run.error)]
        assert not unexplained
        told = {run_id for *_, run_id, _ in starts}
        assert all(run.id in told for run in runs if run.state is RunState.SUCCEEDED), "recorded, but never started"
        due = {run.id: run.due_at or run.fire_time for run in runs}
        assert all(by_id[run_id].started_at >= due[run_id] for run_id in told if by_id[run_id].started_at is not None)
        states = Counter(run.state.value for run in runs)
        shares = Counter(name for *_, name in starts)
        told_in_words = f"{sum(planned.values())} fires, {len(starts)} starts, 0 twice"
        return f"{told_in_words}; {dict(states)}; {dict(shares)}; {dict(self.happened)}"


@pytest.mark.timeout(900)
def test_three_servers_start_each_fire_once_whatever_happens_to_them(database: Postgres, tmp_path: Path) -> None:
    night = Night(database, tmp_path / "house", tasks=60, fires=720, seconds=20)
    with night.house:
        night.begin()
        night.wait(5)
        night.kill()
        night.replace()
        night.pause(LEASE + 2)
        night.wait(LEASE + 3)
        night.restart_database(2, signal.SIGKILL)
        night.wait(1)
        night.kill()
        night.replace()
        night.finish()
        print(night.check())
        shares = Counter(name for *_, name in night.house.starts())
        assert len(shares) >= 2, f"the work was not spread: {shares}"


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_ten_minutes_of_it(database: Postgres, tmp_path: Path) -> None:
    night = Night(database, tmp_path / "house", tasks=50, fires=2000, seconds=600)
    chance = Random(7)

    def kill_and_replace() -> None:
        night.kill()
        night.wait(chance.uniform(0, 10))
        night.replace()

    happenings: list[Callable[[], None]] = [
        kill_and_replace,
        kill_and_replace,
        lambda: night.pause(chance.uniform(0.5, 3) * LEASE),
        lambda: night.restart_database(chance.uniform(0, 5), chance.choice((signal.SIGKILL, signal.SIGINT))),
    ]
    with night.house:
        night.begin()
        while time.monotonic() < night.end - 30:
            night.wait(chance.uniform(3, 15))
            if len(night.living) > 1:
                chance.choice(happenings)()
        night.finish()
        print(night.check())
