"""T9, file store: several servers share one folder, each with its own memory, and lose nothing of each other's."""

from __future__ import annotations

import os
import time

import pytest

from jupyter_scheduler_ext.engine.abc import Put, RevisionConflict, StoreError
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .children import Child
from .definitions import a_task, renamed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are made by fork")


@pytest.mark.parametrize("servers", [2, 3])
def test_servers_that_edit_one_folder_at_once_lose_no_update(tmp_path, servers):
    """RELIABILITY 6, storage: no lock between processes (2,455 of 6,000 updates were kept)."""
    folder = tmp_path / "scheduler"
    JsonFileStore(folder).save([Put(a_task("counter", "0"))])
    updates = 40

    def work(me):
        def edit(report):
            store = JsonFileStore(folder)
            snapshot = store.open()
            for number in range(updates):
                snapshot = store.save([Put(a_task(f"{me}-{number}"), expected=0)])
                while True:
                    counter = snapshot.tasks["counter"]
                    try:
                        more = renamed(counter, str(int(counter.name) + 1))
                        snapshot = store.save([Put(more, expected=counter.revision)])
                        break
                    except RevisionConflict:
                        snapshot = store.refresh() or snapshot
                report(number)

        return edit

    children = [Child(work(me)) for me in range(servers)]
    assert [child.wait() for child in children] == [(0, list(range(updates)))] * servers
    tasks = JsonFileStore(folder).open().tasks
    assert int(tasks["counter"].name) == servers * updates
    assert tasks["counter"].revision == servers * updates + 1
    assert len(tasks) == servers * updates + 1


def test_a_server_killed_while_it_holds_the_lock_blocks_nobody(tmp_path):
    folder = tmp_path / "scheduler"
    JsonFileStore(folder).save([Put(a_task("a"))])

    def hold(report):
        store = JsonFileStore(folder)
        with store._locked():
            report(1)
            time.sleep(60)

    child = Child(hold)
    child.reported()
    with pytest.raises(StoreError, match="another process"):
        JsonFileStore(folder, lock_timeout=0.05).save([Put(a_task("b"))])
    assert child.kill() == [1]
    assert "b" in JsonFileStore(folder).save([Put(a_task("b"))]).tasks


def test_readers_never_see_half_a_save_while_another_process_writes(tmp_path):
    folder = tmp_path / "scheduler"
    JsonFileStore(folder).save([Put(a_task("left", "0")), Put(a_task("right", "0"))])

    def write(report):
        store = JsonFileStore(folder)
        tasks = store.open().tasks
        for number in range(60):
            tasks = store.save([Put(renamed(tasks[side], str(number))) for side in ("left", "right")]).tasks
        report(number)

    child = Child(write)
    reader = JsonFileStore(folder)
    snapshot = reader.open()
    seen = {snapshot.revision}
    deadline = time.monotonic() + 30
    while snapshot.tasks["left"].name != "59" and time.monotonic() < deadline:
        snapshot = reader.refresh() or snapshot
        assert snapshot.tasks["left"].name == snapshot.tasks["right"].name
        assert snapshot.notices == ()
        seen.add(snapshot.revision)
    assert child.wait() == (0, [59])
    assert len(seen) > 1
