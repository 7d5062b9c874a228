"""The file belongs to people as well: they read it, diff it, edit it in place or by rename, and make mistakes."""

from __future__ import annotations

import json
import os
import threading
from uuid import UUID

import pytest

from jupyter_scheduler_ext.engine.abc import Put, Remove, RevisionConflict, StoreError
from jupyter_scheduler_ext.engine.models import new_uuid
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .definitions import a_call, a_plan, a_task, renamed
from .faults import Quick


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "scheduler"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def file(folder):
    return folder / "tasks.json"


@pytest.fixture
def store(folder):
    store = JsonFileStore(folder, timezone="Europe/Berlin")
    store.open()
    return store


def edit_in_place(file, change):
    """As an editor that truncates and writes the same file."""
    file.write_text(change(file.read_text()))


def edit_by_rename(file, change):
    """As an editor that writes a new file and renames it."""
    new = file.with_name("editor's own")
    new.write_text(change(file.read_text()))
    new.replace(file)


edits = pytest.mark.parametrize("edit", [edit_in_place, edit_by_rename])


def codes(snapshot):
    return {notice.code for notice in snapshot.notices}


def asides(folder):
    return sorted(folder.glob("tasks.json.bad-*"))


# What it looks like


def test_an_entry_is_a_block_with_a_line_for_each_field_and_without_defaults(store, file):
    store.save([Put(a_task("a", policy={"retries": {"max": 2}}, tags=["finance"]))])
    assert file.read_text() == (
        "{\n"
        '  "schema": 1,\n'
        '  "rev": 1,\n'
        '  "tasks": [\n'
        "    {\n"
        '      "uuid": "a",\n'
        '      "revision": 1,\n'
        '      "type": "scheduled",\n'
        '      "name": "Nightly report",\n'
        '      "tags": ["finance"],\n'
        '      "enabled": true,\n'
        '      "schedule": {"minute": "30", "hour": "2", "day": "*", "month": "*", "weekday": "*",'
        ' "timezone": "Europe/Berlin"},\n'
        '      "action": {"kind": "command", "argv": ["true"]},\n'
        '      "policy": {"retries": {"max": 2}}\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_a_change_of_one_task_changes_its_lines_and_the_revision_only(store, file):
    snapshot = store.save([Put(a_task(f"t{number}")) for number in range(20)])
    before = file.read_text().splitlines()
    store.save([Put(renamed(snapshot.tasks["t7"], "Other"))])
    after = file.read_text().splitlines()
    assert len(before) == len(after)
    assert [new.strip() for old, new in zip(before, after, strict=True) if old != new] == [
        '"rev": 2,',
        '"revision": 2,',
        '"name": "Other",',
    ]


def test_the_file_is_plain_json_whatever_the_tasks_hold(store, file):
    store.save([Put(a_task("a", 'Quote " \\ é ☃')), Put(a_plan()), Put(a_call(description="x\n\u2028" * 3000))])
    assert [task["uuid"] for task in json.loads(file.read_text())["tasks"]] == ["a", "p", "c"]


def test_a_run_state_never_stands_in_the_file_even_if_it_was_pasted_there(store, file):
    pasted = {"type": "adhoc", "name": "x", "action": {"kind": "command", "argv": ["ls"]}, "state": "running"}
    file.write_text(json.dumps({"tasks": [pasted | {"next_run": None, "last_run": {}, "dedicated_context": True}]}))
    (task,) = store.refresh().tasks.values()
    store.save([Put(task)])
    assert not {"state", "next_run", "last_run", "dedicated_context"} & set(json.loads(file.read_text())["tasks"][0])


# What may be written by hand


def test_a_hand_written_minimal_entry_gets_its_zone_at_once_and_its_uuid_for_good_at_the_next_save(store, file, folder):
    entry = {
        "type": "scheduled",
        "name": "By hand",
        "schedule": "5 4 * * *",
        "action": {"kind": "command", "argv": ["x"]},
    }
    file.write_text(json.dumps({"tasks": [entry]}))
    (task,) = store.refresh().tasks.values()
    assert task.schedule.expression == "5 4 * * *"
    assert task.schedule.timezone == "Europe/Berlin"
    assert set(JsonFileStore(folder).open().tasks) == {task.uuid}
    store.save([Put(a_task("other"))])
    assert json.loads(file.read_text())["tasks"][0]["uuid"] == task.uuid


def test_ids_are_whole_uuids(store, file):
    """RELIABILITY 6, storage: weak 8-character ids."""
    made = [new_uuid() for _ in range(1000)]
    entry = {"type": "adhoc", "name": "By hand", "action": {"kind": "command", "argv": ["x"]}}
    file.write_text(json.dumps({"tasks": [entry]}))
    assert len(set(made)) == 1000
    assert all(len(uuid) == 36 and str(UUID(uuid)) == uuid for uuid in (*made, *store.refresh().tasks))


def test_hand_written_entries_stay_as_they_are_written_until_their_task_changes(store, file):
    line = (
        '{"uuid": "h", "type": "scheduled", "name": "By hand",   "schedule": "@daily", "action": {"kind": "command",'
        ' "argv": ["x"]}}'
    )
    file.write_text(f'{{"tasks": [ {line} ]}}')
    store.refresh()
    snapshot = store.save([Put(a_task("a"))])
    assert line in file.read_text()
    store.save([Put(renamed(snapshot.tasks["h"], "Changed"))])
    assert "@daily" not in file.read_text()


def test_an_editors_byte_order_mark_and_line_ends_are_no_matter(store, file):
    store.save([Put(a_task("a"))])
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    store.refresh()
    assert set(store.save([Put(a_task("b"))]).tasks) == {"a", "b"}


# Edits while the server runs


@edits
def test_an_outside_edit_is_taken_up_and_is_a_new_revision(store, file, edit):
    before = store.save([Put(a_task("a")), Put(a_task("b"))])
    edit(file, lambda text: text.replace("Nightly report", "Edited", 1))
    after = store.refresh()
    assert after.tasks["a"].name == "Edited"
    assert after.tasks["a"].revision == 2
    assert after.tasks["b"] is before.tasks["b"]
    assert after.revision > before.revision
    assert store.refresh() is None


@edits
def test_a_save_right_after_an_outside_edit_keeps_both(store, file, edit):
    snapshot = store.save([Put(a_task("a")), Put(a_task("b"))])
    edit(file, lambda text: text.replace("Nightly report", "Edited", 1))
    after = store.save([Put(renamed(snapshot.tasks["b"], "Saved"), expected=1)])
    assert {task.name for task in after.tasks.values()} == {"Edited", "Saved"}
    assert json.loads(file.read_text())["tasks"][0]["revision"] == 2


@edits
def test_a_save_based_on_what_was_edited_outside_is_refused(store, file, edit):
    snapshot = store.save([Put(a_task("a"))])
    edit(file, lambda text: text.replace("Nightly report", "Edited", 1))
    with pytest.raises(RevisionConflict) as conflict:
        store.save([Put(renamed(snapshot.tasks["a"], "Saved"), expected=1)])
    assert conflict.value.current.name == "Edited"
    assert store.refresh().tasks["a"].name == "Edited"


@edits
def test_entries_added_removed_and_moved_by_hand_are_understood(store, file, edit):
    before = store.save([Put(a_task(uuid)) for uuid in "abcde"])

    def rearrange(text):
        value = json.loads(text)
        a, b, _, d, e = value["tasks"]
        new = {**b, "uuid": "new", "name": "Copied"}
        return json.dumps(value | {"tasks": [e, a, new, b, d]}, indent=1)

    edit(file, rearrange)
    after = store.refresh()
    assert list(after.tasks) == ["e", "a", "new", "b", "d"]
    assert {uuid: after.tasks[uuid].revision for uuid in "abde"} == dict.fromkeys("abde", 1)
    assert all(after.tasks[uuid] == before.tasks[uuid] for uuid in "abde")


@edits
def test_a_reformatted_file_changes_no_task(store, file, edit):
    before = store.save([Put(a_task("a")), Put(a_plan("p"))])
    edit(file, lambda text: json.dumps(json.loads(text)))
    after = store.refresh()
    assert all(after.tasks[uuid] is before.tasks[uuid] for uuid in before.tasks)


def test_two_edits_of_the_same_length_within_one_tick_of_the_clock_are_told_apart(store, file, folder):
    """Inodes are reused and file times are coarse: only the revision in the head tells these versions apart."""
    store.save([Put(a_task("a", "One"))])
    other = JsonFileStore(folder)
    other.open()
    status = file.stat()
    text = file.read_text().replace('"rev": 1', '"rev": 2').replace("One", "Two")
    file.write_text(text)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert other.refresh().tasks["a"].name == "Two"


@edits
def test_a_typo_erases_nothing(store, file, folder, edit):
    """RELIABILITY 6, storage: a typo erases the plan."""
    before = store.save([Put(a_plan("p")), Put(a_task("a"))])
    edit(file, lambda text: text.replace('"name"', '"name', 1))
    told = store.refresh()
    assert dict(told.tasks) == dict(before.tasks)
    assert "store_edit_rejected" in codes(told)
    assert any("line" in notice.message for notice in told.notices)
    assert store.refresh() is None
    edit(file, lambda text: text.replace('"name', '"name"', 1).replace("Nightly report", "Mended"))
    mended = store.refresh()
    assert mended.tasks["a"].name == "Mended"
    assert codes(mended) == set()
    assert asides(folder) == []


@edits
def test_a_save_over_a_typo_puts_the_bad_file_aside_and_keeps_memory(store, file, folder, edit):
    store.save([Put(a_task("a"))])
    edit(file, lambda text: text.replace("Nightly report", "Precious edit").replace("]\n}", "}"))
    after = store.save([Put(a_task("b"))])
    assert set(after.tasks) == {"a", "b"}
    assert after.tasks["a"].name == "Nightly report"
    (aside,) = asides(folder)
    assert "Precious edit" in aside.read_text()
    assert "store_edit_put_aside" in codes(after)
    assert set(JsonFileStore(folder).open().tasks) == {"a", "b"}


@edits
def test_after_a_typo_and_a_crash_the_last_acknowledged_tasks_load(store, file, folder, edit):
    """The typo destroyed the file's content, so what memory holds becomes the newest backup at once."""
    store.save([Put(a_task("a"))])
    store.save([Put(a_task("b"))])
    edit(file, lambda text: text[: len(text) // 2])
    store.refresh()
    after_crash = JsonFileStore(folder).open()
    assert set(after_crash.tasks) == {"a", "b"}
    assert "store_restored" in codes(after_crash)


def test_a_file_that_an_editor_is_still_writing_is_waited_for(store, file, folder):
    store.save([Put(a_task("a"))])
    whole = file.read_text().replace("Nightly report", "Edited")
    file.write_text(whole[:50])
    finish = threading.Timer(0.1, lambda: file.write_text(whole))
    finish.start()
    after = store.save([Put(a_task("b"))])
    finish.join()
    assert {task.name for task in after.tasks.values()} == {"Edited", "Nightly report"}
    assert asides(folder) == []


class Interrupted(Quick):
    """Somebody edits the file whenever a save has just written its new content."""

    def __init__(self, edit, times):
        self.edit, self.times = edit, times

    def sync(self, fd):
        if self.times:
            self.times -= 1
            self.edit()


@edits
def test_an_edit_made_while_a_save_is_being_written_is_kept(store, file, folder, edit):
    store.save([Put(a_task("a")), Put(a_task("b"))])
    change = Interrupted(lambda: edit(file, lambda text: text.replace("Nightly report", "Edited", 1)), times=1)
    busy = JsonFileStore(folder, files=change)
    snapshot = busy.open()
    after = busy.save([Put(renamed(snapshot.tasks["b"], "Saved"), expected=1)])
    assert {task.name for task in after.tasks.values()} == {"Edited", "Saved"}
    assert dict(JsonFileStore(folder).open().tasks) == dict(after.tasks)


def test_a_program_that_never_stops_editing_the_file_is_an_answer_and_not_a_wait_for_ever(store, file, folder):
    store.save([Put(a_task("a"))])
    busy = JsonFileStore(folder, files=Interrupted(lambda: edit_by_rename(file, lambda text: text), times=1000))
    with pytest.raises(StoreError, match="another program") as told:
        busy.save([Put(a_task("b"))])
    assert told.value.status == 503


def test_a_removed_file_is_written_again_from_memory(store, file, folder):
    store.save([Put(a_task("a"))])
    file.unlink()
    told = store.refresh()
    assert set(told.tasks) == {"a"}
    assert "store_edit_rejected" in codes(told)
    assert store.refresh() is None
    assert set(store.save([Put(a_task("b"))]).tasks) == {"a", "b"}
    assert len(json.loads(file.read_text())["tasks"]) == 2


# One bad entry


def spoil(text):
    return text.replace('"minute": "30"', '"minute": 30', 1)


def test_one_bad_entry_stops_nothing_but_itself(file, folder):
    """RELIABILITY 6, storage: one bad entry breaks tick, list and page."""
    JsonFileStore(folder).save([Put(a_task("a")), Put(a_task("b")), Put(a_call("c"))])
    edit_in_place(file, spoil)
    text = file.read_text()
    store = JsonFileStore(folder)
    snapshot = store.open()
    assert set(snapshot.tasks) == {"b", "c"}
    assert "schedule.minute" in snapshot.quarantined["a"]
    assert "store_quarantined" in codes(snapshot)
    after = store.save([Put(a_task("d")), Remove("b")])
    assert set(after.tasks) == {"c", "d"}
    entry = text[text.index("    {\n") : text.index("    },\n")]
    assert entry in file.read_text()


def test_entries_that_are_no_tasks_at_all_are_quarantined_by_position_and_kept(store, file):
    file.write_text('{"tasks": [5, null, [], {"name": "x"}, {"uuid": "../evil"}]}')
    snapshot = store.refresh()
    assert dict(snapshot.tasks) == {}
    assert {"#1", "#2", "#3", "#5"} < set(snapshot.quarantined)
    store.save([Put(a_task("a"))])
    assert json.loads(file.read_text())["tasks"][:5] == [5, None, [], {"name": "x"}, {"uuid": "../evil"}]


def test_a_copied_entry_that_kept_its_uuid_is_quarantined_and_its_original_works(store, file):
    store.save([Put(a_task("a"))])

    def copy(text):
        value = json.loads(text)
        return json.dumps(value | {"tasks": [value["tasks"][0], value["tasks"][0] | {"name": "Copy"}]})

    edit_in_place(file, copy)
    snapshot = store.refresh()
    assert snapshot.tasks["a"].name == "Nightly report"
    assert "uuid" in snapshot.quarantined["#2"]
    edit_in_place(file, lambda text: text.replace('"uuid": "a"', '"uuid": "b"', 1))
    assert {task.uuid: task.name for task in store.refresh().tasks.values()} == {"b": "Nightly report", "a": "Copy"}


def test_a_task_spoilt_while_the_server_runs_stays_in_force_and_its_text_in_the_file(store, file, folder):
    store.save([Put(a_task("a")), Put(a_task("b"))])
    edit_in_place(file, spoil)
    snapshot = store.refresh()
    assert snapshot.tasks["a"].schedule.minute == "30"
    assert "a" in snapshot.quarantined
    after = store.save([Put(a_task("b", "Other"))])
    assert '"minute": 30' in file.read_text()
    assert after.tasks["a"].schedule.minute == "30"
    edit_in_place(file, lambda text: text.replace('"minute": 30', '"minute": "31"'))
    mended = store.refresh()
    assert mended.tasks["a"].schedule.minute == "31"
    assert dict(mended.quarantined) == {}


def test_saving_a_task_whose_text_is_bad_puts_the_text_aside(store, file, folder):
    snapshot = store.save([Put(a_task("a"))])
    edit_in_place(file, spoil)
    after = store.save([Put(renamed(snapshot.tasks["a"], "Saved"), expected=1)])
    assert after.tasks["a"].name == "Saved"
    assert dict(after.quarantined) == {}
    (aside,) = asides(folder)
    assert '"minute": 30' in aside.read_text()


def test_an_action_whose_package_is_missing_waits_in_quarantine_until_it_is_back(store, file, folder):
    from jupyter_scheduler_ext.engine import actions

    entry = {"uuid": "x", "type": "adhoc", "name": "Far away", "action": {"kind": "teleport", "to": "Mars"}}
    file.write_text(json.dumps({"tasks": [entry]}))
    assert "teleport" not in str(store.refresh().tasks)
    store.save([Put(a_task("a"))])

    class Teleport(actions.Action):
        kind: str = "teleport"
        to: str

    actions.register("teleport", Teleport)
    try:
        assert JsonFileStore(folder).open().tasks["x"].action.to == "Mars"
    finally:
        del actions._kinds["teleport"]


# Keys of another version


def test_unknown_keys_are_kept_wherever_they_stand(store, file):
    store.save([Put(a_task("a")), Put(a_plan("p"))])

    def decorate(text):
        value = json.loads(text)
        value["x-top"] = {"é": [1]}
        scheduled, planned = value["tasks"]
        scheduled["x-task"] = "kept"
        scheduled["policy"] = {"x-policy": 1, "retries": {"x-retries": 2}}
        scheduled["action"]["x-action"] = [3]
        scheduled["schedule"]["x-schedule"] = 4
        planned["plan"]["todo"][1]["x-time"] = 5
        return json.dumps(value)

    edit_in_place(file, decorate)
    snapshot = store.refresh()
    assert "store_unknown_keys" in codes(snapshot)
    earlier = {"todo": ["2029-01-01T00:00:00Z", *snapshot.tasks["p"].plan.model_dump(mode="json")["todo"]]}
    snapshot = store.save([Put(renamed(snapshot.tasks["a"], "Saved")), Put(a_plan("p", plan=earlier))])
    assert snapshot.tasks["a"].name == "Saved"
    value = json.loads(file.read_text())
    scheduled, planned = value["tasks"]
    assert value["x-top"] == {"é": [1]}
    assert scheduled["x-task"] == "kept"
    assert scheduled["policy"] == {"x-policy": 1, "retries": {"x-retries": 2}}
    assert scheduled["action"]["x-action"] == [3]
    assert scheduled["schedule"]["x-schedule"] == 4
    assert [time.get("x-time") for time in planned["plan"]["todo"]] == [None, None, 5]


def test_an_unknown_key_in_what_was_removed_goes_with_it(store, file):
    store.save([Put(a_call("c", token={"sha256": "0", "last4": "abcd", "created_at": "2026-01-01T00:00:00Z"}))])
    edit_in_place(file, lambda text: text.replace('"last4"', '"x-token": 1, "last4"'))
    snapshot = store.refresh()
    store.save([Put(snapshot.tasks["c"].model_copy(update={"token": None}))])
    assert "token" not in json.loads(file.read_text())["tasks"][0]


def test_every_field_can_be_cleared(store, file, folder):
    """RELIABILITY 6, storage: fields cannot be cleared."""
    full = a_task("a", description="x", tags=["t"], policy={"timeout": None, "max_runs": 3}, context_id="shared")
    task = store.save([Put(full)]).tasks["a"]
    bare = a_task("a")
    store.save([Put(task.model_copy(update={name: getattr(bare, name) for name in type(bare).model_fields}))])
    assert JsonFileStore(folder).open().tasks["a"] == bare.model_copy(update={"revision": 2})


def test_the_absence_of_a_limit_survives_though_it_is_not_the_default(store, folder):
    store.save([Put(a_task("a", policy={"timeout": None}))])
    assert JsonFileStore(folder).open().tasks["a"].policy.timeout is None
