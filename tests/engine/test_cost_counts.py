"""What things cost, in counts that are the same on every machine: a guard against changes that make them dearer.

Work is counted in calls of Python functions where nothing coarser says enough; figures in seconds are measured by
``python benchmarks`` and stand in docs/performance.md.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_scheduler_ext.engine.abc import Put
from jupyter_scheduler_ext.engine.batcher import InlineBatcher
from jupyter_scheduler_ext.engine.models import TASK
from jupyter_scheduler_ext.engine.pipeline import ENDS_AT_ONCE
from jupyter_scheduler_ext.handlers import feed
from jupyter_scheduler_ext.handlers.delta import compose
from jupyter_scheduler_ext.stores.files import FileSystem
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .night import NOOP, Night, at

FEW, MANY = 20, 2000
MIDNIGHT, DAY = at("2026-03-01 00:00"), 86_400_000


async def fill(night: Night, number: int, schedule: str = "0 12 * * *") -> list[str]:
    """Tasks that differ in nothing but their uuids, so that their texts are of one length."""
    tasks = [{"name": "task", "type": "scheduled", "schedule": schedule, "action": NOOP} for _ in range(number)]
    await night.scheduler.import_tasks({"tasks": tasks})
    await night.sleep(1)
    return list(night.scheduler.tasks)


async def calls(act: Callable[[], Any]) -> int:
    """How many Python functions are called by an act (or by a coroutine, and whatever the loop does meanwhile)."""
    count = 0

    def see(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(see)
    try:
        made = act()
        if isinstance(made, Awaitable):
            await made
    finally:
        sys.setprofile(None)
    return count


def listed_anew(night: Night, uuid: str) -> Any:
    night.scheduler.board.saw_definition(uuid)
    return night.scheduler.list_tasks(sort="attention")


CHEAP: dict[str, Callable[[Night, str, str], Any]] = {
    "a tick with nothing due": lambda night, revision, uuid: night.scheduler.tick(),
    "a poll with no change": lambda night, revision, uuid: compose(night.scheduler, revision),
    "the first page of the list": lambda night, revision, uuid: night.scheduler.list_tasks(limit=10),
    "a list by name": lambda night, revision, uuid: night.scheduler.list_tasks(sort="name", limit=10),
    "a page of what failed": lambda night, revision, uuid: night.scheduler.list_tasks(state="error", limit=10),
    "a list in which one changed": lambda night, revision, uuid: listed_anew(night, uuid),
    "a timeline": lambda night, revision, uuid: night.scheduler.timeline(MIDNIGHT, MIDNIGHT + DAY, DAY // 48),
    "the counts by state": lambda night, revision, uuid: night.scheduler.board.state_counts(),
    "the status": lambda night, revision, uuid: night.scheduler.status(),
    "one task as JSON": lambda night, revision, uuid: night.scheduler.task_bytes(uuid),
    "what is due soon": lambda night, revision, uuid: night.scheduler.has_work_within(60),
    "a change that is seen": lambda night, revision, uuid: night.scheduler.board.saw_definition(uuid),
}


@pytest.mark.parametrize("what", CHEAP)
def test_what_is_cheap_costs_the_same_with_few_tasks_and_with_many(what: str, tmp_path: Path):
    counts: dict[int, int] = {}
    for number in (FEW, MANY):
        night = Night(tmp_path / str(number))

        async def story(night: Night = night, number: int = number) -> None:
            uuids = await fill(night, number)
            act, revision = CHEAP[what], night.scheduler.changes.revision
            await calls(lambda: act(night, revision, uuids[-1]))  # caches are filled
            counts[number] = await calls(lambda: act(night, revision, uuids[-1]))

        night.run(story())
    assert counts[MANY] <= counts[FEW] * 1.5 + 10, counts


def test_a_poll_costs_what_changed_and_not_what_there_is(tmp_path: Path):
    costs: dict[tuple[int, int], tuple[int, int]] = {}
    for number in (100, MANY):
        night = Night(tmp_path / str(number))

        async def story(night: Night = night, number: int = number) -> None:
            uuids = await fill(night, number)
            for changed in (1, 10, 100):
                revision = night.scheduler.changes.revision
                for uuid in uuids[:changed]:
                    night.scheduler.board.saw_definition(uuid)
                await compose(night.scheduler, revision)
                work = await calls(lambda revision=revision: compose(night.scheduler, revision))
                text, _ = await compose(night.scheduler, revision)
                costs[number, changed] = len(text), work

        night.run(story())
    for changed in (1, 10, 100):
        for few, many in zip(costs[100, changed], costs[MANY, changed], strict=True):
            assert many <= few * 1.05 + 20, costs
    of_one = costs[MANY, 10][0] - costs[MANY, 1][0]
    assert costs[MANY, 100][0] < costs[MANY, 1][0] + 12 * of_one, "bytes grow faster than changes"


def test_a_poll_with_no_change_says_so_in_a_few_bytes(night: Night):
    async def story():
        await fill(night, 100)
        text, _ = await compose(night.scheduler, night.scheduler.changes.revision)
        assert len(text) < 150

    night.run(story())


def test_pages_at_the_same_revision_share_one_text(night: Night, monkeypatch: pytest.MonkeyPatch):
    class Page:
        def __init__(self) -> None:
            self.revision = night.scheduler.changes.revision
            self.greeted = True
            self.follows: dict[str, int] = {}
            self.frames: list[bytes] = []

        async def send(self, frame: bytes) -> bool:
            self.frames.append(frame)
            return True

    async def story():
        uuids = await fill(night, 50)
        composed: list[str] = []
        whole = feed.compose
        monkeypatch.setattr(feed, "compose", lambda *given: composed.append(given[1]) or whole(*given))
        pages = [Page() for _ in range(20)]
        pushing = feed.Feed(night.scheduler)
        for page in pages:
            pushing.join(page)
        for _ in range(100):  # a storm: all in one push, or two
            night.scheduler.board.saw_definition(uuids[7])
        await night.sleep(1)
        pushing.close()
        assert len(composed) <= 2
        assert all(0 < len(page.frames) <= 2 for page in pages)
        assert [task["uuid"] for task in json.loads(pages[0].frames[0])["tasks"]] == [uuids[7]]

    night.run(story())


def test_a_look_that_finds_nothing_is_one_visit_to_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    night = Night(tmp_path)
    night.store = JsonFileStore(tmp_path)
    visits: Counter[str] = Counter()
    put = InlineBatcher._put

    def seen(batcher: InlineBatcher[Any], job: Any) -> None:
        visits[batcher._name] += 1
        put(batcher, job)

    async def story():
        await fill(night, FEW)
        await night.sleep(300)
        visits.clear()
        await night.sleep(600)  # ten looks
        assert 10 <= sum(visits.values()) <= 12, "an idle minute wakes more threads than it has looks"
        definitions = tmp_path / "tasks.json"
        definitions.write_text(definitions.read_text().replace('"task"', '"edited by hand"', 1))
        await night.sleep(120)
        assert "edited by hand" in {task.name for task in night.scheduler.tasks.values()}

    monkeypatch.setattr(InlineBatcher, "_put", seen)
    night.run(story())


def test_a_herd_is_claimed_in_one_commit_and_all_of_it_starts_before_an_end_is_recorded(night: Night):
    async def story():
        await night.scheduler.stop()
        await night.boot(max_concurrent_runs=2 * MANY)
        await fill(night, MANY, "30 1 * * *")
        night.kernels.seconds = 0
        await night.until("2026-03-01 01:29:59")
        night.commits.clear()
        await night.until("2026-03-01 01:31")
        ops = [Counter(commit) for commit in night.commits]
        assert ops[0] == {"Claim": MANY}
        assert sum(commit["Finish"] for commit in ops) == MANY
        assert len(ops) <= 1 + -(-MANY // ENDS_AT_ONCE) + 1, "ends do not share their commits"

    night.run(story())


def test_four_slots_and_a_long_line_cost_less_than_two_commits_a_run(night: Night):
    async def story():
        await fill(night, 200, "30 1 * * *")
        night.kernels.seconds = 1
        await night.until("2026-03-01 01:29:59")
        night.commits.clear()
        await night.until("2026-03-01 01:40")
        ops = Counter(op for commit in night.commits for op in commit)
        assert (ops["Claim"], ops["Finish"]) == (200, 200)
        assert len(night.commits) <= 1 + 200, "a start from the line does not share the commit of an end"

    night.run(story())


def test_a_run_in_flight_is_one_piece_of_work_and_no_timer_of_its_own(night: Night):
    async def story():
        await night.scheduler.stop()
        await night.boot(max_concurrent_runs=2 * MANY)
        await fill(night, 500, "30 1 * * *")
        night.kernels.seconds = None
        loop: Any = asyncio.get_running_loop()
        tasks, timers = len(asyncio.all_tasks()), len(loop._scheduled)
        await night.until("2026-03-01 01:31")
        assert len(night.kernels.started) == 500
        assert len(asyncio.all_tasks()) - tasks <= 500 + 5
        assert len(loop._scheduled) - timers <= 20
        for work in night.kernels.started:
            work.succeed()
        await night.sleep(1)

    night.run(story())


def test_a_fire_looks_for_the_next_one_as_often_as_it_has_rules(night: Night, monkeypatch: pytest.MonkeyPatch):
    from jupyter_scheduler_ext.engine import cron_fires

    async def story():
        await fill(night, 200, "17 1 * * *")
        looked: list[int] = []
        whole = cron_fires.fires_after
        monkeypatch.setattr(cron_fires, "fires_after", lambda *given: looked.append(given[2]) or whole(*given))
        await night.until("2026-03-01 01:20")
        assert len(looked) <= 10, "equal rules at the same instant are worked out again for each task"

    night.run(story())


# The file of tasks ---------------------------------------------------------------------------------------------------


class CountingFiles(FileSystem):
    """Counts what costs something."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.written = 0

    def write(self, fd: int, content: bytes | memoryview) -> int:
        written = super().write(fd, content)
        self.written += written
        return written


