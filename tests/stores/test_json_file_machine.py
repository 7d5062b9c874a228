"""T4 on the file store, with people who edit the file between the servers' saves."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from jupyter_scheduler_ext.engine.abc import Put, StoreError
from jupyter_scheduler_ext.stores.json_file import JsonFileStore

from .definitions import a_task
from .definitions_machine import DefinitionsMachine, names, servers, uuids
from .faults import FAULTS, FaultyFiles, Killed, Quick

quick = settings(
    max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
thorough = settings(quick, max_examples=1000, stateful_step_count=50)

ways = st.sampled_from(["in place", "by rename"])
indents = st.sampled_from([None, 1, 2, 4])


class FileMachine(DefinitionsMachine):
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp()) / "scheduler"
        self.file = self.folder / "tasks.json"
        super().__init__()

    def make_store(self) -> JsonFileStore:
        return JsonFileStore(self.folder, files=Quick())

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.folder.parent)

    def write(self, text: str, way: str) -> None:
        if way == "by rename":
            self.file.with_name("new").write_text(text)
            self.file.with_name("new").replace(self.file)
        else:
            self.file.write_text(text)

    @initialize()
    def begin(self):
        self.put(0, "a", "first", a_task)

    @rule(uuid=uuids, name=names, way=ways, indent=indents)
    def edited_by_hand(self, uuid, name, way, indent):
        value = json.loads(self.file.read_text())
        for entry in value["tasks"]:
            if entry["uuid"] == uuid:
                entry["name"] = name
                self.model[uuid] = name
        value["tasks"].reverse()
        self.write(json.dumps(value, indent=indent), way)

    @rule(uuid=uuids, way=ways, indent=indents)
    def removed_by_hand(self, uuid, way, indent):
        value = json.loads(self.file.read_text())
        value["tasks"] = [entry for entry in value["tasks"] if entry["uuid"] != uuid]
        self.forget(uuid)
        self.write(json.dumps(value, indent=indent), way)

    @rule(server=servers, way=ways, cut=st.floats(0, 0.99))
    def mangled_by_hand_under_a_running_server(self, server, way, cut):
        """What the server knows, it keeps, and writes again."""
        self.look(server)
        text = self.file.read_text()
        self.write(text[: int(len(text) * cut)], way)
        self.look(server)
        self.put(server, "a", "after the mess", a_task)

    @precondition(lambda self: self.file.exists())
    @rule(server=servers, name=names, fault=st.sampled_from(sorted(FAULTS)), at=st.integers(0, 25))
    def a_save_that_fails(self, server, name, fault, at):
        """Another server's save meets a fault: all of it is there afterwards, or nothing."""
        files = FaultyFiles()
        unlucky = JsonFileStore(self.folder, files=files)
        unlucky.open()
        files.fault, files.at = FAULTS[fault], len(files.made) + at
        new = self.model | {"a": name, "b": name}
        try:
            unlucky.save([Put(a_task(uuid, name)) for uuid in "ab"])
            self.model = new
        except StoreError:
            pass
        except Killed:
            found = {task.uuid: task.name for task in self.make_store().open().tasks.values()}
            assert found in (self.model, new)
            self.model = found
        self.look(server)


class TestFileStore(FileMachine.TestCase):
    settings = quick


@pytest.mark.deep
@pytest.mark.timeout(3600)
class TestFileStoreAtLength(FileMachine.TestCase):
    settings = thorough
