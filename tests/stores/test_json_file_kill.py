"""T5: kill -9 at any moment of a save loses no acknowledged write; after a start there is no damage and no litter."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jupyter_scheduler_ext.engine.abc import Put
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .children import Child
from .definitions import a_task, renamed

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are made by fork")


def kill_savers(folder, kills, seed):
    """Kill a saver again and again; returns how many saves were acknowledged, and how many kills hit one."""
    luck = random.Random(seed)
    JsonFileStore(folder).save([Put(a_task("left", "0")), Put(a_task("right", "0")), Put(a_task("bystander"))])
    last = acknowledged = unacknowledged = 0
    for _ in range(kills):

        def save(report, start=last):
            store = JsonFileStore(folder)
            tasks = store.open().tasks
            report(start)
            for number in range(start + 1, start + 1000):
                tasks = store.save([Put(renamed(tasks[side], str(number))) for side in ("left", "right")]).tasks
                report(number)

        child = Child(save)
        child.reported(luck.randrange(1, 4))
        began = time.monotonic()
        child.reported()
        time.sleep(luck.uniform(0, time.monotonic() - began))
        reported = child.kill()
        acknowledged += len(reported[1:])
        promised = max([last, *reported])

        snapshot = JsonFileStore(folder).open()
        found = {uuid: int(snapshot.tasks[uuid].name) for uuid in ("left", "right")}
        assert found["left"] == found["right"], "half of a save"
        assert found["left"] in (promised, promised + 1), f"lost: {promised} was acknowledged, {found} is stored"
        assert snapshot.tasks["bystander"] == a_task("bystander", revision=1)
        assert snapshot.notices == ()
        extra = {path.name for path in folder.iterdir()} - {"tasks.json", "tasks.lock"}
        assert extra <= {"tasks.json.1", "tasks.json.2", "tasks.json.3"}, "litter"
        unacknowledged += found["left"] - promised
        last = found["left"]
    return acknowledged, unacknowledged


def test_a_hundred_kills_lose_corrupt_and_litter_nothing(tmp_path):
    acknowledged, _ = kill_savers(tmp_path / "scheduler", kills=100, seed=5)
    assert acknowledged >= 100


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_five_thousand_kills_lose_corrupt_and_litter_nothing(tmp_path):
    acknowledged, unacknowledged = kill_savers(tmp_path / "scheduler", kills=5000, seed=50)
    print(f"{acknowledged} saves acknowledged, {unacknowledged} kills between a rename and its acknowledgement")


SAVE_ONCE = """
import sys
from pathlib import Path
from jupyter_scheduler_ext.engine.abc import Put
from jupyter_scheduler_ext.stores.json_file import JsonFileStore
from stores.definitions import a_task
store = JsonFileStore(Path(sys.argv[1]))
store.open()
try:
    store.save([Put(a_task("a", "new"))])
except Exception as error:
    print("told", getattr(error, "status", None), error)
else:
    print("acknowledged")
"""


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", ["fsync", "rename", "link", "openat", "close"])
@pytest.mark.parametrize("fault", ["error=EIO", "error=ENOSPC", "error=EROFS", "signal=KILL"])
def test_the_kernel_fails_each_call_of_a_save(tmp_path, call, fault):
    """T7 by injection into real system calls: only those that name a file of the store are touched."""
    strace = shutil.which("strace")
    assert strace, "strace is needed for -m deep"
    folder = tmp_path / "scheduler"
    store = JsonFileStore(folder)
    for number in range(5):
        store.save([Put(a_task("a", f"old {number}"))])
    hits = 0
    for when in range(1, 12):
        before = JsonFileStore(folder).open().tasks["a"].name
        traced = [strace, "-f", "-o", str(tmp_path / "trace"), "-e", f"trace={call}"]
        for path in sorted(folder.iterdir()):
            traced += ["-P", str(path)]
        if call in ("fsync", "link", "rename"):
            traced = traced[:6]  # nothing else in a Python process makes these calls: temporary names are met too
        traced += ["-e", f"inject={call}:{fault}:when={when}"]
        ran = subprocess.run(
            [*traced, sys.executable, "-c", SAVE_ONCE, str(folder)],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        snapshot = JsonFileStore(folder).open()
        found = snapshot.tasks["a"].name
        assert found in (before, "new"), ran.stdout + ran.stderr
        if "acknowledged" in ran.stdout:
            assert found == "new"
        hits += "INJECTED" in (tmp_path / "trace").read_text() or ran.returncode == -9
        assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
        store.save([Put(a_task("a", f"old {when + 5}"))])
    assert hits, "no fault was met: this tested nothing"
    print(call, fault, hits, "faults met")
