"""What is worth telling, how it is put, and how much of it at a time."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.endings import answers_for
from jupyter_scheduler_ext.engine.models import Event, Notify
from jupyter_scheduler_ext.engine.notices import (
    HOUR,
    LEAST_LONG,
    LISTED,
    LONGEST_RETRY,
    STALE,
    Allowance,
    News,
    Wishes,
    compose,
    events_of,
    fresh,
    long_limit,
    news_of,
    portion,
    retry_delay,
    usual_duration,
)
from jupyter_scheduler_ext.engine.runs import Origin, Run, RunError, RunState
from jupyter_scheduler_ext.engine.validation import read_task

NOON = 1_773_316_800_000
USUAL = Wishes(on=frozenset({Event.FAILURE, Event.RECOVERED}), to=("ops",), long_factor=3.0)


def run_of(state: RunState, **more) -> Run:
    given = {"id": "r1", "task_id": "t1", "task_name": "Nightly", "context_id": "t1", "key": "k"} | more
    return Run(origin=Origin.SCHEDULE, fire_time=NOON, queued_at=NOON, state=state, **given)


def news(event: Event = Event.FAILURE, at: int = NOON, number: int = 1, text: str = "boom") -> News:
    return News(event=event, at=at, task_id=f"t{number}", task_name=f"Task {number}", run_id=f"r{number}", text=text)


@pytest.mark.parametrize(
    ("state", "was_failing", "goes_on", "told"),
    [
        (RunState.FAILED, False, False, ["failure"]),
        (RunState.TIMED_OUT, True, False, ["failure"]),
        (RunState.LOST, False, False, ["failure"]),
        (RunState.FAILED, False, True, []),
        (RunState.SUCCEEDED, False, False, ["success"]),
        (RunState.SUCCEEDED, True, False, ["recovered", "success"]),
        (RunState.MISSED, False, False, ["missed"]),
        (RunState.SKIPPED, True, False, []),
        (RunState.CANCELLED, True, False, []),
        (RunState.INTERRUPTED, True, False, []),
    ],
)
def test_what_a_runs_end_is_told_as(state, was_failing, goes_on, told):
    assert [*events_of(run_of(state), was_failing=was_failing, goes_on=goes_on)] == told


def test_a_task_says_what_it_wants_told_and_the_server_says_the_rest():
    assert USUAL.about(None) is USUAL
    assert USUAL.about(Notify(on=("success",))).on == {Event.SUCCESS}
    assert USUAL.about(Notify(on=("success",))).to == ("ops",)
    assert USUAL.about(Notify(to=("me",))).on == USUAL.on
    assert USUAL.about(Notify(long_after=60)).long_factor is None
    assert not USUAL.about(Notify(on=())).want(Event.FAILURE)
    assert not USUAL.about(Notify(to=())).want(Event.FAILURE)


def test_a_list_names_targets_and_an_empty_one_says_nothing():
    body = {"type": "adhoc", "name": "a", "action": {"kind": "code", "source": "1"}}
    assert read_task(body | {"notify": []}, "UTC").notify is None
    assert read_task(body | {"notify": ["ops"]}, "UTC").notify == Notify(to=("ops",))


def test_what_is_usual_is_the_median_of_the_successes_once_there_are_enough():
    strip = '[["succeeded",100],["failed",1],["succeeded",90],["succeeded",110],["succeeded",400]]'
    assert usual_duration(strip) is None
    assert usual_duration(strip[:-1] + ',["succeeded",null],["succeeded",95]]') == 100


def test_a_run_takes_long_by_the_clock_or_by_comparison_whichever_comes_first():
    strip = "[" + ",".join(['["succeeded",100]'] * 5) + "]"
    assert long_limit(USUAL, strip) == 300
    assert long_limit(USUAL.about(Notify(long_after=20, long_factor=3)), strip) == 20
    assert long_limit(USUAL, "[]") is None
    assert long_limit(USUAL, strip.replace("100", "0.1")) == LEAST_LONG


def test_a_failure_is_told_with_its_reason_and_that_the_schedule_stands_still():
    failed = run_of(RunState.FAILED, error=RunError(name="KeyError", message="'eu'"))
    told = news_of(Event.FAILURE, failed, NOON, details=True, halted="3 runs in a row went wrong")
    assert told.text == "KeyError: 'eu'\n3 runs in a row went wrong"
    assert news_of(Event.FAILURE, failed, NOON, details=False).text == ""
    message = compose([told], lambda run_id: f"https://hub/{run_id}")
    assert message.title == "Nightly failed"
    assert "KeyError: 'eu'" in message.body
    assert message.body.endswith("https://hub/r1")


def test_much_news_are_one_digest_that_counts_and_is_as_grave_as_its_worst():
    many = [news(Event.SUCCESS, number=n) for n in range(LISTED)] + [news(number=99), news(Event.MISSED, number=98)]
    message = compose(many)
    assert message.title == f"Scheduler: 1 failed, 1 missed its time, {LISTED} succeeded"
    assert message.level == "failure"
    assert message.body.splitlines()[-1] == "... and 2 more"


def test_an_hour_takes_so_many_messages_and_no_more():
    allowance = Allowance(2)
    for at in (NOON, NOON + 1000):
        assert allowance.wait(at) == 0
        allowance.spend(at)
    assert allowance.wait(NOON + 2000) == HOUR - 2000
    assert allowance.wait(NOON + HOUR) == 0
    assert Allowance(2, _sent=allowance._sent).wait(NOON - 1) == 0, "a clock that was set back does not silence"


@pytest.mark.parametrize(("waiting", "left", "taken"), [(0, 5, 0), (1, 5, 1), (3, 5, 1), (4, 5, 4), (3, 1, 3)])
def test_few_news_go_one_by_one_many_or_the_last_of_an_hour_together(waiting, left, taken):
    assert portion([news()] * waiting, left) == taken


def test_news_of_yesterday_are_given_up_and_retries_grow_rarer():
    assert fresh([news(at=NOON), news(at=NOON + 1)], NOON + STALE) == [news(at=NOON + 1)]
    delays = [retry_delay(n) for n in range(1, 10)]
    assert delays == sorted(delays)
    assert delays[-1] == retry_delay(10_000) == LONGEST_RETRY


def test_news_survive_being_written_down():
    assert News.from_json(news().to_json()) == news()


@pytest.mark.parametrize(
    ("state", "owner", "leading", "keeps_house", "tells"),
    [
        (RunState.FAILED, "me", True, False, True),
        (RunState.MISSED, None, True, False, True),
        (RunState.FAILED, "another", True, True, False),
        (RunState.LOST, "another", True, True, True),
        (RunState.LOST, "another", True, False, False),
        (RunState.FAILED, "me", False, False, False),
    ],
)
def test_of_several_servers_one_tells(state, owner, leading, keeps_house, tells):
    run = run_of(state, owner=owner)
    assert answers_for(run, owner="me", leading=leading, keeps_house=keeps_house) is tells
