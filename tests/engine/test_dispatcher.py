"""Slots and lines, without clock or stores."""

from __future__ import annotations

import random

import pytest

from jupyter_scheduler_ext.engine.agenda import Agenda
from jupyter_scheduler_ext.engine.changes import ChangeLog
from jupyter_scheduler_ext.engine.dispatcher import Dispatcher, Ticket
from jupyter_scheduler_ext.engine.runs import Origin, Run, RunState


def ticket(name: str, *keys: str, task: str | None = None) -> Ticket:
    run = Run(
        id=name,
        task_id=task or name,
        task_name=name,
        context_id=name,
        origin=Origin.SCHEDULE,
        fire_time=0,
        key=name,
        state=RunState.QUEUED,
        queued_at=0,
    )
    return Ticket(run, keys)


def drain(dispatcher: Dispatcher) -> list[str]:
    names = []
    while (taken := dispatcher.next()) is not None:
        names.append(taken.run.id)
    return names


def test_slots_are_given_up_to_the_limit():
    dispatcher = Dispatcher(2)
    assert dispatcher.admit(ticket("a"))
    assert dispatcher.admit(ticket("b"))
    assert not dispatcher.admit(ticket("c"))
    dispatcher.enqueue(ticket("c"))
    assert drain(dispatcher) == []
    dispatcher.leave("a")
    assert drain(dispatcher) == ["c"]


def test_nobody_overtakes_who_waits():
    dispatcher = Dispatcher(1)
    dispatcher.admit(ticket("a"))
    dispatcher.enqueue(ticket("b"))
    dispatcher.leave("a")
    assert not dispatcher.admit(ticket("c"))


def test_tasks_take_turns():
    dispatcher = Dispatcher(1)
    dispatcher.admit(ticket("first"))
    for index in range(3):
        dispatcher.enqueue(ticket(f"greedy{index}", task="greedy"))
    dispatcher.enqueue(ticket("modest"))
    order = []
    current = "first"
    while dispatcher.leave(current) and (taken := dispatcher.next()) is not None:
        order.append(current := taken.run.id)
    assert order == ["greedy0", "modest", "greedy1", "greedy2"]


def test_a_key_has_one_holder_and_its_line_keeps_the_order():
    dispatcher = Dispatcher(10)
    for name in "abc":
        dispatcher.enqueue(ticket(name, "context:shared"))
    assert drain(dispatcher) == ["a"]
    dispatcher.leave("a")
    assert drain(dispatcher) == ["b"]
    dispatcher.leave("c")
    dispatcher.leave("b")
    assert (drain(dispatcher), dispatcher.running, dispatcher.queued) == ([], 0, 0)


def test_leaving_what_is_unknown_is_told():
    assert not Dispatcher(1).leave("nobody")


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_and_goes_everyone_gets_their_turn_and_no_key_is_shared(seed: int):
    chance = random.Random(seed)
    dispatcher = Dispatcher(3)
    waiting, running, done = {}, {}, 0
    for number in range(300):
        keys = chance.sample(["task:a", "task:b", "context:x", "context:y"], chance.randrange(3))
        new = ticket(f"r{number}", *keys, task=f"t{number % 7}")
        if dispatcher.admit(new):
            running[new.run.id] = new
        else:
            dispatcher.enqueue(new)
            waiting[new.run.id] = new
        while chance.random() < 0.7 and running:
            gone = chance.choice(sorted(running))
            del running[gone]
            dispatcher.leave(gone)
            done += 1
        if waiting and chance.random() < 0.1:
            given_up = chance.choice(sorted(waiting))
            del waiting[given_up]
            assert dispatcher.leave(given_up)
            done += 1
        while (taken := dispatcher.next()) is not None:
            running[taken.run.id] = waiting.pop(taken.run.id)
        held = [key for one in running.values() for key in one.exclusive]
        assert len(held) == len(set(held))
        assert len(running) <= 3
    while running:
        gone = sorted(running)[0]
        del running[gone]
        dispatcher.leave(gone)
        done += 1
        while (taken := dispatcher.next()) is not None:
            running[taken.run.id] = waiting.pop(taken.run.id)
    assert (done, waiting) == (300, {})


def test_the_agenda_gives_what_is_due_in_order_and_forgets_what_was_moved():
    agenda = Agenda()
    for name, at in (("c", 30), ("a", 10), ("b", 20), ("d", 40)):
        agenda.set(name, at)
    agenda.set("b", 35)
    agenda.set("d", None)
    assert agenda.next() == 10
    assert agenda.pop_due(30) == ["a", "c"]
    assert (agenda["b"], agenda["c"], len(agenda)) == (35, None, 1)
    assert agenda.pop_due(29) == []
    assert agenda.pop_due(100, limit=1) == ["b"]
    assert agenda.next() is None


def test_moving_a_task_for_ever_does_not_grow_the_agenda():
    agenda = Agenda()
    for at in range(100_000):
        agenda.set("a", at)
    assert len(agenda._heap) < 2000
    assert agenda.pop_due(10**9) == ["a"]


def test_a_reader_who_was_away_too_long_is_reset():
    log = ChangeLog(limit=3)
    start = log.revision
    for name in "abcd":
        log.mark("tasks", name)
    assert log.since(start).reset
    after = log.revision
    log.mark("tasks", "a")
    log.mark("runs", "r")
    log.mark("tasks", "a")
    assert (log.since(after).tasks, log.since(after).runs) == (["a"], ["r"])
    assert log.since("nonsense").reset
    assert log.since(f"{after.split('.')[0]}.999999").reset
