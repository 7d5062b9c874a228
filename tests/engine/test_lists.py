"""Filtered and sorted lists: kept, mended where tasks changed, and always what a search over every task would find."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from jupyter_scheduler_ext.engine import kept, lists
from jupyter_scheduler_ext.engine.board import Board
from jupyter_scheduler_ext.engine.errors import Conflict
from jupyter_scheduler_ext.engine.listing import SORTS, TaskQuery, find
from jupyter_scheduler_ext.engine.models import AnyTask

from .night import NOOP, Night

FILTERS: list[dict[str, str]] = [
    {},
    {"state": "idle"},
    {"state": "error"},
    {"state": "disabled"},
    {"type": "adhoc"},
    {"tag": "even"},
    {"context_id": "shared"},
    {"q": "REPORT 1"},
    {"tag": "even", "state": "idle"},
]
QUERIES = [
    TaskQuery(sort=direction + column, limit=limit, **filters)
    for filters in FILTERS
    for column in SORTS
    for direction, limit in (("", None), ("-", 7))
]


async def fill(night: Night, number: int, schedule: str = "0 * * * *") -> list[str]:
    tasks = [
        {"name": f"Report {index}", "action": NOOP, "tags": ["even"] if index % 2 == 0 else []}
        | ({"type": "scheduled", "schedule": schedule} if index % 3 else {"type": "adhoc"})
        | ({"context_id": "shared"} if index % 5 == 0 else {})
        for index in range(number)
    ]
    await night.scheduler.import_tasks({"tasks": tasks})
    await night.sleep(1)
    return list(night.scheduler.tasks)


async def compare(night: Night, query: TaskQuery) -> None:
    """Every page of it, each with what is found at the same moment."""
    lists = night.scheduler.lists
    while True:
        page = await lists.find(query)
        if any(one.touched for one in list(lists.kept._answers.values())[-1:]):  # the night goes on meanwhile
            continue
        assert page == find(night.scheduler.board, query), query
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor)


@pytest.mark.parametrize("seed", range(3))
def test_every_list_is_right_after_whatever_happened(night: Night, monkeypatch: pytest.MonkeyPatch, seed: int):
    monkeypatch.setattr(lists, "AT_ONCE", 5)
    monkeypatch.setattr(kept, "STRETCH", 2)
    monkeypatch.setattr(kept, "FEW", 5)
    monkeypatch.setattr(lists, "_SPREAD", 7)
    chance = Random(seed)

    async def story():
        scheduler = night.scheduler
        await fill(night, 40)

        def any_one() -> str:
            return chance.choice(list(scheduler.tasks))

        async def remake() -> None:
            await scheduler.restore(await removed())

        async def removed() -> str:
            uuid = any_one()
            await scheduler.delete(uuid)
            return uuid

        async def fail_for_a_while() -> None:
            night.kernels.fails = {scheduler.tasks[any_one()].name for _ in range(5)}
            await night.sleep(3600)

        happenings: list[Callable[[], Any]] = [
            lambda: scheduler.update(any_one(), {"name": f"Report {chance.randrange(100)}"}),
            lambda: scheduler.update(any_one(), {"tags": chance.choice([[], ["even"], ["even", "odd"]])}),
            lambda: scheduler.update(any_one(), {"context_id": chance.choice(["shared", "own"])}),
            lambda: scheduler.disable(any_one()),
            lambda: scheduler.enable(any_one()),
            lambda: scheduler.run(any_one(), force=True),
            lambda: scheduler.create({"name": "New", "type": "adhoc", "action": NOOP}),
            lambda: night.sleep(chance.choice([0.5, 1.5, 1800])),
            lambda: scheduler.board.set_aside(any_one(), "for the test"),
            lambda: scheduler.board.postpone(any_one(), 4 * 3_600_000),
            remake,
            removed,
            fail_for_a_while,
        ]
        for _ in range(40):
            for _ in range(chance.choice([1, 3, 12])):
                done = chance.choice(happenings)()
                if done is not None:
                    with suppress(Conflict):  # a run of it may be under way
                        await done
            for query in chance.sample(QUERIES, 3) + chance.sample(QUERIES[:3], 1):
                await compare(night, query)

    night.run(story())


def test_what_changes_while_a_list_is_made_is_in_it_the_next_time(night: Night, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lists, "_SPREAD", 7)
    query = TaskQuery(sort="name", state="idle")

    async def story():
        uuids = await fill(night, 100)
        many = [asyncio.ensure_future(night.scheduler.lists.find(query)) for _ in range(3)]
        many[0].cancel()
        for uuid in uuids[::3]:
            await asyncio.sleep(0)
            night.scheduler.board.set_aside(uuid, "for the test")
        await asyncio.wait(many)
        assert (await night.scheduler.lists.find(query)).ids == find(night.scheduler.board, query).ids

    night.run(story())


def test_a_list_costs_the_tasks_that_changed(night: Night, monkeypatch: pytest.MonkeyPatch):
    looked: list[str] = []
    whole = SORTS["name"]

    def counted(board: Board, task: AnyTask) -> Any:
        looked.append(task.uuid)
        return whole(board, task)

    monkeypatch.setitem(SORTS, "name", counted)

    async def story():
        uuids = await fill(night, 300)
        scheduler = night.scheduler

        async def cost(**query: Any) -> int:
            looked.clear()
            await scheduler.list_tasks(sort="name", limit=5, **query)
            return len(looked)

        assert await cost() == 300
        assert await cost() == 0
        await scheduler.update(uuids[7], {"name": "another"})
        assert await cost() == 1
        assert await cost(cursor=(await scheduler.list_tasks(sort="-name", limit=5))[2]) == 0, "a page costs"
        for uuid in uuids[:10]:
            await scheduler.update(uuid, {"description": "changed"})
        assert await cost() == 10
        for uuid in uuids:
            scheduler.board.count(uuid)
        assert not scheduler.lists.kept, "a list of which much has changed is kept, though nobody asks for it"
        for tag in "abcdefgh":
            await scheduler.list_tasks(sort="name", tag=tag)
        assert len(scheduler.lists.kept) == lists.KEPT

    night.run(story())
