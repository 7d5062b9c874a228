from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jupyter_scheduler_ext.engine.ledger import Bury, Claim, Note, Prune, Reset, RunFilter, TokenUsed, Unburied, Unbury
from jupyter_scheduler_ext.engine.runs import TERMINAL, Origin, RunError, RunState
from jupyter_scheduler_ext.stores.ledger_rows import TEXT_LIMIT
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, OWNER, apply_one, by_hand, claim_of, finish_of, perform, run_of, start_of

ENDS = sorted(TERMINAL)


def test_a_finish_records_the_end_and_its_meaning_for_the_task(ledger: SqlLedger) -> None:
    error = RunError(name="ValueError", message="no rows", traceback="...\nValueError: no rows")
    answer = perform(ledger, by_hand(), RunState.FAILED, result="3 rows", error=error, reason="cell 2 failed")
    assert answer.run == ledger.run(answer.run.id)
    assert (answer.run.state, answer.run.duration, answer.run.error) == (RunState.FAILED, 1.0, error)
    assert answer.facts == ledger.facts()["task"]
    assert (answer.facts.failures, answer.facts.last_state) == (1, RunState.FAILED)
    assert json.loads(answer.facts.last_run)["result"] == "3 rows"
    assert ledger.active() == []


@pytest.mark.parametrize("first", ENDS)
def test_terminal_is_final(ledger: SqlLedger, first: RunState) -> None:
    run = by_hand()
    ledger.apply([Claim(task_id="task", runs=(run,)), start_of(run)])
    ended = apply_one(ledger, finish_of(run, first)).run
    assert ledger.apply([finish_of(run, end) for end in ENDS]) == [None] * len(ENDS)
    assert ledger.apply([start_of(run), Note(run_id=run.id, owner=OWNER, epoch=1, progress=0.5)]) == [False, False]
    assert ledger.run(run.id) == ended


@pytest.mark.parametrize("stranger", [{"owner": "boot:2:7"}, {"epoch": 0}, {"epoch": 2}])
def test_a_zombie_is_refused_whatever_it_writes(ledger: SqlLedger, stranger: dict[str, object]) -> None:
    run = by_hand()
    zombie = run._replace(**stranger)
    apply_one(ledger, Claim(task_id="task", runs=(run,)))
    assert apply_one(ledger, start_of(zombie)) is False
    apply_one(ledger, start_of(run))
    before = ledger.run(run.id)
    note = Note(run_id=run.id, owner=zombie.owner or "", epoch=zombie.epoch, progress=0.5)
    assert ledger.apply([note, finish_of(zombie)]) == [False, None]
    assert ledger.run(run.id) == before
    assert ledger.facts()["task"].last_state is None


def test_what_nobody_claimed_cannot_start_or_finish(ledger: SqlLedger) -> None:
    assert ledger.apply([start_of(run_of()), finish_of(run_of())]) == [False, None]
    assert ledger.facts() == {}


def test_a_run_starts_once(ledger: SqlLedger) -> None:
    run = by_hand()
    apply_one(ledger, Claim(task_id="task", runs=(run,)))
    assert ledger.apply([start_of(run, NOW + 5), start_of(run, NOW + 9)]) == [True, False]
    recorded = ledger.run(run.id)
    assert recorded is not None
    assert recorded.started_at == NOW + 5


def test_notes_add_up_and_silence_changes_nothing(ledger: SqlLedger) -> None:
    run = by_hand()
    ledger.apply([Claim(task_id="task", runs=(run,)), start_of(run)])
    note = Note(run_id=run.id, owner=OWNER, epoch=1)
    ledger.apply([replace(note, progress=0.25, kernel_id="k"), replace(note, output_path="out.ipynb"), note])
    apply_one(ledger, replace(note, kernel_process="77:1234"))
    recorded = ledger.run(run.id)
    assert recorded is not None
    assert (recorded.progress, recorded.kernel_id, recorded.output_path) == (0.25, "k", "out.ipynb")
    assert ledger.kernel_processes(OWNER) == {run.id: "77:1234"}
    assert ledger.kernel_processes("boot:2:7") == {}
    apply_one(ledger, finish_of(run))
    assert ledger.kernel_processes(OWNER) == {}


def test_a_run_can_be_claimed_as_running(ledger: SqlLedger) -> None:
    run = by_hand(state=RunState.RUNNING, started_at=NOW)
    apply_one(ledger, Claim(task_id="task", runs=(run,)))
    assert apply_one(ledger, start_of(run)) is False
    assert apply_one(ledger, finish_of(run)).run.duration == 1.0


def test_the_time_of_a_kernel_start_is_not_counted(ledger: SqlLedger) -> None:
    answer = perform(ledger, by_hand(), started_at=NOW + 400)
    assert answer.run.started_at == NOW + 400
    assert answer.run.duration == 0.6


def test_a_clock_that_went_back_makes_no_negative_duration(ledger: SqlLedger) -> None:
    assert perform(ledger, by_hand(), at=NOW - 5000).run.duration == 0.0


def test_the_claims_reason_stays_if_the_end_gives_none(ledger: SqlLedger) -> None:
    assert perform(ledger, by_hand(reason="attempt 2 of 3")).run.reason == "attempt 2 of 3"


def test_a_finish_brings_its_retry(ledger: SqlLedger) -> None:
    run = by_hand()
    retry = run_of(origin=Origin.RETRY, attempt=2, due_at=NOW + 30_000)._replace(key=run.key)
    answer = perform(ledger, run, RunState.FAILED, retry=retry)
    assert answer.retried
    assert ledger.active() == [retry]
    assert {found.id for found in ledger.runs(RunFilter(key=run.key))} == {run.id, retry.id}


