"""Who waits for a store that says nothing is told so within seconds; what was asked for goes on."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_scheduler_ext.engine import answering
from jupyter_scheduler_ext.engine.abc import StoreError
from jupyter_scheduler_ext.engine.answering import answered
from jupyter_scheduler_ext.engine.batcher import Batcher
from jupyter_scheduler_ext.engine.errors import Unavailable


async def test_a_commit_that_hangs_is_answered_and_still_made(monkeypatch, jp_asyncio_loop):
    monkeypatch.setattr(answering, "SILENCE", 0.2)
    monkeypatch.setattr(answering, "LOOK", 0.05)
    goes_on, made = threading.Event(), []

    def save(items):
        assert goes_on.wait(60)
        made.extend(items)
        return items

    store = Batcher(save)
    try:
        with pytest.raises(Unavailable) as refused:
            await asyncio.wait_for(answered(store.run("edit"), lambda: store.busy_for), 60)
        assert refused.value.details == {"retry_after": answering.RETRY_AFTER}
        assert (refused.value.status, refused.value.code) == (503, "store")
        goes_on.set()
        await asyncio.wait_for(store.run("another"), 60)
        assert made == ["edit", "another"]
        assert store.busy_for < 60
    finally:
        goes_on.set()
        store.close()


async def test_long_work_is_waited_for_while_the_stores_answer(monkeypatch, jp_asyncio_loop):
    monkeypatch.setattr(answering, "SILENCE", 0.1)
    monkeypatch.setattr(answering, "LOOK", 0.02)

    async def stops_a_run():
        await asyncio.sleep(0.3)
        return "stopped"

    assert await answered(stops_a_run(), lambda: 0.0) == "stopped"


@pytest.mark.parametrize(("status", "details"), [(503, {"retry_after": answering.RETRY_AFTER}), (507, {})])
async def test_a_store_that_fails_says_how(status, details, jp_asyncio_loop):
    async def save():
        raise StoreError("a bad day", status)

    with pytest.raises(Unavailable, match="a bad day") as told:
        await answered(save(), lambda: 0.0)
    assert (told.value.status, told.value.details) == (status, details)
