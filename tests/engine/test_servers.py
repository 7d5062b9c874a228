"""Whose turn a fire is: each server works it out alone, and all come to the same answer."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from jupyter_scheduler_ext.engine.clock import SharedClock
from jupyter_scheduler_ext.engine.models import TASK, AnyTask
from jupyter_scheduler_ext.engine.servers import GRACE, Server, handicap

NAMES = [f"task-{number}" for number in range(3000)]


def task(name: str, **fields: object) -> AnyTask:
    action = {"kind": "command", "argv": ["true"]}
    return TASK.validate_python({"type": "adhoc", "uuid": name, "name": name, "action": action, **fields})


def server(name: str, *labels: str, slots: int = 4) -> Server:
    return Server(name, name, frozenset(labels), slots)


def first(name: str, servers: list[Server]) -> str:
    return next(one.owner for one in servers if handicap(task(name), one.owner, servers) == 0)


@given(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1), st.sampled_from(NAMES), st.randoms())
def test_servers_form_one_line_for_each_task_whatever_order_they_are_known_in(names, name, chance):
    servers = [server(one) for one in names]
    waits = {one.owner: handicap(task(name), one.owner, servers) for one in servers}
    assert sorted(waits.values()) == [place * GRACE for place in range(len(servers))]
    chance.shuffle(servers)
    assert waits == {one.owner: handicap(task(name), one.owner, servers) for one in servers}


def test_tasks_are_spread_by_slots():
    servers = [server("a", slots=2), server("b", slots=2), server("c", slots=8)]
    shares = Counter(first(name, servers) for name in NAMES)
    assert 300 < shares["a"] < 700
    assert 300 < shares["b"] < 700
    assert 1700 < shares["c"] < 2300


def test_when_a_server_goes_only_its_own_tasks_move():
    servers = [server("a"), server("b"), server("c")]
    before = {name: first(name, servers) for name in NAMES}
    after = {name: first(name, servers[:2]) for name in NAMES}
    assert all(after[name] == there for name, there in before.items() if there != "c")
    assert {after[name] for name, there in before.items() if there == "c"} == {"a", "b"}


def test_a_label_leaves_only_those_who_have_it():
    servers = [server("a"), server("b", "gpu"), server("c", "gpu", "big")]
    tied = task("tied", server_label="big")
    assert [handicap(tied, one.owner, servers) for one in servers] == [None, None, 0]
    assert handicap(task("nowhere", server_label="tpu"), "a", servers) is None
    assert handicap(task("unknown"), "not among them", servers) is None


def test_tasks_of_one_context_have_one_first_server():
    servers = [server("a"), server("b"), server("c")]
    orders = {
        tuple(handicap(task(name, context_id="shared"), one.owner, servers) for one in servers) for name in NAMES[:50]
    }
    assert len(orders) == 1


def test_the_shared_clock_follows_the_other_but_not_what_asking_took():
    clock = SharedClock()
    clock.follow(1000, 1100, 1200)
    assert clock.offset == 0, "within the time that asking took"
    clock.follow(1000, 61_002, 1004)
    assert clock.offset == 60_000
    clock.follow(61_000, 61_003, 61_004)
    assert clock.offset == 60_000
