"""The list of tasks: readers never wait, writers are saved together, and a conflict is nobody else's trouble."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from stores.definitions import a_task, renamed
from stores.faults import Quick

from jupyter_scheduler_ext.engine.abc import Put, Remove, RevisionConflict, StoreError
from jupyter_scheduler_ext.engine.errors import Invalid
from jupyter_scheduler_ext.engine.task_list import SchedulerTaskList
from jupyter_scheduler_ext.stores.json_file import JsonFileStore


class CountingStore(JsonFileStore):
    """Counts saves that reached the file, and can be held so that commits queue up."""

    def __init__(self, folder):
        super().__init__(folder, files=Quick())
        self.saves = 0
        self.entered = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def save(self, changes):
        self.entered.set()
        self.free.wait()
        snapshot = super().save(changes)
        self.saves += 1
        return snapshot


@pytest.fixture
def store(tmp_path):
    return CountingStore(tmp_path / "scheduler")


@pytest.fixture(params=["thread", "inline"])
def either(request, store):
    tasks = SchedulerTaskList(store, inline=request.param == "inline")
    tasks.open_sync()
    yield tasks
    tasks.close()


@pytest.fixture
def tasks(store):
    tasks = SchedulerTaskList(store)
    tasks.open_sync()
    yield tasks
    store.free.set()
    tasks.close()


async def queue_up(store, tasks, commits):
    """Hand in commits while the writer is busy, so that they wait together; their answers, exceptions included."""
    store.free.clear()
    store.entered.clear()
    first = asyncio.ensure_future(tasks.commit([Put(a_task("first"))]))
    await asyncio.to_thread(store.entered.wait, 5)
    waiting = [asyncio.ensure_future(tasks.commit(changes)) for changes in commits]
    await asyncio.sleep(0)
    saves = store.saves
    store.free.set()
    answers = await asyncio.gather(first, *waiting, return_exceptions=True)
    return answers[1:], store.saves - saves - 1


def test_it_works_without_an_event_loop(either):
    snapshot = either.commit_sync([Put(a_task("a")), Put(a_task("b"))])
    assert snapshot is either.snapshot
    assert either["a"].name == "Nightly report"
    assert "b" in either
    assert "c" not in either
    assert either.get("c") is None
    assert len(either) == 2
    assert list(either) == ["a", "b"]
    assert either.commit_sync([Remove("a")]).revision == either.revision == 2
    assert either.refresh_sync() is either.snapshot


async def test_it_works_on_the_event_loop(either):
    await either.open()
    snapshot = await either.commit([Put(a_task("a"))])
    assert snapshot is either.snapshot
    assert await either.refresh() is snapshot


async def test_what_a_commit_answers_is_visible_at_once(either):
    for number in range(5):
        await either.commit([Put(a_task("a", str(number)))])
        assert either["a"].name == str(number)


async def test_commits_that_wait_together_are_saved_together(store, tasks):
    answers, saves = await queue_up(store, tasks, [[Put(a_task(f"t{number}"), 0)] for number in range(50)])
    assert saves == 1
    assert len({id(answer) for answer in answers}) == 1
    assert len(tasks) == 51


async def test_a_conflict_fails_its_own_commit_and_no_other(store, tasks):
    await tasks.commit([Put(a_task("a"))])
    answers, saves = await queue_up(
        store,
        tasks,
        [[Put(a_task("b"), 0)], [Put(a_task("c"), 0), Put(a_task("a", "Stale"), expected=7)], [Put(a_task("d"), 0)]],
    )
    assert saves == 1
    assert isinstance(answers[1], RevisionConflict)
    assert answers[1].current == tasks["a"]
    assert set(tasks) == {"first", "a", "b", "d"}


async def test_of_two_edits_of_one_task_the_second_is_judged_by_what_the_first_made(store, tasks):
    a = (await tasks.commit([Put(a_task("a"))])).tasks["a"]
    answers, _ = await queue_up(
        store,
        tasks,
        [[Put(renamed(a, "One"), 1)], [Put(renamed(a, "Two"), 1)], [Put(renamed(a, "Three"), 2)]],
    )
    assert answers[0].tasks["a"].name == "One"
    assert isinstance(answers[1], RevisionConflict)
    assert answers[1].current.name == "One"
    assert answers[2].tasks["a"].name == "Three"
    assert tasks["a"].revision == 3


async def test_a_task_that_cannot_be_stored_fails_alone(store, tasks):
    endless = a_task("x", action={"kind": "notebook", "path": "a", "parameters": {"x": float("nan")}})
    answers, _ = await queue_up(store, tasks, [[Put(a_task("a"))], [Put(endless)], [Put(a_task("b"))]])
    assert isinstance(answers[1], Invalid)
    assert set(tasks) == {"first", "a", "b"}


async def test_a_full_disk_fails_every_commit_of_the_batch_and_leaves_the_list_as_it_was(store, tasks, monkeypatch):
    before = await tasks.commit([Put(a_task("a"))])

    def full(self, changes):
        raise StoreError("No space left", 507)

    monkeypatch.setattr(CountingStore, "save", full)
    answers = await asyncio.gather(
        tasks.commit([Put(a_task("b"))]), tasks.commit([Remove("a")]), return_exceptions=True
    )
    assert [answer.status for answer in answers] == [507, 507]
    assert tasks.snapshot is before


async def test_outside_edits_arrive_by_refresh(either, tmp_path):
    await either.commit([Put(a_task("a"))])
    other = JsonFileStore(tmp_path / "scheduler")
    other.save([Put(a_task("b"))])
    assert set((await either.refresh()).tasks) == {"a", "b"}


async def test_a_refresh_that_fails_is_the_refreshers_trouble(either, tmp_path):
    await either.commit([Put(a_task("a"))])
    (tmp_path / "scheduler" / "tasks.json").unlink()
    (tmp_path / "scheduler" / "tasks.json").symlink_to("/dev/null")
    with pytest.raises(StoreError):
        await either.refresh()
    assert "a" in either


def test_listeners_learn_what_changed_and_from_what_to_what(either, tmp_path):
    told = []
    unsubscribe = either.subscribe(lambda old, new, ids: told.append((old, new, ids)))
    before = either.snapshot
    first = either.commit_sync([Put(a_task("a")), Put(a_task("b"))])
    second = either.commit_sync([Put(a_task("a", "Other")), Remove("b"), Put(a_task("c"))])
    JsonFileStore(tmp_path / "scheduler").save([Remove("c")])
    third = either.refresh_sync()
    assert told == [(before, first, {"a", "b"}), (first, second, {"a", "b", "c"}), (second, third, {"c"})]
    unsubscribe()
    unsubscribe()
    either.commit_sync([Remove("a")])
    assert len(told) == 3


def test_a_listener_that_fails_harms_neither_the_commit_nor_the_next_listener(either, caplog):
    told = []

    def fail(old, new, ids):
        raise RuntimeError("my mistake")

    either.subscribe(fail)
    either.subscribe(lambda old, new, ids: told.append(ids))
    either.commit_sync([Put(a_task("a"))])
    assert told == [{"a"}]
    assert "my mistake" in caplog.text


def test_readers_in_other_threads_always_see_whole_commits(tasks):
    stop = threading.Event()
    torn = []

    def read():
        while not stop.is_set():
            names = {task.name for task in tasks.snapshot.tasks.values()}
            if len(names) > 1:
                torn.append(names)
            time.sleep(0.0005)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(100):
        tasks.commit_sync([Put(a_task(uuid, str(number))) for uuid in "abc"])
    stop.set()
    for reader in readers:
        reader.join()
    assert torn == []


def test_commits_from_many_threads_all_arrive(tasks):
    def add(prefix):
        for number in range(20):
            tasks.commit_sync([Put(a_task(f"{prefix}{number}"), expected=0)])

    threads = [threading.Thread(target=add, args=(prefix,)) for prefix in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tasks) == 80


def test_closing_finishes_what_was_handed_in_and_refuses_more(store, tmp_path):
    tasks = SchedulerTaskList(store)
    tasks.open_sync()
    late = []
    thread = threading.Thread(target=lambda: late.append(tasks.commit_sync([Put(a_task("a"))])))
    store.free.clear()
    thread.start()
    store.entered.wait(5)
    threading.Timer(0.05, store.free.set).start()
    tasks.close()
    thread.join()
    assert set(late[0].tasks) == {"a"}
    with pytest.raises(StoreError):
        tasks.commit_sync([Put(a_task("b"))])
    assert set(JsonFileStore(tmp_path / "scheduler").open().tasks) == {"a"}
