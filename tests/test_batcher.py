"""The group-commit worker: what waits together is written together, and every waiter learns its own fate."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_scheduler_ext.engine.abc import StoreError
from jupyter_scheduler_ext.engine.batcher import Batcher, InlineBatcher


class Recorder:
    """Doubles numbers; remembers each batch; can be held so that a queue builds up behind it."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[str] = set()
        self.free = threading.Event()
        self.free.set()
        self.entered = threading.Event()

    def __call__(self, items: list[int]) -> list[object]:
        self.entered.set()
        self.free.wait()
        self.batches.append(items)
        self.threads.add(threading.current_thread().name)
        if 99 in items:
            raise StoreError("disk full", 507)
        return [ValueError("odd one") if item == 13 else item * 2 for item in items]


@pytest.fixture(params=[Batcher, InlineBatcher])
def recorder_and_batcher(request):
    recorder = Recorder()
    batcher = request.param(recorder, name="writer")
    yield recorder, batcher
    batcher.close()


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def batcher(recorder):
    batcher = Batcher(recorder, name="writer")
    yield batcher
    recorder.free.set()
    batcher.close()


def test_an_item_is_answered_without_an_event_loop(recorder_and_batcher):
    _, batcher = recorder_and_batcher
    assert batcher.submit(4).result(5) == 8


async def test_an_item_is_answered_on_the_event_loop(recorder_and_batcher):
    _, batcher = recorder_and_batcher
    assert await batcher.run(4) == 8


async def test_items_handed_in_together_share_one_batch_and_are_answered_in_order(recorder_and_batcher):
    recorder, batcher = recorder_and_batcher
    assert await batcher.run_all(range(20, 24)) == [40, 42, 44, 46]
    assert recorder.batches == [[20, 21, 22, 23]]
    assert await batcher.run_all([]) == []
    assert len(recorder.batches) == 1


async def test_an_exception_instance_fails_its_own_item_alone(recorder_and_batcher):
    _, batcher = recorder_and_batcher
    answers = await batcher.run_all([12, 13, 14])
    assert answers[0] == 24
    assert answers[2] == 28
    assert isinstance(answers[1], ValueError)
    with pytest.raises(ValueError, match="odd one"):
        await batcher.run(13)


async def test_an_exception_raised_fails_the_whole_batch_and_the_next_one_works(recorder_and_batcher):
    _, batcher = recorder_and_batcher
    with pytest.raises(StoreError) as caught:
        await batcher.run_all([1, 99])
    assert caught.value.status == 507
    assert await batcher.run(1) == 2


async def test_a_call_runs_on_the_writers_thread_and_its_error_reaches_the_caller(recorder_and_batcher):
    recorder, batcher = recorder_and_batcher
    await batcher.run(1)
    assert await batcher.call(lambda: threading.current_thread().name) in recorder.threads
    assert batcher.submit_call(lambda: 7).result(5) == 7
    with pytest.raises(ZeroDivisionError):
        await batcher.call(lambda: 1 // 0)


async def test_too_few_answers_are_an_error_for_everyone_rather_than_a_wait_for_ever():
    batcher = Batcher(lambda items: items[1:])
    with pytest.raises(RuntimeError, match="1 answers to 2 items"):
        await batcher.run_all([1, 2])
    batcher.close()


def test_what_arrives_during_a_commit_shares_the_next_one(recorder, batcher):
    recorder.free.clear()
    first = batcher.submit(1)
    assert recorder.entered.wait(5)
    rest = [batcher.submit(number) for number in (2, 3, 4)]
    recorder.free.set()
    assert [future.result(5) for future in (first, *rest)] == [2, 4, 6, 8]
    assert recorder.batches == [[1], [2, 3, 4]]


def test_a_call_keeps_its_place_between_the_items_around_it(recorder, batcher):
    recorder.free.clear()
    batcher.submit(1)
    assert recorder.entered.wait(5)
    batcher.submit(2)
    seen = batcher.submit_call(lambda: [list(batch) for batch in recorder.batches])
    last = batcher.submit(3)
    recorder.free.set()
    last.result(5)
    assert seen.result(5) == [[1], [2]]
    assert recorder.batches == [[1], [2], [3]]


async def test_ten_thousand_waiters_are_woken_by_one_call_into_the_loop(recorder, batcher, monkeypatch):
    loop = asyncio.get_running_loop()
    recorder.free.clear()
    first = asyncio.ensure_future(batcher.run(0))
    await asyncio.sleep(0)
    await asyncio.to_thread(recorder.entered.wait, 5)
    waiting = [asyncio.ensure_future(batcher.run(1)) for _ in range(10_000)]
    await asyncio.sleep(0)
    wakes = []
    threadsafe = loop.call_soon_threadsafe

    def counted(callback, *args, **kwargs):
        wakes.append(callback)
        return threadsafe(callback, *args, **kwargs)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    recorder.free.set()
    assert await asyncio.gather(first, *waiting) == [0] + [2] * 10_000
    assert len(recorder.batches) == 2
    assert len(wakes) == 2


async def test_a_waiter_that_gives_up_harms_nobody_and_its_item_is_still_written(recorder, batcher):
    recorder.free.clear()
    impatient = asyncio.ensure_future(batcher.run(1))
    patient = asyncio.ensure_future(batcher.run(2))
    await asyncio.sleep(0)
    impatient.cancel()
    recorder.free.set()
    assert await patient == 4
    assert impatient.cancelled()
    assert [item for batch in recorder.batches for item in batch] == [1, 2]


def test_close_finishes_what_was_handed_in_and_refuses_more(recorder, batcher):
    recorder.free.clear()
    futures = [batcher.submit(number) for number in range(5)]
    threading.Timer(0.05, recorder.free.set).start()
    batcher.close()
    assert all(future.done() for future in futures)
    with pytest.raises(StoreError):
        batcher.submit(6)
    batcher.close()


def test_an_inline_batcher_refuses_items_after_close_too():
    batcher = InlineBatcher(lambda items: items)
    batcher.close()
    with pytest.raises(StoreError):
        batcher.submit(1)


def test_a_loop_that_is_gone_does_not_stop_the_writer(recorder, batcher):
    async def leave_without_waiting() -> asyncio.Future:
        waiting = asyncio.ensure_future(batcher.run(1))
        await asyncio.sleep(0)
        return waiting

    recorder.free.clear()
    loop = asyncio.new_event_loop()
    waiting = loop.run_until_complete(leave_without_waiting())
    loop.close()
    recorder.free.set()
    assert batcher.submit(2).result(5) == 4
    assert not waiting.done()
    waiting._log_destroy_pending = False
