from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.ledger import Answer, Ask, Claim, Heartbeat, Request
from jupyter_scheduler_ext.stores.sql_ledger import SqlLedger

from .parts import NOW, OWNER, OpenLedger, StillClock, apply_one, by_hand, finish_of


def test_a_follower_asks_and_reads_the_answer(open_ledger: OpenLedger) -> None:
    leader, follower = open_ledger(), open_ledger()
    first = apply_one(follower, Ask(verb="run", body={"task": "t", "force": True}, at=NOW))
    second = apply_one(follower, Ask(verb="cancel", body={}, at=NOW))
    assert first < second
    assert leader.requests() == [
        Request(id=first, verb="run", body={"task": "t", "force": True}, asked_at=NOW),
        Request(id=second, verb="cancel", body={}, asked_at=NOW),
    ]
    assert apply_one(leader, Answer(request_id=first, reply={"run": "r"})) is None
    apply_one(leader, Answer(request_id=first, reply={"run": "another"}))
    answered = follower.request(first)
    assert answered is not None
    assert answered.reply == {"run": "r"}, "the first answer stands"
    assert [request.id for request in leader.requests()] == [second]
    assert follower.request(17) is None


def test_others_commits_are_noticed_and_ones_own_are_not(open_ledger: OpenLedger) -> None:
    one, other = open_ledger(), open_ledger()
    one.changed()
    assert not one.changed()
    apply_one(one, Ask(verb="run", body={}, at=NOW))
    assert not one.changed()
    apply_one(other, Ask(verb="run", body={}, at=NOW))
    assert one.changed()
    assert not one.changed()


def test_a_heartbeat_names_the_owners_active_runs(ledger: SqlLedger) -> None:
    mine, done, theirs = by_hand(), by_hand(at=NOW + 1), by_hand(at=NOW + 2, owner="boot:2:7")
    ledger.apply([Claim(task_id="task", runs=(mine, done, theirs)), finish_of(done)])
    assert apply_one(ledger, Heartbeat(owner=OWNER, lease=45)) == [mine.id]


def test_an_owner_lapses_when_its_lease_runs_out_with_runs_at_hand(
    ledger: SqlLedger, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger._database, "now", clock.now)
    run = by_hand()
    ledger.apply([Claim(task_id="task", runs=(run,)), Heartbeat(owner=OWNER, lease=45), Heartbeat(owner="x", lease=1)])
    clock.instant += 45_000
    assert ledger.lapsed_owners() == []
    clock.instant += 1
    assert ledger.lapsed_owners() == [OWNER]
    apply_one(ledger, Heartbeat(owner=OWNER, lease=45))
    assert ledger.lapsed_owners() == []
    clock.instant += 90_000
    apply_one(ledger, finish_of(run))
    assert ledger.lapsed_owners() == []
