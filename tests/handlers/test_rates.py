"""Calls a key and minute."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.handlers.problems import TooMany
from jupyter_scheduler_ext.handlers.rates import Rate


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_eleventh_call_in_a_minute_is_refused_and_told_when_to_come_back():
    watch = Watch()
    rate = Rate(10, 60, watch)
    for second in range(10):
        watch.now = float(second)
        rate.take("a")
    with pytest.raises(TooMany) as refused:
        rate.take("a")
    assert refused.value.details == {"retry_after": 51}
    rate.take("b")
    watch.now = 60.5
    rate.take("a")


def test_a_refused_call_does_not_push_the_next_one_back():
    watch = Watch()
    rate = Rate(1, 60, watch)
    rate.take("a")
    watch.now = 59.0
    with pytest.raises(TooMany):
        rate.take("a")
    watch.now = 60.0
    rate.take("a")


def test_made_up_keys_do_not_fill_the_memory():
    rate = Rate(1, 60, Watch(), keys=100)
    for number in range(1000):
        rate.take(f"key {number}")
    assert len(rate._seen) == 100
