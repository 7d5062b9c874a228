"""APScheduler 3 as a contender: ``python apscheduler3.py MEASURE --tasks N --folder DIR``, in its own environment.

Jobs are coroutines, which its asyncio scheduler performs on the loop, and `misfire_grace_time` is None: with the
default, one second, it drops the herds that it is late for. Its interval rule is the cheapest that comes again.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from contest import Lag, Measures, answer, memory
from sqlalchemy import create_engine, event

FAR = timedelta(hours=6)
started = 0
at = 0.0


async def noop() -> None:
    global started, at
    started += 1
    at = time.time()


def scheduler_of(folder: Path | None, *, careless: bool = False) -> AsyncIOScheduler:
    """In memory, or in a SQLite database as it makes one by default; `careless` writes quickly what is not measured."""
    stores = {}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{folder / 'jobs.sqlite'}")
        if careless:
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        stores = {"default": SQLAlchemyJobStore(engine=engine)}
    return AsyncIOScheduler(jobstores=stores, timezone=UTC, job_defaults={"misfire_grace_time": None})


def fill(scheduler: AsyncIOScheduler, count: int, due: datetime) -> None:
    for number in range(count):
        scheduler.add_job(noop, "interval", hours=1, start_date=due, id=f"{number:06d}", name=f"Task {number:06d}")


async def store(folder: Path, count: int, due: datetime | None = None) -> None:
    """A database of so many jobs."""
    scheduler = scheduler_of(folder, careless=True)
    fill(scheduler, count, due or datetime.now(UTC) + FAR)
    scheduler.start(paused=True)
    scheduler.shutdown(wait=False)
    await asyncio.sleep(0.1)


async def burst(scheduler: AsyncIOScheduler, count: int) -> dict[str, Any]:
    """From due to the last start."""
    due = datetime.now(UTC) + FAR
    fill(scheduler, count, due)
    scheduler.start(paused=True)
    soon = datetime.now(UTC) + timedelta(seconds=1 + count / 2000)
    for job in scheduler.get_jobs():
        job.modify(next_run_time=soon)
    scheduler.resume()
    async with (lag := Lag()):
        while started < count:
            await asyncio.sleep(0.005)
    scheduler.shutdown(wait=False)
    if at < soon.timestamp():
        raise RuntimeError("setting up took longer than was left until due")
    return {"last_start": at - soon.timestamp(), **lag.told()}


async def burst_in_memory(_: Path, count: int) -> dict[str, Any]:
    return await burst(scheduler_of(None), count)


async def burst_in_database(folder: Path, count: int) -> dict[str, Any]:
    soon = datetime.now(UTC) + timedelta(seconds=3 + count / 200)
    await store(folder, count, soon)
    scheduler = scheduler_of(folder)
    scheduler.start(paused=True)
    if datetime.now(UTC) > soon:
        raise RuntimeError("setting up took longer than was left until due")
    while datetime.now(UTC) < soon - timedelta(seconds=0.1):
        await asyncio.sleep(0.01)
    scheduler.resume()
    async with (lag := Lag()):
        while started < count:
            await asyncio.sleep(0.005)
    scheduler.shutdown(wait=False)
    return {"last_start": at - soon.timestamp(), **lag.told()}


async def idle_tick(_: Path, count: int) -> dict[str, Any]:
    """One wake-up with nothing due."""
    scheduler = scheduler_of(None)
    fill(scheduler, count, datetime.now(UTC) + FAR)
    scheduler.start()
    await asyncio.sleep(0.1)
    seen = []
    for _ in range(200):
        start = time.perf_counter()
        for _ in range(100):
            scheduler._process_jobs()
        seen.append((time.perf_counter() - start) / 100)
    scheduler.shutdown(wait=False)
    return {"tick": seen}


async def change(folder: Path, count: int) -> dict[str, Any]:
    """One job changed in the database."""
    await store(folder, count)
    scheduler = scheduler_of(folder)
    scheduler.start()
    seen = []
    for number in range(40):
        start = time.perf_counter()
        scheduler.modify_job(f"{number * 37 % count:06d}", name=f"changed {number}")
        seen.append(time.perf_counter() - start)
        await asyncio.sleep(0.02)
    scheduler.shutdown(wait=False)
    return {"change": seen}


async def restart(folder: Path, count: int) -> dict[str, Any]:
    """From start to ready with jobs that are in the database already."""
    await store(folder, count)
    start = time.perf_counter()
    scheduler = scheduler_of(folder)
    async with (lag := Lag()):
        scheduler.start()
        scheduler.get_jobs()
        await asyncio.sleep(0)
        seconds = time.perf_counter() - start
        await asyncio.sleep(0.2)
    scheduler.shutdown(wait=False)
    return {"start": seconds, **lag.told()}


async def memory_of_jobs(_: Path, count: int) -> dict[str, Any]:
    """Bytes a job, in memory and ready to run."""
    scheduler = scheduler_of(None)
    scheduler.start()
    fill(scheduler, 10, datetime.now(UTC) + FAR)
    before = memory()
    for number in range(count):
        scheduler.add_job(noop, "interval", hours=1, start_date=datetime.now(UTC) + FAR, name=f"Task {number:06d}")
    return {"bytes": (memory() - before) / count}


MEASURES: Measures = {
    "burst-in-memory": burst_in_memory,
    "burst-in-database": burst_in_database,
    "idle-tick": idle_tick,
    "change": change,
    "restart": restart,
    "memory": memory_of_jobs,
}

if __name__ == "__main__":
    answer(MEASURES)
