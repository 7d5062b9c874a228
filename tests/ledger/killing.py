"""Kills a writer again and again and looks at what it left: ``python -m tests.ledger.killing FOLDER KILLS SEED``.

Writers are forked, so that a kill costs milliseconds; this process has no other thread when it forks.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import sqlite3
import sys
import time
from pathlib import Path

from jupyter_scheduler_ext.engine.ledger import RunFilter
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

from .parts import NOW, StillClock, claim_of, finish_of, run_of

TASKS = [f"t{number}" for number in range(5)]


def write(folder: Path, out: int) -> None:
    """Claim and finish without end; tell the ids of claimed runs after each commit."""
    ledger = sqlite_ledger(folder, StillClock(NOW))
    ledger.open()
    os.write(out, b"\n")
    known = ledger.facts().get(TASKS[0])
    after = known.cursor if known else None
    while True:
        fire = NOW if after is None else after + 1
        runs = [run_of(task_id, fire) for task_id in TASKS]
        answers = ledger.apply([claim_of(run, after=after) for run in runs])
        os.write(out, "".join(f"{run.id}\n" for answer in answers for run in answer.runs).encode())
        ledger.apply([finish_of(run) for run in runs])
        after = fire


def write_until_killed(folder: Path, seconds: float) -> set[str]:
    """Returns the ids of the runs that a writer said it had claimed before SIGKILL, so long after it began to write
    (or, if negative, to open the ledger)."""
    incoming, outgoing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(incoming)
            write(folder, outgoing)
        finally:
            os._exit(3)
    os.close(outgoing)
    told = b""
    if seconds >= 0:
        select.select([incoming], [], [])
    deadline = time.monotonic() + abs(seconds)
    while (left := deadline - time.monotonic()) > 0:
        if select.select([incoming], [], [], left)[0]:
            told += os.read(incoming, 1 << 16)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while more := os.read(incoming, 1 << 16):
        told += more
    os.close(incoming)
    assert os.WIFSIGNALED(status), f"the writer failed by itself: {status}"
    return set(told.decode().split("\n")[:-1]) - {""}


def check(folder: Path, told: set[str]) -> None:
    """Everything acknowledged is there, each batch whole, the file sound, nothing left lying about."""
    ledger = sqlite_ledger(folder, StillClock(NOW))
    ledger.open()
    assert all(notice.code == "history_empty" for notice in ledger.notices)
    runs = ledger.runs(RunFilter(limit=1_000_000))
    assert told <= {run.id for run in runs}, "a claim that was acknowledged is gone"
    facts = ledger.facts()
    assert len({row.cursor for row in facts.values()}) <= 1, "a batch was committed in part"
    for task_id, row in facts.items():
        fires = [run.fire_time for run in runs if run.task_id == task_id]
        assert fires[0] == row.cursor, "cursor and runs tell different stories"
        assert len(set(fires)) == len(fires) == row.run_count
    ledger.close()
    with contextlib.closing(sqlite3.connect(folder / "history.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {path.name for path in folder.iterdir()} <= {"history.sqlite", "history.lock"}, "litter"


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    told: set[str] = set()
    total = 0
    for number in range(kills):
        if number % 25 == 0:
            total += len(told)
            series, told = folder / str(number), set()
        told |= write_until_killed(series, chance.uniform(-0.01, 0.05))
        check(series, told)
    total += len(told)
    assert total > kills, "hardly a writer lived to commit anything"
    print(f"{kills} kills, {total} claims acknowledged, 0 lost")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
