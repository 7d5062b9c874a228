from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.ledger import Bucket, Claim, RunFilter
from jupyter_scheduler_ext.engine.runs import ACTIVE, Origin, Run, RunState
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, apply_one, by_hand, claim_of, finish_of, perform, run_of, start_of


@pytest.fixture
def history(ledger: SqlLedger) -> list[Run]:
    """Thirty runs of three tasks, newest first: five instants, two runs each; `guest` runs in the context of `host`."""
    made: list[Run] = []
    for number in range(10):
        for task_id in ("host", "guest", "loner"):
            context_id = "loner" if task_id == "loner" else "host"
            run = by_hand(task_id, NOW + number, context_id=context_id, queued_at=NOW + number // 2)
            state = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)[number % 3]
            if number < 9:
                made.append(perform(ledger, run, state).run)
            else:
                apply_one(ledger, Claim(task_id=task_id, runs=(run,)))
                made.append(run)
    return sorted(made, key=lambda run: (run.queued_at, run.id), reverse=True)


FILTERS = {
    "all": RunFilter(limit=100),
    "of a task": RunFilter(task_id="guest"),
    "of a shared context": RunFilter(context_id="host"),
    "of a context of one's own": RunFilter(context_id="loner"),
    "of a task in another's context": RunFilter(task_id="guest", context_id="host"),
    "of a task in no such context": RunFilter(task_id="guest", context_id="loner"),
    "by state": RunFilter(states=frozenset({RunState.FAILED, RunState.CANCELLED})),
    "active ones": RunFilter(states=ACTIVE),
    "since": RunFilter(since=NOW + 2),
    "until": RunFilter(until=NOW + 2),
    "between, of a task, by state": RunFilter(
        task_id="host", states=frozenset({RunState.SUCCEEDED}), since=NOW + 1, until=NOW + 4
    ),
    "nobody's": RunFilter(task_id="nobody"),
}


def wanted(run: Run, which: RunFilter) -> bool:
    return (
        which.task_id in (None, run.task_id)
        and which.context_id in (None, run.context_id)
        and (not which.states or run.state in which.states)
        and (which.since is None or run.queued_at >= which.since)
        and (which.until is None or run.queued_at < which.until)
    )


@pytest.mark.parametrize("which", FILTERS.values(), ids=FILTERS)
def test_a_filter_lists_what_it_says_newest_first(ledger: SqlLedger, history: list[Run], which: RunFilter) -> None:
    assert ledger.runs(which) == [run for run in history if wanted(run, which)][: which.limit]


def test_runs_of_one_key_are_found(ledger: SqlLedger, history: list[Run]) -> None:
    assert ledger.runs(RunFilter(key=history[7].key)) == [history[7]]


@pytest.mark.parametrize("task_id", [None, "host"])
def test_pages_follow_one_another_without_gap_or_double(
    ledger: SqlLedger, history: list[Run], task_id: str | None
) -> None:
    seen: list[Run] = []
    before = None
    while page := ledger.runs(RunFilter(task_id=task_id, limit=4, before=before)):
        assert len(page) <= 4
        seen += page
        before = (page[-1].queued_at, page[-1].id)
    assert seen == [run for run in history if task_id in (None, run.task_id)]


def test_an_unknown_run_is_none(ledger: SqlLedger) -> None:
    assert ledger.run("nothing") is None


def test_active_runs_come_oldest_first(ledger: SqlLedger) -> None:
    runs = [by_hand(at=NOW + number) for number in (3, 1, 2)]
    for run in runs:
        apply_one(ledger, Claim(task_id="task", runs=(run,)))
    assert [run.fire_time for run in ledger.active()] == [NOW + 1, NOW + 2, NOW + 3]


def test_buckets_count_by_start_or_else_by_fire_time(ledger: SqlLedger) -> None:
    late, quick = by_hand(at=NOW), by_hand(at=NOW + 1)
    ledger.apply([Claim(task_id="task", runs=(late, quick)), start_of(late, NOW + 2499), start_of(quick)])
    ledger.apply([finish_of(late, RunState.FAILED), finish_of(quick)])
    missed = run_of("other", NOW + 2999, state=RunState.MISSED, finished_at=NOW + 9000)
    apply_one(ledger, claim_of(missed, counted=0))
    buckets = ledger.buckets(NOW - 500, NOW + 3500, 1000)
    assert buckets == [
        Bucket(NOW - 500, {"succeeded": 1}),
        Bucket(NOW + 1500, {"failed": 1}),
        Bucket(NOW + 2500, {"missed": 1}),
    ]
    assert ledger.buckets(NOW - 500, NOW + 3500, 1000, "task") == buckets[:2]
    assert ledger.buckets(NOW + 1, NOW + 2, 1000) == [Bucket(NOW + 1, {"succeeded": 1})]
    assert ledger.buckets(NOW + 3000, NOW + 90_000, 1000) == []


def test_a_waiting_run_counts_in_the_bucket_of_its_fire(ledger: SqlLedger) -> None:
    apply_one(ledger, claim_of(run_of(origin=Origin.PLAN)))
    assert ledger.buckets(NOW, NOW + 1, 1) == [Bucket(NOW, {"queued": 1})]


def test_runs_are_found_by_their_ids(ledger: SqlLedger) -> None:
    made = [by_hand(at=NOW + number) for number in range(5)]
    ledger.apply([Claim(task_id="task", runs=tuple(made))])
    wanted = made[1], made[3]
    found = ledger.runs(RunFilter(ids=(wanted[0].id, "no such run", wanted[1].id)))
    assert {run.id for run in found} == {run.id for run in wanted}
