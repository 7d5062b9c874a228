from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.ledger import Adopt, Claim, Resume, RunFilter, SetCursor
from jupyter_scheduler_ext.engine.runs import Facts, Origin, RunState
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, OWNER, OpenLedger, apply_one, by_hand, claim_of, finish_of, run_of, start_of


def test_a_claim_records_its_runs_and_moves_the_cursor(ledger: SqlLedger) -> None:
    run = run_of(parameters={"region": "eu", "n": [1, None]}, due_at=NOW + 5, reason="on time", server="here")
    answer = apply_one(ledger, claim_of(run))
    assert answer.accepted
    assert answer.runs == (run,)
    assert answer.facts == Facts(task_id="task", cursor=NOW, run_count=1)
    assert ledger.run(run.id) == run
    assert ledger.active() == [run]
    assert ledger.facts() == {"task": answer.facts}


def test_a_claim_from_a_stale_cursor_changes_nothing(ledger: SqlLedger) -> None:
    apply_one(ledger, claim_of(run_of()))
    late = run_of(fire=NOW + 60_000)
    answer = apply_one(ledger, claim_of(late, after=NOW - 60_000))
    assert not answer.accepted
    assert answer.runs == ()
    assert answer.facts.cursor == NOW
    assert ledger.run(late.id) is None


def test_two_claims_of_the_same_fire_record_one_run(ledger: SqlLedger) -> None:
    first, second = run_of(), run_of()
    answers = ledger.apply([claim_of(first), claim_of(second, after=NOW)])
    assert [answer.runs for answer in answers] == [(first,), ()]
    assert answers[1].accepted
    assert answers[1].facts.run_count == 1
    assert ledger.runs(RunFilter()) == [first]


def test_a_fire_that_has_a_record_is_refused_later_too(ledger: SqlLedger) -> None:
    apply_one(ledger, claim_of(run_of()))
    again = apply_one(ledger, claim_of(run_of(), run_of(fire=NOW + 1), after=NOW))
    assert [run.fire_time for run in again.runs] == [NOW + 1]
    assert again.facts.run_count == 2


def test_another_attempt_or_origin_at_the_same_instant_is_another_run(ledger: SqlLedger) -> None:
    runs = (run_of(), run_of(origin=Origin.RETRY, attempt=2), run_of(origin=Origin.BACKFILL))
    assert apply_one(ledger, claim_of(*runs)).runs == runs


def test_a_run_by_hand_leaves_the_cursor_alone(ledger: SqlLedger) -> None:
    apply_one(ledger, claim_of(run_of()))
    answer = apply_one(ledger, Claim(task_id="task", runs=(by_hand(at=NOW + 5),)))
    assert answer.accepted
    assert answer.facts.cursor == NOW
    assert answer.facts.run_count == 1


def test_a_claim_never_moves_the_cursor_back(ledger: SqlLedger) -> None:
    apply_one(ledger, claim_of(run_of(fire=NOW + 60_000)))
    answer = apply_one(ledger, claim_of(run_of(), after=NOW + 60_000))
    assert answer.accepted
    assert answer.facts.cursor == NOW + 60_000


def test_a_limit_of_active_runs_refuses_the_whole_claim_and_names_them(ledger: SqlLedger) -> None:
    first = run_of()
    apply_one(ledger, claim_of(first))
    answer = apply_one(ledger, claim_of(run_of(fire=NOW + 60_000), after=NOW, max_active=1))
    assert not answer.accepted
    assert answer.active == (first,)
    assert answer.facts.cursor == NOW, "a fire must not be passed without a record"
    apply_one(ledger, finish_of(first))
    assert apply_one(ledger, claim_of(run_of(fire=NOW + 60_000), after=NOW, max_active=1)).accepted


def test_a_limit_counts_what_the_same_batch_starts_and_ends(ledger: SqlLedger) -> None:
    first, second, third = by_hand(), by_hand(at=NOW + 1), by_hand(at=NOW + 2)
    answers = ledger.apply(
        [
            Claim(task_id="task", runs=(first,), max_active=1),
            Claim(task_id="task", runs=(second,), max_active=1),
            finish_of(first),
            Claim(task_id="task", runs=(third,), max_active=1),
        ]
    )
    assert [bool(answer.runs) for answer in (answers[0], answers[1], answers[3])] == [True, False, True]
    assert answers[1].active == (first,)
    assert ledger.active() == [third]


def test_a_limit_lets_records_that_start_nothing_pass(ledger: SqlLedger) -> None:
    apply_one(ledger, claim_of(run_of()))
    skipped = run_of(fire=NOW + 1, state=RunState.SKIPPED, finished_at=NOW + 1)
    assert apply_one(ledger, claim_of(skipped, after=NOW, max_active=1, counted=0)).runs == (skipped,)


