"""What every contender needs, in whatever environment it lives: standard library only."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Measures = dict[str, Callable[[Path, int], Awaitable[dict[str, Any]]]]
BREATH = 0.0005
"""Seconds between two looks at how late the loop is."""


class Lag:
    """How long an event loop was held by others while the block ran, as somebody who wants to run next sees it."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Lag:
        self._watch = asyncio.create_task(self._look())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._watch is not None
        self._watch.cancel()

    async def _look(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(BREATH)
            self._late.append(max(0.0, time.perf_counter() - before - BREATH))

    def told(self) -> dict[str, float]:
        late = sorted(self._late) or [0.0]
        return {"held": late[-1], "held_p99": late[min(len(late) - 1, len(late) * 99 // 100)]}


def memory() -> int:
    """Bytes of this process that are in memory and shared with nobody."""
    gc.collect()
    for line in Path("/proc/self/smaps_rollup").read_text("utf-8").splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not tell what a process holds in memory")


def answer(measures: Measures) -> None:
    """Take the measure that the command line names, and print what came out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("measure", choices=measures)
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    found = asyncio.run(measures[given.measure](given.folder, given.tasks))
    json.dump(found, sys.stdout)
