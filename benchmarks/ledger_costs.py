"""What the ledger costs on this machine: ``python benchmarks/ledger_costs.py [--history 1000000] [--folder DIR]``.

Commits with synchronous FULL and NORMAL (in turn, beside the floors: bare SQLite, fsync), a tick of 10,000 claims,
10,000 finishes by hundreds, and what reading costs with a long history. Minima are closest to the machine's truth.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from jupyter_scheduler_ext.engine.clock import SystemClock
from jupyter_scheduler_ext.engine.ledger import Claim, Finish, Prune, RunFilter
from jupyter_scheduler_ext.engine.run_id import new_run_id
from jupyter_scheduler_ext.engine.runs import Facts, Origin, Run, RunState
from jupyter_scheduler_ext.engine.settle import settle
from jupyter_scheduler_ext.stores import ledger_page, ledger_rows
from jupyter_scheduler_ext.stores.database import SqliteDatabase
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

NOW = 1_780_000_000_000
HOUR = 3_600_000
TASKS = [f"{number:08x}-aaaa-4bbb-8ccc-{number * 7919 % 2**48:012x}" for number in range(10_000)]
OWNER = "boot:1:2"


def ledger_in(folder: Path, synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL") -> SqlLedger:
    ledger = SqlLedger(SqliteDatabase(folder / "history.sqlite", SystemClock(), synchronous=synchronous))
    ledger.open()
    return ledger


def run_of(task_id: str, fire: int, state: RunState = RunState.RUNNING, **times: Any) -> Run:
    return Run(
        id=new_run_id(fire),
        task_id=task_id,
        task_name=f"Task {task_id[:8]}",
        context_id=task_id,
        origin=Origin.SCHEDULE,
        fire_time=fire,
        key=f"{task_id}:{fire}",
        state=state,
        queued_at=fire,
        due_at=fire,
        owner=OWNER,
        epoch=1,
        **({"started_at": fire} | times),
    )


def report(what: str, seconds: Sequence[float], cpu: Sequence[float] = ()) -> None:
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    used = f"  cpu min {min(cpu) * 1000:9.2f}" if cpu else ""
    print(f"{what:56} min {ordered[0] * 1000:9.3f}  p50 {p50 * 1000:9.3f}  p99 {p99 * 1000:9.3f} ms{used}", flush=True)


def timed(action: Callable[[], Any], times: int) -> tuple[list[float], list[float]]:
    wall, cpu = [], []
    for _ in range(times):
        w, c = time.perf_counter(), time.process_time()
        action()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
    return wall, cpu


def commits(folder: Path) -> None:
    """Rounds of each kind in turn, so that a busy moment of the machine meets them all."""
    ledgers = {"FULL": ledger_in(folder / "full", "FULL"), "NORMAL": ledger_in(folder / "normal", "NORMAL")}
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    file = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY)

    def sync() -> None:
        os.write(file, b"x" * 4096)
        os.fsync(file)

    seen: dict[str, list[float]] = {name: [] for name in (*ledgers, "sqlite", "fsync")}
    for number in range(1000):
        for name, ledger in ledgers.items():
            run = run_of(f"t{number}", NOW)
            claim = Claim(task_id=run.task_id, runs=(run,), cursor=NOW, counted=1, max_active=1)
            seen[name] += timed(lambda ledger=ledger, claim=claim: ledger.apply([claim]), 1)[0]
        seen["sqlite"] += timed(lambda: bare.execute("INSERT INTO t (b) VALUES ('x')"), 1)[0]
        seen["fsync"] += timed(sync, 1)[0]
    for name in ledgers:
        report(f"one claim, synchronous {name}", seen[name])
    report("floor: one row in bare SQLite, WAL, FULL", seen["sqlite"])
    report("floor: write and fsync of 4 KiB", seen["fsync"])
    os.close(file)
    bare.close()
    for ledger in ledgers.values():
        ledger.close()


def burst(folder: Path, rounds: int) -> None:
    ledger = ledger_in(folder / "burst")
    claiming: list[float] = []
    claiming_cpu: list[float] = []
    finishing: list[float] = []
    total: list[float] = []
    for number in range(rounds):
        fire = NOW + number * HOUR
        before = fire - HOUR if number else None
        runs = [run_of(task_id, fire) for task_id in TASKS]
        claims = [
            Claim(task_id=run.task_id, runs=(run,), expected_cursor=before, cursor=fire, counted=1, max_active=1)
            for run in runs
        ]
        wall, cpu = timed(lambda claims=claims: ledger.apply(claims), 1)
        claiming += wall
        claiming_cpu += cpu
        ends = [
            Finish(run_id=run.id, owner=OWNER, epoch=1, state=RunState.SUCCEEDED, at=fire + 900, result="42 rows")
            for run in runs
        ]
        batches = [
            timed(lambda start=start, ends=ends: ledger.apply(ends[start : start + 100]), 1)[0][0]
            for start in range(0, len(ends), 100)
        ]
        finishing += batches
        total.append(sum(batches))
    report("10,000 claims in one batch", claiming, claiming_cpu)
    report("100 finishes in one batch", finishing)
    report("10,000 finishes in batches of 100", total)
    ledger.close()


def long_history(folder: Path, length: int) -> None:
    ledger = ledger_in(folder / "long", "OFF")
    chance = random.Random(1)
    ends = [RunState.SUCCEEDED] * 95 + [RunState.FAILED] * 4 + [RunState.LOST]
    last: dict[str, Run] = {}
    newest = NOW
    database = ledger._database
    for newest in range(NOW, NOW + length // len(TASKS) * HOUR, HOUR):
        for task_id in TASKS:
            times = {"started_at": newest + 50, "finished_at": newest + 1284, "result": "42 rows written"}
            last[task_id] = run_of(task_id, newest, chance.choice(ends), **times)
        with database.transaction() as transaction:
            values = [ledger_rows.run_values(run, "{}", None) for run in last.values()]
            transaction.many(ledger_page._ADD_RUN, values)
    facts = [settle(Facts(task_id=run.task_id, cursor=newest), run, 0) for run in last.values()]
    with database.transaction() as transaction:
        rows = [(*ledger_rows.facts_values(row), length // len(TASKS)) for row in facts]
        transaction.many(ledger_page._PUT_FACTS, rows)
    size = (folder / "long" / "history.sqlite").stat().st_size
    print(f"{length:,} runs of {len(TASKS):,} tasks: {size / 1e6:.0f} MB", flush=True)
    ledger.close()
    ledger = SqlLedger(SqliteDatabase(folder / "long" / "history.sqlite", SystemClock()))
    report("open", timed(ledger.open, 1)[0])
    middle = ledger.runs(RunFilter(until=(NOW + newest) // 2, limit=1))[0]
    one = TASKS[77]
    questions: dict[str, Callable[[], Any]] = {
        "facts() of 10,000 tasks": ledger.facts,
        "active()": ledger.active,
        "runs: newest 50": lambda: ledger.runs(RunFilter()),
        "runs: 50 from the middle": lambda: ledger.runs(RunFilter(before=(middle.queued_at, middle.id))),
        "runs: 50 of a task": lambda: ledger.runs(RunFilter(task_id=one)),
        "runs: 50 of a context": lambda: ledger.runs(RunFilter(context_id=one)),
        "runs: of a key": lambda: ledger.runs(RunFilter(key=middle.key)),
        "runs: newest 50 that were lost (1 %)": lambda: ledger.runs(RunFilter(states=frozenset({RunState.LOST}))),
        "runs: by a state that never was": lambda: ledger.runs(RunFilter(states=frozenset({RunState.MISSED}))),
        "buckets: the last day in quarters of an hour": lambda: ledger.buckets(newest - 24 * HOUR, newest, HOUR // 4),
        "buckets: everything by day": lambda: ledger.buckets(NOW, newest + HOUR, 24 * HOUR),
        "buckets: everything of a task by day": lambda: ledger.buckets(NOW, newest + HOUR, 24 * HOUR, one),
    }
    for what, ask in questions.items():
        report(what, timed(ask, 5)[0])
    keep = length // len(TASKS) - 1
    report(
        "prune 500 of 10,000",
        timed(lambda: ledger.apply([Prune(keep=keep, before=0, buried_before=0, limit=500)]), 5)[0],
    )
    fire = newest + HOUR
    claims = [
        Claim(task_id=task_id, runs=(run_of(task_id, fire),), expected_cursor=newest, cursor=fire, max_active=1)
        for task_id in TASKS
    ]
    wall, cpu = timed(lambda: ledger.apply(claims), 1)
    report("10,000 claims in one batch on top of it", wall, cpu)
    ledger.close()


def facts_of_many(folder: Path, number: int) -> None:
    ledger = ledger_in(folder / f"facts-{number}", "OFF")
    run = run_of("t", NOW, RunState.SUCCEEDED, finished_at=NOW + 900, result="42 rows written")
    row = Facts(task_id="t", cursor=NOW)
    for _ in range(20):
        row = settle(row, run, 0)
    values = ledger_rows.facts_values(row)[1:]
    with ledger._database.transaction() as transaction:
        transaction.many(ledger_page._PUT_FACTS, [(f"{n:032x}", *values, 1) for n in range(number)])
    report(f"facts() of {number:,} tasks", *timed(ledger.facts, 5))
    ledger.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=1_000_000, help="runs in the long history; 0: none")
    parser.add_argument("--rounds", type=int, default=8, help="bursts of 10,000")
    parser.add_argument(
        "--folder", type=Path, default=None, help="on the disk to measure; the default is a temporary one"
    )
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        commits(folder)
        burst(folder, options.rounds)
        facts_of_many(folder, 10_000)
        facts_of_many(folder, 100_000)
        if options.history:
            long_history(folder, options.history)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
