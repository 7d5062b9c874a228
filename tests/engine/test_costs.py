"""T15: what a tick costs, in counts that no machine changes: commits, writes, tasks touched."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from jupyter_scheduler_ext.engine.board import Board

from .night import NOOP, Night


async def many(night: Night, number: int, schedule: str, **members: Any) -> None:
    tasks = [
        {"name": f"task {index}", "type": "scheduled", "schedule": schedule, "action": NOOP, **members}
        for index in range(number)
    ]
    await night.scheduler.import_tasks({"tasks": tasks})
    await night.sleep(1)


def test_a_tick_of_a_thousand_due_tasks_is_one_commit(night: Night):
    async def story():
        await night.scheduler.stop()
        await night.boot(max_concurrent_runs=2000)
        await many(night, 1000, "30 1 * * *")
        night.kernels.seconds = None
        await night.until("2026-03-01 01:29:59")
        night.commits.clear()
        await night.until("2026-03-01 01:30")
        assert [Counter(ops) for ops in night.commits] == [{"Claim": 1000}]
        assert len(night.kernels.started) == 1000

    night.run(story())


def test_a_run_costs_at_most_two_commits_with_its_start_from_the_queue(night: Night):
    async def story():
        await many(night, 200, "0 1 * * *")
        night.kernels.seconds = 1
        night.commits.clear()
        await night.until("2026-03-01 01:10")
        ops = Counter(op for commit in night.commits for op in commit)
        assert ops["Claim"] == ops["Finish"] == 200
        assert len(night.commits) <= 2 * 200

    night.run(story())


@pytest.mark.parametrize("number", [10, 2000])
def test_a_tick_with_nothing_due_touches_no_task_however_many_there_are(
    night: Night, number: int, monkeypatch: pytest.MonkeyPatch
):
    async def story():
        await many(night, number, "0 1 * * *")
        night.commits.clear()
        touched: list[str] = []
        whole = Board.task
        monkeypatch.setattr(Board, "task", lambda board, uuid: touched.append(uuid) or whole(board, uuid))
        for _ in range(100):
            assert await night.scheduler.tick() == []
        assert touched == []
        assert night.commits == []

    night.run(story())


def test_a_tick_touches_only_what_is_due(night: Night, monkeypatch: pytest.MonkeyPatch):
    async def story():
        await many(night, 1000, "0 12 * * *")
        due = await night.make("0 1 * * *", name="due")
        touched: set[str] = set()
        whole = Board.task
        monkeypatch.setattr(Board, "task", lambda board, uuid: touched.add(uuid) or whole(board, uuid))
        await night.until("2026-03-01 01:00:10")
        assert touched == {due.uuid}

    night.run(story())


def test_a_poll_after_k_changes_names_k_tasks(night: Night):
    async def story():
        await many(night, 1000, "0 12 * * *")
        revision = night.scheduler.changes.revision
        assert night.scheduler.changes.since(revision).tasks == []
        uuids = list(night.scheduler.tasks)[:3]
        for uuid in uuids:
            await night.scheduler.update(uuid, {"description": "changed"})
        delta = night.scheduler.changes.since(revision)
        assert sorted(delta.tasks) == sorted(uuids)
        assert not delta.reset
        assert night.scheduler.changes.since("another-life.3").reset
        assert night.scheduler.changes.since("0").reset

    night.run(story())


def test_one_edit_serialises_one_task_and_not_all(night: Night, monkeypatch: pytest.MonkeyPatch):
    async def story():
        await many(night, 500, "0 12 * * *")
        for uuid in night.scheduler.tasks:
            night.scheduler.task_bytes(uuid)
        made: list[str] = []
        whole = type(night.scheduler.views)._derived
        monkeypatch.setattr(
            type(night.scheduler.views), "_derived", lambda views, task: made.append(task.uuid) or whole(views, task)
        )
        first = next(iter(night.scheduler.tasks))
        await night.scheduler.update(first, {"description": "changed"})
        for uuid in night.scheduler.tasks:
            night.scheduler.task_bytes(uuid)
        assert made == [first]

    night.run(story())
