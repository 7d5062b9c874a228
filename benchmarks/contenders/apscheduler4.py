"""APScheduler 4 as a contender: ``python apscheduler4.py MEASURE --tasks N --folder DIR``, in its own environment.

A pre-release. Schedules are made while it does not run yet, and all that it may do at once it may.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler import AsyncScheduler, ConflictPolicy
from apscheduler.datastores.memory import MemoryDataStore
from apscheduler.datastores.sqlalchemy import SQLAlchemyDataStore
from apscheduler.triggers.interval import IntervalTrigger
from contest import Lag, Measures, answer, memory
from sqlalchemy.ext.asyncio import create_async_engine

FAR = timedelta(hours=6)
started = 0
at = 0.0


async def noop() -> None:
    global started, at
    started += 1
    at = time.time()


def scheduler_of(folder: Path | None, jobs: int = 100) -> AsyncScheduler:
    """In memory, or in a SQLite database as it makes one by default."""
    if folder is None:
        store: Any = MemoryDataStore()
    else:
        folder.mkdir(parents=True, exist_ok=True)
        store = SQLAlchemyDataStore(create_async_engine(f"sqlite+aiosqlite:///{folder / 'schedules.sqlite'}"))
    return AsyncScheduler(store, max_concurrent_jobs=jobs)


async def fill(scheduler: AsyncScheduler, count: int, due: datetime) -> None:
    for number in range(count):
        await scheduler.add_schedule(noop, IntervalTrigger(hours=1, start_time=due), id=f"{number:06d}")


async def burst(scheduler: AsyncScheduler, count: int, setting_up: float) -> dict[str, Any]:
    """From due to the last start."""
    async with scheduler:
        due = datetime.now(UTC) + timedelta(seconds=setting_up)
        await fill(scheduler, count, due)
        if datetime.now(UTC) > due:
            raise RuntimeError("setting up took longer than was left until due")
        await scheduler.start_in_background()
        while datetime.now(UTC) < due - timedelta(seconds=0.05):
            await asyncio.sleep(0.01)
        async with (lag := Lag()):
            while started < count:
                await asyncio.sleep(0.005)
        return {"last_start": at - due.timestamp(), **lag.told()}


async def burst_in_memory(_: Path, count: int) -> dict[str, Any]:
    return await burst(scheduler_of(None, count), count, 2 + count / 500)


async def burst_in_database(folder: Path, count: int) -> dict[str, Any]:
    return await burst(scheduler_of(folder, count), count, 3 + count / 40)


async def idle_tick(_: Path, count: int) -> dict[str, Any]:
    """What a wake-up with nothing due asks of its store."""
    async with scheduler_of(None) as scheduler:
        await fill(scheduler, count, datetime.now(UTC) + FAR)
        store, lease = scheduler.data_store, timedelta(seconds=30)
        seen = []
        for _ in range(200):
            start = time.perf_counter()
            for _ in range(100):
                await store.acquire_schedules("benchmark", lease, 100)
                await store.get_next_schedule_run_time()
            seen.append((time.perf_counter() - start) / 100)
        return {"tick": seen}


async def change(folder: Path, count: int) -> dict[str, Any]:
    """One schedule replaced in the database."""
    async with scheduler_of(folder) as scheduler:
        await fill(scheduler, count, datetime.now(UTC) + FAR)
        seen = []
        for number in range(40):
            trigger = IntervalTrigger(hours=2 + number, start_time=datetime.now(UTC) + FAR)
            start = time.perf_counter()
            await scheduler.add_schedule(
                noop, trigger, id=f"{number * 37 % count:06d}", conflict_policy=ConflictPolicy.replace
            )
            seen.append(time.perf_counter() - start)
            await asyncio.sleep(0.02)
        return {"change": seen}


async def memory_of_schedules(_: Path, count: int) -> dict[str, Any]:
    """Bytes a schedule, in memory and ready to run."""
    async with scheduler_of(None) as scheduler:
        before = memory()
        await fill(scheduler, count, datetime.now(UTC) + FAR)
        return {"bytes": (memory() - before) / count}


MEASURES: Measures = {
    "burst-in-memory": burst_in_memory,
    "burst-in-database": burst_in_database,
    "idle-tick": idle_tick,
    "change": change,
    "memory": memory_of_schedules,
}

if __name__ == "__main__":
    answer(MEASURES)