for _name in ("create", "sync", "sync_folder", "rename", "link", "unlink", "read"):

    def _counted(self: CountingFiles, *given: Any, _name: str = _name) -> Any:
        self.made[_name] += 1
        return getattr(FileSystem, _name)(self, *given)

    setattr(CountingFiles, _name, _counted)


@contextmanager
def renames() -> Iterator[Counter[str]]:
    """Renames that the process really makes while the block runs, as Python's audit hooks see them."""
    seen: Counter[str] = Counter()
    watching = True

    def see(event: str, _: Any) -> None:
        if watching and event in ("os.rename", "os.link"):
            seen[event] += 1

    sys.addaudithook(see)
    yield seen
    watching = False


@pytest.mark.parametrize("number", [10, 1000])
@pytest.mark.parametrize("changed", [1, 10])
def test_one_save_writes_the_file_once_and_waits_for_the_disk_twice(tmp_path: Path, number: int, changed: int):
    def a_task(index: int, **more: Any) -> Any:
        text = {"type": "adhoc", "uuid": f"t{index:06}", "name": "task", "action": {"kind": "code", "source": "1"}}
        return TASK.validate_python(text | more)

    files = CountingFiles()
    store = JsonFileStore(tmp_path / "store", files=files)
    store.open()
    store.save([Put(a_task(index), expected=0) for index in range(number)])
    for turn in range(4):  # all backups are there
        store.save([Put(a_task(0, description=str(turn)), expected=turn + 1)])
    files.made.clear()
    files.written = 0
    expected = {0: 5}
    with renames() as really:
        store.save([Put(a_task(index, tags=("new",)), expected=expected.get(index, 1)) for index in range(changed)])
    size = (tmp_path / "store" / "tasks.json").stat().st_size
    assert files.written == size
    assert dict(files.made) == {"create": 1, "sync": 1, "link": 1, "rename": 3, "sync_folder": 1}
    assert really == {"os.rename": 3, "os.link": 1}


# What a server loads -------------------------------------------------------------------------------------------------

LOADED = """
import json, sys
import jupyter_server.serverapp
before = set(sys.modules)
import jupyter_scheduler_ext.extension
named = set(sys.modules) - before
import jupyter_scheduler_ext.announcements
from jupyter_scheduler_ext.handlers.routes import handlers
handlers()
print(json.dumps([sorted(named), sorted(set(sys.modules) - before)]))
"""
"""What a server imports when it finds the extension, and when it makes its routes; all else comes in a thread."""


def test_a_server_start_imports_little_and_nothing_heavy():
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    named, routed = json.loads(told.stdout)
    assert len(named) <= 20, named
    assert "jupyter_scheduler_ext.engine.scheduler" not in routed
    strangers = {name.partition(".")[0] for name in routed}
    strangers -= {"jupyter_scheduler_ext", "jupyter_server", *sys.stdlib_module_names}
    allowed = {"annotated_types", "pydantic", "pydantic_core", "typing_inspection"}
    assert strangers <= allowed, "something heavy is imported before the server listens"
    assert len([name for name in routed if name.startswith("jupyter_scheduler_ext")]) <= 100
