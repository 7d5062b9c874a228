"""The extension in its server: start, stop, activity, events, where things are kept."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from jupyter_server.extension.config import ExtensionConfigManager

from jupyter_scheduler_ext import wiring
from jupyter_scheduler_ext.announcements import RUN_EVENT, TASK_EVENT
from jupyter_scheduler_ext.engine.models import Event
from jupyter_scheduler_ext.engine.notices import Wishes
from jupyter_scheduler_ext.extension import default_folder
from jupyter_scheduler_ext.notifiers.watch import Watch

from .conftest import nightly, noop_task


def test_importing_the_package_and_the_extension_imports_nothing_heavy():
    code = (
        "import sys, jupyter_server.serverapp; before = set(sys.modules); "
        "import jupyter_scheduler_ext; jupyter_scheduler_ext._jupyter_server_extension_points(); "
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"pydantic", "croniter", "nbclient", "nbformat", "nbconvert", "papermill", "sqlite3", "yaml", "anywidget"}
    assert heavy.isdisjoint(imported)


async def test_the_server_starts_the_scheduler_by_itself(jp_serverapp, extension):
    assert extension.current_activity() is None
    await jp_serverapp._post_start()
    scheduler = await extension.engine()
    assert scheduler.leading


async def test_one_scheduler_a_server(extension):
    first, second = await asyncio.gather(extension.engine(), extension.engine())
    assert first is second
    assert type(first).instance() is first


async def test_nothing_is_written_before_the_first_task(call, extension, jp_root_dir):
    await call("GET", "tasks")
    assert not (Path(extension.storage_dir) / "tasks.json").exists()
    assert list(jp_root_dir.iterdir()) == []
    await call("POST", "tasks", nightly())
    assert json.loads((Path(extension.storage_dir) / "tasks.json").read_text())["tasks"][0]["name"] == "Nightly"


def test_the_folder_is_one_for_each_served_root_and_outside_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    first, second = default_folder(str(tmp_path / "a")), default_folder(str(tmp_path / "b"))
    assert first != second
    assert first == default_folder(str(tmp_path / "x" / ".." / "a"))
    assert first.parts[-2:] == ("memory", "scheduler")
    assert first.is_relative_to(tmp_path / "data")


async def test_a_server_with_work_soon_is_not_idle(call, extension, make):
    await extension.engine()
    assert not extension.current_activity()
    await make(noop_task("soon", type="scheduled", schedule="* * * * *"))
    assert extension.current_activity()
    extension.keep_alive_window = 0
    assert not extension.current_activity()


async def test_work_soon_is_shown_to_the_hub(extension, make, jp_serverapp):
    await make(noop_task("soon", type="scheduled", schedule="* * * * *"))
    times = jp_serverapp.web_app.settings["last_activity_times"]
    showing = asyncio.ensure_future(extension._show_activity())
    await asyncio.sleep(0)
    showing.cancel()
    assert times["scheduler_ext"].tzinfo is not None
    assert jp_serverapp.web_app.last_activity() >= times["scheduler_ext"]


async def test_changes_are_told_as_events_with_ids_and_states_only(call, extension, make, settled, jp_serverapp):
    heard = []

    async def listen(logger, schema_id, data):
        heard.append((schema_id, data))

    for schema in (TASK_EVENT, RUN_EVENT):
        jp_serverapp.event_logger.add_listener(schema_id=schema, listener=listen)
    task = await make(noop_task("secret name"))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    await settled(run["id"])
    await call("DELETE", f"tasks/{task['uuid']}")
    gone = (TASK_EVENT, {"uuid": task["uuid"], "state": "deleted"})
    async with asyncio.timeout(5):
        while gone not in heard:
            await asyncio.sleep(0.02)
    assert (RUN_EVENT, {"id": run["id"], "task_id": task["uuid"], "state": "succeeded"}) in heard
    assert "secret name" not in str(heard)


async def test_a_stop_ends_runs_and_lets_go_of_everything(extension, make, call):
    task = await make(noop_task(action={"seconds": 60}))
    await call("POST", f"tasks/{task['uuid']}/run")
    scheduler = await extension.engine()
    await extension.stop_extension()
    assert not scheduler.leading
    assert not type(scheduler).initialized()
    assert (await call("GET", "tasks")).status == 503
    await extension.stop_extension()


async def test_a_stop_never_raises_and_never_hangs(extension, monkeypatch, caplog):
    scheduler = await extension.engine()
    stop = scheduler.stop

    async def hang():
        await stop()
        await asyncio.sleep(60)

    monkeypatch.setattr(scheduler, "stop", hang)
    monkeypatch.setattr("jupyter_scheduler_ext.extension.STOP_MARGIN", 0.1)
    await asyncio.wait_for(extension.stop_extension(), 5)
    assert "did not stop in time" in caplog.text


async def test_a_stop_survives_an_error(extension, monkeypatch, caplog):
    scheduler = await extension.engine()
    stop = scheduler.stop

    async def fail():
        await stop()
        raise RuntimeError("no")

    monkeypatch.setattr(scheduler, "stop", fail)
    await extension.stop_extension()
    assert "did not stop in order" in caplog.text


async def test_a_scheduler_that_cannot_start_says_why_and_the_server_lives(raw, call, extension, monkeypatch):
    def broken(_):
        raise RuntimeError("no such plug")

    monkeypatch.setattr(wiring, "assemble", broken)
    reply = await call("GET", "tasks")
    assert (reply.status, reply.error["code"]) == (503, "unavailable")
    assert "no such plug" in reply.error["message"]
    assert (await raw("GET", "")).code == 200


async def test_a_restart_keeps_tasks_and_history(call, extension, make, settled):
    task = await make(nightly("kept"))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    await settled(run["id"])
    await extension.stop_extension()
    extension._stopped, extension._assembling, extension._feed = False, None, None
    assert [one["name"] for one in (await call("GET", "tasks")).body["tasks"]] == ["kept"]
    assert (await call("GET", f"runs/{run['id']}")).body["run"]["state"] == "succeeded"


def test_installing_enables_the_extension():
    found = ExtensionConfigManager(read_config_path=[str(Path(sys.prefix) / "etc" / "jupyter")])
    assert found.get_jpserver_extensions().get("jupyter_scheduler_ext") is True


async def test_of_a_run_that_another_server_performed_nothing_is_told(extension, make, call, settled, monkeypatch):
    scheduler = await extension.engine()
    told = []
    wishes = Wishes(on=frozenset(Event), to=("ops",))
    watch = Watch(scheduler, wishes, True, lambda names, news: told.append(news.event))
    task = await make(noop_task(action={"fails": True}))
    run = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    await settled(run["id"])
    monkeypatch.setattr(scheduler, "owner", "another")
    await watch._look()
    assert told == []
    monkeypatch.undo()
    again = (await call("POST", f"tasks/{task['uuid']}/run")).body["run"]
    await settled(again["id"])
    await watch._look()
    assert told == [Event.FAILURE]
