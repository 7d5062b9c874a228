"""What a finished run means for its task (RELIABILITY 2 and 3)."""

from __future__ import annotations

import json

import pytest

from jupyter_scheduler_ext.engine.runs import Facts, Origin, Run, RunState
from jupyter_scheduler_ext.engine.settle import settle

FRESH = Facts(task_id="task")


def ended(state: RunState, *, started: int | None = 1_000, **given: object) -> Run:
    values = {
        "id": "run",
        "task_id": "task",
        "task_name": "Task",
        "context_id": "task",
        "origin": Origin.SCHEDULE,
        "fire_time": 900,
        "key": "key",
        "state": state,
        "queued_at": 900,
        "started_at": started,
        "finished_at": 3_500,
    }
    return Run(**(values | given))


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.TIMED_OUT, RunState.LOST])
@pytest.mark.parametrize("started", [1_000, None])
def test_a_bad_end_counts_whether_or_not_any_code_began(state: RunState, started: int | None) -> None:
    facts = settle(Facts(task_id="task", failures=2), ended(state, started=started), 0)
    assert (facts.failures, facts.last_state, facts.halted) == (3, state, None)


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.INTERRUPTED])
def test_a_stopped_run_neither_counts_nor_forgives(state: RunState) -> None:
    facts = settle(Facts(task_id="task", failures=2), ended(state), 3)
    assert (facts.failures, facts.last_state, facts.halted) == (2, state, None)


def test_a_success_starts_the_count_anew_but_does_not_end_a_halt() -> None:
    facts = settle(Facts(task_id="task", failures=2, halted="why"), ended(RunState.SUCCEEDED), 3)
    assert (facts.failures, facts.last_state, facts.halted) == (0, RunState.SUCCEEDED, "why")


def test_a_run_cancelled_before_it_started_shows_in_the_strip_only() -> None:
    before = Facts(task_id="task", failures=1, last_state=RunState.FAILED, last_run="{}")
    after = settle(before, ended(RunState.CANCELLED, started=None), 0)
    assert (after.last_state, after.last_run) == (RunState.FAILED, "{}")
    assert after.strip == '[["cancelled",null]]'


@pytest.mark.parametrize(("pause_after", "halts"), [(0, False), (1, True), (2, True), (3, True), (4, False)])
def test_pause_after_so_many_failures_in_a_row_the_schedule_halts(pause_after: int, halts: bool) -> None:
    facts = settle(Facts(task_id="task", failures=2), ended(RunState.FAILED), pause_after)
    assert (facts.halted is not None) is halts


def test_the_halt_is_told_in_words() -> None:
    one = settle(FRESH, ended(RunState.FAILED), 1)
    assert one.halted == "The last run went wrong; the schedule stands still until the task is reset"
    third = settle(Facts(task_id="task", failures=2), ended(RunState.FAILED), 2)
    assert third.halted == "3 runs in a row went wrong; the schedule stands still until the task is reset"


def test_another_failure_keeps_the_first_reason_to_halt() -> None:
    facts = settle(Facts(task_id="task", failures=3, halted="first"), ended(RunState.FAILED), 3)
    assert (facts.failures, facts.halted) == (4, "first")


def test_the_strip_keeps_the_last_twenty_with_their_seconds() -> None:
    facts = FRESH
    for number in range(25):
        facts = settle(facts, ended(RunState.SUCCEEDED, finished_at=1_000 + number * 10), 0)
    assert json.loads(facts.strip) == [["succeeded", number / 100] for number in range(5, 25)]


def test_the_last_run_is_told_as_the_api_shows_it() -> None:
    facts = settle(FRESH, ended(RunState.SUCCEEDED, result="x" * 600), 0)
    assert facts.last_run is not None
    assert json.loads(facts.last_run) == {
        "id": "run",
        "state": "succeeded",
        "fire_time": "1970-01-01T00:00:00.900Z",
        "started_at": "1970-01-01T00:00:01.000Z",
        "finished_at": "1970-01-01T00:00:03.500Z",
        "duration": 2.5,
        "result": "x" * 500,
    }


def test_nothing_else_is_touched() -> None:
    before = Facts(task_id="task", cursor=5, run_count=7, token_last_used=9)
    after = settle(before, ended(RunState.SUCCEEDED), 0)
    assert (after.task_id, after.cursor, after.run_count, after.token_last_used) == ("task", 5, 7, 9)