def test_skipped_and_missed_runs_show_in_the_strip_but_are_no_outcome(ledger: SqlLedger) -> None:
    missed = run_of(state=RunState.MISSED, finished_at=NOW, fires=7)
    skipped = run_of(fire=NOW + 1, state=RunState.SKIPPED, finished_at=NOW + 1)
    facts = apply_one(ledger, claim_of(missed, skipped, counted=0)).facts
    assert facts.strip == '[["missed",null],["skipped",null]]'
    assert facts.last_state is None
    assert facts.last_run is None
    assert ledger.active() == []
    recorded = ledger.run(missed.id)
    assert recorded is not None
    assert recorded.fires == 7


def test_ten_thousand_claims_are_one_batch(ledger: SqlLedger) -> None:
    claims = [claim_of(run_of(f"task-{number}"), max_active=1) for number in range(10_000)]
    assert all(answer.accepted for answer in ledger.apply(claims))
    assert len(ledger.facts()) == len(ledger.active()) == 10_000


def test_what_json_cannot_say_fails_its_own_claim_alone(ledger: SqlLedger) -> None:
    good, bad = by_hand("good"), by_hand("bad", parameters={"handle": object()})
    answers = ledger.apply([Claim(task_id="bad", runs=(bad,)), Claim(task_id="good", runs=(good,))])
    assert isinstance(answers[0], TypeError)
    assert answers[1].runs == (good,)
    assert ledger.runs(RunFilter()) == [good]
    assert set(ledger.facts()) == {"good"}


def test_a_run_under_the_wrong_task_is_refused(ledger: SqlLedger) -> None:
    assert isinstance(apply_one(ledger, Claim(task_id="task", runs=(by_hand("other"),))), ValueError)


@pytest.mark.parametrize("text", ["half \ud800 pair", "nul \0 byte", "smile \U0001f600"])
def test_any_text_can_be_recorded(ledger: SqlLedger, text: str) -> None:
    run = by_hand(task_name=text, parameters={"text": text})
    apply_one(ledger, Claim(task_id="task", runs=(run,)))
    assert isinstance(apply_one(ledger, finish_of(run, reason=text, result=text)).run.result, str)
    recorded = ledger.run(run.id)
    assert recorded is not None
    assert recorded.parameters == {"text": text}
    assert "\0" not in recorded.reason


def test_the_cursor_goes_back_only_when_told_so(ledger: SqlLedger) -> None:
    assert apply_one(ledger, SetCursor(task_id="task", cursor=NOW)).cursor == NOW
    assert apply_one(ledger, SetCursor(task_id="task", cursor=NOW - 1)).cursor == NOW
    assert apply_one(ledger, SetCursor(task_id="task", cursor=NOW - 1, back=True)).cursor == NOW - 1


def test_a_waiting_run_of_a_dead_owner_is_adopted_once(ledger: SqlLedger) -> None:
    run = by_hand()
    apply_one(ledger, Claim(task_id="task", runs=(run,)))
    take = Adopt(run_id=run.id, epoch=1, owner="boot:2:7")
    adopted, again = ledger.apply([take, take])
    assert (adopted.owner, adopted.epoch) == ("boot:2:7", 2)
    assert again is None
    assert ledger.active() == [adopted]
    assert apply_one(ledger, start_of(run)) is False
    assert apply_one(ledger, start_of(adopted)) is True
    assert apply_one(ledger, Adopt(run_id=run.id, epoch=2, owner="boot:3:9")) is None, "it runs already"


def test_a_start_that_came_to_nothing_is_begun_anew_by_its_owner_and_ended_by_nobody_else(ledger: SqlLedger) -> None:
    run = by_hand()
    apply_one(ledger, Claim(task_id="task", runs=(run,)))
    go_on = Resume(run_id=run.id, owner=OWNER, epoch=1, at=NOW + 5)
    assert apply_one(ledger, go_on) is None, "it has not started yet"
    apply_one(ledger, start_of(run))
    resumed, again = ledger.apply([go_on, go_on])
    assert (resumed.epoch, resumed.started_at, resumed.state) == (2, NOW + 5, RunState.RUNNING)
    assert again is None
    assert apply_one(ledger, finish_of(run, RunState.LOST)) is None, "the verdict of one who saw the lease run out"
    assert apply_one(ledger, finish_of(resumed)).run.state is RunState.SUCCEEDED
    assert apply_one(ledger, Resume(run_id=run.id, owner=OWNER, epoch=2, at=NOW)) is None


def test_two_servers_on_one_ledger_see_each_others_claims(open_ledger: OpenLedger) -> None:
    one, other = open_ledger(), open_ledger()
    run = run_of()
    apply_one(one, claim_of(run))
    assert not apply_one(other, claim_of(run_of())).accepted
    assert other.active() == [run]
