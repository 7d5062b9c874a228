from __future__ import annotations

from jupyter_scheduler_ext.engine.ledger import Answer, Ask, Bury, Claim, Prune, RunFilter, Unbury
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, apply_one, by_hand, finish_of, perform, start_of

NEVER = 0


def kept(ledger: SqlLedger, task_id: str | None = None) -> list[int]:
    return [run.fire_time - NOW for run in reversed(ledger.runs(RunFilter(task_id=task_id, limit=1000)))]


def test_the_newest_runs_of_each_task_stay(ledger: SqlLedger) -> None:
    for number in range(6):
        perform(ledger, by_hand("busy", NOW + number))
    perform(ledger, by_hand("quiet"))
    removed = apply_one(ledger, Prune(keep=4, before=NEVER, buried_before=NEVER))
    assert len(removed) == 2
    assert kept(ledger, "busy") == [2, 3, 4, 5]
    assert kept(ledger, "quiet") == [0]
    assert apply_one(ledger, Prune(keep=4, before=NEVER, buried_before=NEVER)) == []


def test_what_is_old_goes_whatever_the_number(ledger: SqlLedger) -> None:
    for number in range(4):
        perform(ledger, by_hand(at=NOW + number), at=NOW + number)
    apply_one(ledger, Prune(keep=100, before=NOW + 2, buried_before=NEVER))
    assert kept(ledger) == [2, 3]
    perform(ledger, by_hand(at=NOW + 9))
    apply_one(ledger, Prune(keep=2, before=NOW + 2, buried_before=NEVER))
    assert kept(ledger) == [3, 9], "the count of records went on from what was left"


def test_active_runs_stay_and_do_not_use_up_the_number(ledger: SqlLedger) -> None:
    active = by_hand(at=NOW - 100)
    ledger.apply([Claim(task_id="task", runs=(active,)), start_of(active)])
    for number in range(3):
        perform(ledger, by_hand(at=NOW + number))
    apply_one(ledger, Prune(keep=2, before=NEVER, buried_before=NEVER))
    assert kept(ledger) == [-100, 1, 2]
    apply_one(ledger, Prune(keep=2, before=NOW + 1_000_000, buried_before=NEVER))
    assert ledger.active()[0].id == active.id
    assert kept(ledger) == [-100]


def test_an_old_run_that_finished_lately_is_not_old(ledger: SqlLedger) -> None:
    perform(ledger, by_hand(), at=NOW + 5000)
    apply_one(ledger, Prune(keep=100, before=NOW + 4000, buried_before=NEVER))
    assert kept(ledger) == [0]


def test_a_prune_removes_at_most_its_limit_oldest_first_and_names_what_went(ledger: SqlLedger) -> None:
    for number in range(6):
        perform(ledger, by_hand("a", NOW + number, output_path=f"out-{number}.ipynb"), at=NOW + number)
        perform(ledger, by_hand("b", NOW + number), at=NOW + number)
    prune = Prune(keep=1, before=NOW + 1, buried_before=NEVER, limit=4)
    removed = apply_one(ledger, prune)
    assert len(removed) == 4
    assert (removed[0][1], removed[0][2]) in {("a", "out-0.ipynb"), ("b", None)}
    while removed:
        removed = apply_one(ledger, prune)
        assert len(removed) <= 4
    assert kept(ledger, "a") == kept(ledger, "b") == [5]


def test_a_deleted_task_is_forgotten_when_its_last_run_is_gone(ledger: SqlLedger) -> None:
    running = by_hand()
    ledger.apply([Claim(task_id="task", runs=(running,)), start_of(running)])
    perform(ledger, by_hand(at=NOW + 1))
    apply_one(ledger, Bury(task_id="task", definition="{}", at=NOW))
    forget = Prune(keep=0, before=NEVER, buried_before=NOW + 1)
    apply_one(ledger, forget)
    assert not apply_one(ledger, Claim(task_id="task", runs=(by_hand(at=NOW + 2),))).accepted, "the tombstone stands"
    assert apply_one(ledger, finish_of(running)) is None
    apply_one(ledger, forget)
    assert ledger.runs(RunFilter()) == []
    assert apply_one(ledger, Claim(task_id="task", runs=(by_hand(at=NOW + 3),))).accepted


def test_past_its_time_a_deletion_cannot_be_undone(ledger: SqlLedger) -> None:
    perform(ledger, by_hand())
    apply_one(ledger, Bury(task_id="task", definition="{}", at=NOW))
    apply_one(ledger, Prune(keep=9, before=NEVER, buried_before=NOW + 1))
    assert apply_one(ledger, Unbury(task_id="task")) is None


def test_a_deleted_task_can_be_undone_until_then(ledger: SqlLedger) -> None:
    apply_one(ledger, Bury(task_id="task", definition='{"a": 1}', at=NOW))
    apply_one(ledger, Prune(keep=0, before=NEVER, buried_before=NOW))
    assert apply_one(ledger, Unbury(task_id="task")).definition == '{"a": 1}'


def test_answered_requests_go_when_they_are_old(ledger: SqlLedger) -> None:
    answered, open_one = ledger.apply([Ask(verb="run", body={}, at=NOW), Ask(verb="cancel", body={}, at=NOW)])
    apply_one(ledger, Answer(request_id=answered, reply={}))
    apply_one(ledger, Prune(keep=1, before=NOW + 1, buried_before=NEVER))
    assert ledger.request(answered) is None
    assert [request.id for request in ledger.requests()] == [open_one]
