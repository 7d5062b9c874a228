"""T15 for the ledger: what a batch costs in commits and statements, counted, not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_scheduler_ext.engine.ledger import Heartbeat, Note, RunFilter
from jupyter_scheduler_ext.engine.runs import ACTIVE, RunState
from jupyter_scheduler_ext.stores.database import CHUNK, SqliteDatabase
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, OWNER, StillClock, claim_of, finish_of, run_of, start_of


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    return SqliteDatabase(tmp_path / "history.sqlite", StillClock(NOW))


@pytest.fixture
def ledger(database: SqliteDatabase) -> Iterator[SqlLedger]:
    ledger = SqlLedger(database)
    ledger.open()
    yield ledger
    ledger.close()


@pytest.fixture
def counting(database: SqliteDatabase) -> Callable[[], Iterator[Counter[str]]]:
    """Counts the writer's statements by their first word."""

    @contextmanager
    def count() -> Iterator[Counter[str]]:
        words: Counter[str] = Counter()
        connection = database._writer
        assert connection is not None
        connection.set_trace_callback(lambda sql: words.update([sql.split(None, 1)[0]]))
        yield words
        connection.set_trace_callback(None)

    return count


@pytest.mark.parametrize("number", [1, 1000])
def test_a_tick_is_one_commit_and_two_rows_a_task(ledger: SqlLedger, counting, number: int) -> None:
    claims = [claim_of(run_of(f"t{n}"), max_active=1) for n in range(number)]
    with counting() as words:
        ledger.apply(claims)
    reads = 3 * -(-number // CHUNK)
    assert words == {"BEGIN": 1, "COMMIT": 1, "SELECT": reads - reads // 3, "WITH": reads // 3, "INSERT": 2 * number}


@pytest.mark.parametrize("number", [1, 1000])
def test_starts_and_finishes_write_one_and_two_rows_each(ledger: SqlLedger, counting, number: int) -> None:
    runs = [run_of(f"t{n}") for n in range(number)]
    ledger.apply([claim_of(run) for run in runs])
    reads = 3 * -(-number // CHUNK)
    with counting() as words:
        ledger.apply([start_of(run) for run in runs])
    assert words == {"BEGIN": 1, "COMMIT": 1, "SELECT": reads, "UPDATE": number}
    with counting() as words:
        ledger.apply([finish_of(run) for run in runs])
    assert words == {"BEGIN": 1, "COMMIT": 1, "SELECT": reads, "UPDATE": number, "INSERT": number}


def test_claim_start_and_finish_of_one_batch_write_the_run_once(ledger: SqlLedger, counting) -> None:
    run = run_of()
    with counting() as words:
        ledger.apply([claim_of(run), start_of(run), finish_of(run)])
    assert (words["COMMIT"], words["INSERT"], words["UPDATE"]) == (1, 2, 0)


def test_mixed_ops_share_one_commit(ledger: SqlLedger, counting) -> None:
    run, other = run_of(), run_of("other")
    ledger.apply([claim_of(run), start_of(run)])
    note = Note(run_id=run.id, owner=OWNER, epoch=1, progress=0.5)
    with counting() as words:
        ledger.apply([note, Heartbeat(owner=OWNER, lease=45), claim_of(other), finish_of(run)])
    assert words["COMMIT"] == 1


def test_what_is_refused_writes_nothing(ledger: SqlLedger, counting) -> None:
    run = run_of()
    ledger.apply([claim_of(run), start_of(run), finish_of(run)])
    with counting() as words:
        ledger.apply([claim_of(run_of(fire=NOW + 1), after=NOW - 7), start_of(run), finish_of(run, RunState.FAILED)])
    assert words["INSERT"] == words["UPDATE"] == 0


READS = {
    "newest": (lambda ledger: ledger.runs(RunFilter()), "runs_newest"),
    "next page": (lambda ledger: ledger.runs(RunFilter(before=(NOW, "x"))), "runs_newest"),
    "of a task": (lambda ledger: ledger.runs(RunFilter(task_id="t", before=(NOW, "x"))), "runs_of_task"),
    "of a context": (lambda ledger: ledger.runs(RunFilter(context_id="c")), "runs_of_context"),
    "of a key": (lambda ledger: ledger.runs(RunFilter(key="k")), "runs_of_key"),
    "by state": (lambda ledger: ledger.runs(RunFilter(states=frozenset({RunState.LOST}))), "runs_newest"),
    "active by filter": (lambda ledger: ledger.runs(RunFilter(states=ACTIVE)), "runs_active"),
    "active": (lambda ledger: ledger.active(), "runs_active"),
    "kernels": (lambda ledger: ledger.kernel_processes(OWNER), "runs_active"),
    "lapsed owners": (lambda ledger: ledger.lapsed_owners(), "runs_active"),
    "buckets": (lambda ledger: ledger.buckets(NOW, NOW + 1000, 10), "COVERING INDEX runs_in_time"),
    "buckets of a task": (lambda ledger: ledger.buckets(NOW, NOW + 1000, 10, "t"), "runs_"),
}


@pytest.mark.parametrize(("read", "index"), READS.values(), ids=READS)
def test_each_question_is_answered_from_its_index(
    ledger: SqlLedger, database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch, read, index: str
) -> None:
    asked: list[tuple[str, object]] = []
    query = database.query
    monkeypatch.setattr(database, "query", lambda sql, values=(): asked.append((sql, values)) or query(sql, values))
    read(ledger)
    ((sql, values),) = asked
    plan = [row[3] for row in query(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any(index in step for step in plan), plan
    walks = [step for step in plan if step.startswith("SCAN runs")]
    assert walks in ([], ["SCAN runs USING INDEX runs_newest"]), plan
    assert not walks or index == "runs_newest", "only a list of all runs walks through all runs, and stops at its limit"
