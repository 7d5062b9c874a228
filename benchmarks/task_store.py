"""What the file store costs: `python benchmarks/task_store.py [folder on the disk to measure]`.

Wall time tells what a caller waits, fsync included; CPU time of the whole process is what is left of it on a machine
that others use as well.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from jupyter_scheduler_ext.engine.abc import Put
from jupyter_scheduler_ext.engine.models import TASK, AnyTask
from jupyter_scheduler_ext.engine.task_list import SchedulerTaskList
from jupyter_scheduler_ext.stores.json_file import JsonFileStore


def a_task(number: int) -> AnyTask:
    return TASK.validate_python(
        {
            "type": "scheduled",
            "uuid": f"t{number:06}",
            "name": f"Task number {number}",
            "tags": ["finance", "nightly"],
            "schedule": f"{number % 60} {number % 24} * * *",
            "action": {"kind": "notebook", "path": f"reports/n{number}.ipynb", "parameters": {"region": "eu"}},
            "policy": {"retries": {"max": 2}},
        },
        context={"timezone": "Europe/Berlin"},
    )


async def measure(name: str, times: int, act: Callable[[int], Awaitable[Any]]) -> None:
    wall, cpu = [], []
    for number in range(times):
        before, used = time.perf_counter(), time.process_time()
        await act(number)
        wall.append(1000 * (time.perf_counter() - before))
        cpu.append(1000 * (time.process_time() - used))
    wall.sort()
    p99 = wall[min(times - 1, int(times * 0.99))]
    print(
        f"  {name:34} min {wall[0]:8.2f}  p50 {statistics.median(wall):8.2f}  p99 {p99:8.2f} ms"
        f"   CPU p50 {statistics.median(cpu):8.2f} ms"
    )


async def main(folder: Path, count: int) -> None:
    print(f"{count} tasks")
    store = JsonFileStore(folder)
    tasks = SchedulerTaskList(store)
    await tasks.open()

    async def import_all(_: int) -> None:
        await tasks.commit([Put(a_task(number)) for number in range(count)])

    async def edit_one(number: int) -> None:
        old = tasks[f"t{number % count:06}"]
        await tasks.commit([Put(old.model_copy(update={"name": f"Renamed {number}"}), expected=old.revision)])

    async def edit_a_hundred_at_once(_: int) -> None:
        await asyncio.gather(*(edit_one(number) for number in range(100)))

    async def refresh(_: int) -> None:
        await tasks.refresh()

    async def open_(_: int) -> None:
        JsonFileStore(folder).open()

    other = JsonFileStore(folder)
    await measure("make and save all in one commit", 1, import_all)
    await measure("commit one edit", 200, edit_one)
    await measure("100 edits at once", 10, edit_a_hundred_at_once)
    await measure("refresh, nothing new", 50, refresh)
    other.open()

    async def take_up(number: int) -> None:
        await edit_one(number)
        used = time.process_time()
        other.refresh()
        spent.append(1000 * (time.process_time() - used))

    spent: list[float] = []
    await measure("the same, and another server sees it", 10, take_up)
    print(f"  {'of which the other server':76} CPU p50 {statistics.median(spent):8.2f} ms")
    await measure("open", 5, open_)
    print(f"  file: {(folder / 'tasks.json').stat().st_size / 1e6:.2f} MB")
    tasks.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        for count in (100, 1000, 10_000):
            asyncio.run(main(Path(folder) / str(count), count))