def test_a_refused_finish_brings_no_retry(ledger: SqlLedger) -> None:
    run = by_hand()
    perform(ledger, run)
    retry = run_of(origin=Origin.RETRY, attempt=2)
    assert apply_one(ledger, finish_of(run, RunState.FAILED, retry=retry)) is None
    assert ledger.run(retry.id) is None


def test_a_retry_that_exists_is_not_recorded_twice(ledger: SqlLedger) -> None:
    first, second = by_hand(), by_hand(at=NOW + 1)
    retry = run_of(origin=Origin.RETRY, attempt=2)
    assert perform(ledger, first, RunState.FAILED, retry=retry).retried
    assert not perform(ledger, second, RunState.FAILED, retry=retry._replace(id="another")).retried


def test_a_run_does_not_finish_as_queued(ledger: SqlLedger) -> None:
    run = by_hand()
    apply_one(ledger, Claim(task_id="task", runs=(run,)))
    assert isinstance(apply_one(ledger, finish_of(run, RunState.QUEUED)), ValueError)
    assert ledger.active() == [run]


@pytest.mark.parametrize("letter", ["x", "ä", "€", "\U0001f600"])
def test_long_texts_are_cut_to_64_kib(ledger: SqlLedger, letter: str) -> None:
    long = "begin " + letter * TEXT_LIMIT + " end"
    error = RunError(name="E", message=long, traceback=long)
    run = perform(ledger, by_hand(), RunState.FAILED, result=long, error=error).run
    assert ledger.run(run.id) == run
    for text in (run.result, run.error.message, run.error.traceback):
        assert TEXT_LIMIT - 4 <= len(text.encode()) <= TEXT_LIMIT
    assert run.result.startswith("begin")
    assert run.error.traceback.endswith("end"), "the exception stands at the end of a traceback"
    last = json.loads(ledger.facts()["task"].last_run)
    assert len(last["result"]) == 500


def test_pause_after_halts_the_task_until_a_reset(ledger: SqlLedger) -> None:
    for number in range(2):
        perform(ledger, by_hand(at=NOW + number), RunState.FAILED, pause_after=3)
    assert ledger.facts()["task"].halted is None
    facts = perform(ledger, by_hand(at=NOW + 3), RunState.LOST, pause_after=3).facts
    assert facts.halted is not None
    assert facts.halted.startswith("3 runs in a row went wrong")
    reset = apply_one(ledger, Reset(task_id="task"))
    assert (reset.halted, reset.failures, reset.last_state) == (None, 0, None)
    assert reset.strip == facts.strip
    assert ledger.facts()["task"] == reset


def test_the_use_of_a_token_is_remembered(ledger: SqlLedger) -> None:
    assert apply_one(ledger, TokenUsed(task_id="task", at=NOW)).token_last_used == NOW
    assert ledger.facts()["task"].token_last_used == NOW


def test_deleting_and_undoing_brings_back_definition_and_facts(ledger: SqlLedger) -> None:
    facts = perform(ledger, by_hand(), RunState.FAILED).facts
    apply_one(ledger, Bury(task_id="task", definition='{"name": "x"}', at=NOW))
    assert ledger.facts() == {}
    assert apply_one(ledger, Unbury(task_id="task")) == Unburied('{"name": "x"}', facts)
    assert ledger.facts() == {"task": facts}
    assert apply_one(ledger, Unbury(task_id="never")) is None


def test_undoing_can_be_tried_again_until_the_next_prune(ledger: SqlLedger) -> None:
    apply_one(ledger, Bury(task_id="task", definition='{"name": "x"}', at=NOW))
    undo = Unbury(task_id="task")
    assert [answer.definition for answer in ledger.apply([undo, undo])] == ['{"name": "x"}', '{"name": "x"}']
    apply_one(ledger, Prune(keep=9, before=0, buried_before=0))
    assert apply_one(ledger, undo) is None


def test_a_deleted_task_is_not_claimed(ledger: SqlLedger) -> None:
    apply_one(ledger, Bury(task_id="task", definition="{}", at=NOW))
    answer = apply_one(ledger, claim_of(run_of()))
    assert (answer.accepted, answer.runs, answer.active, answer.buried) == (False, (), (), True)
    assert ledger.active() == []


def test_a_late_finish_ends_its_run_but_leaves_the_deleted_task_alone(ledger: SqlLedger) -> None:
    run = by_hand()
    ledger.apply([Claim(task_id="task", runs=(run,)), start_of(run), Bury(task_id="task", definition="{}", at=NOW)])
    retry = run_of(origin=Origin.RETRY, attempt=2)
    assert apply_one(ledger, finish_of(run, RunState.FAILED, retry=retry)) is None
    recorded = ledger.run(run.id)
    assert recorded is not None
    assert recorded.state is RunState.FAILED
    assert ledger.run(retry.id) is None
    apply_one(ledger, Unbury(task_id="task"))
    assert ledger.facts()["task"].failures == 0


def test_what_still_waited_is_cancelled_with_its_task(ledger: SqlLedger) -> None:
    run = by_hand()
    ledger.apply([Claim(task_id="task", runs=(run,)), Bury(task_id="task", definition="{}", at=NOW + 7)])
    recorded = ledger.run(run.id)
    assert recorded is not None
    assert (recorded.state, recorded.finished_at) == (RunState.CANCELLED, NOW + 7)
    assert "deleted" in recorded.reason
    assert apply_one(ledger, start_of(run)) is False
