"""T4: any sequence of saves, removals, conflicts, restarts and refreshes against a dictionary, for any `TaskStore`.

Two servers share the definitions. A store's own machine inherits this one, says how a store is made, and may add what
only its kind can suffer.
"""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from jupyter_scheduler_ext.engine.abc import Put, Remove, RevisionConflict, Snapshot, TaskStore

from .definitions import a_call, a_plan, a_task

uuids = st.sampled_from("abcdef")
names = st.text('xy é☃"\\', min_size=1, max_size=8).map(lambda text: f"n{text}n")
makers = st.sampled_from([a_task, a_plan, a_call])
servers = st.integers(0, 1)


class DefinitionsMachine(RuleBasedStateMachine):
    """`model` is what every server must show after it looked: uuid -> name."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, str] = {}
        self.stores = [self.make_store(), self.make_store()]
        self.seen: list[Snapshot] = [store.open() for store in self.stores]
        self.removed: list[set[str]] = [set(), set()]

    def make_store(self) -> TaskStore:
        """One more store over the same definitions, not open."""
        raise NotImplementedError

    def teardown(self) -> None:
        for store in self.stores:
            store.close()

    @rule(server=servers, uuid=uuids, name=names, make=makers)
    def put(self, server, uuid, name, make):
        self.take(server, self.stores[server].save([Put(make(uuid, name))]))
        self.model[uuid] = name
        self.check(server)

    @rule(server=servers, uuid=uuids, name=names)
    def create(self, server, uuid, name):
        change = Put(a_task(uuid, name), expected=0)
        if uuid in self.model:
            self.conflict(server, change, uuid)
        else:
            self.take(server, self.stores[server].save([change]))
            self.model[uuid] = name
            self.check(server)

    @rule(server=servers, uuid=uuids, name=names)
    def edit_what_was_seen(self, server, uuid, name):
        self.look(server)
        if uuid in self.model:
            task = self.seen[server].tasks[uuid]
            change = Put(task.model_copy(update={"name": name}), expected=task.revision)
            snapshot = self.stores[server].save([change])
            assert snapshot.tasks[uuid].revision == task.revision + 1
            self.take(server, snapshot)
            self.model[uuid] = name
            self.check(server)

    @rule(server=servers, uuid=uuids, ahead=st.integers(1, 3))
    def edit_with_a_wrong_revision(self, server, uuid, ahead):
        self.look(server)
        task = self.seen[server].tasks.get(uuid)
        revision = (task.revision if task else 0) + ahead
        self.conflict(server, Put(a_task(uuid, "wrong"), expected=revision), uuid)
        if task:
            self.conflict(server, Remove(uuid, expected=revision), uuid)

    @rule(server=servers, uuid=uuids)
    def remove(self, server, uuid):
        snapshot = self.stores[server].save([Remove(uuid)])
        self.forget(uuid)
        self.take(server, snapshot)
        self.check(server)

    @rule(server=servers, changes=st.lists(st.tuples(uuids, st.one_of(st.none(), names)), max_size=6))
    def save_many(self, server, changes):
        made = [Remove(uuid) if name is None else Put(a_task(uuid, name)) for uuid, name in changes]
        snapshot = self.stores[server].save(made)
        for uuid, name in changes:
            if name is None:
                self.forget(uuid)
            else:
                self.model[uuid] = name
        self.take(server, snapshot)
        self.check(server)

    @rule(server=servers, uuid=uuids, name=names)
    def save_many_with_one_conflict(self, server, uuid, name):
        self.look(server)
        changes = [Put(a_task(other, name)) for other in "abcdef" if other != uuid]
        revision = self.seen[server].tasks[uuid].revision if uuid in self.model else 0
        self.conflict(server, [*changes, Put(a_task(uuid, name), expected=revision + 1)], uuid)

    @rule(server=servers)
    def look(self, server):
        promised, news = self.stores[server].stale(), self.stores[server].refresh()
        assert promised or news is None, "news that `stale` knew nothing of would never be looked for"
        self.take(server, news)
        self.check(server)
        assert self.stores[server].refresh() is None

    @rule(server=servers)
    def restart(self, server):
        self.stores[server].close()
        self.stores[server] = self.make_store()
        self.seen[server] = self.stores[server].open()
        self.removed[server].clear()
        self.check(server)

    @invariant()
    def no_snapshot_is_read_only(self):
        assert not any(snapshot.read_only for snapshot in self.seen)

    def forget(self, uuid: str) -> None:
        """Removed: if it comes back, it is another task and counts anew."""
        self.model.pop(uuid, None)
        for removed in self.removed:
            removed.add(uuid)

    def take(self, server: int, new: Snapshot | None) -> None:
        """A server's next snapshot: no revision goes back, and a task that differs has a new one."""
        if new is None:
            return
        old, self.seen[server] = self.seen[server], new
        assert new.revision >= old.revision
        for uuid in old.tasks.keys() & new.tasks.keys() - self.removed[server]:
            assert new.tasks[uuid].revision >= old.tasks[uuid].revision
            assert new.tasks[uuid] == old.tasks[uuid] or new.tasks[uuid].revision > old.tasks[uuid].revision
        self.removed[server].clear()

    def check(self, server: int) -> None:
        assert {task.uuid: task.name for task in self.seen[server].tasks.values()} == self.model

    def conflict(self, server: int, changes: object, uuid: str) -> None:
        """The changes are refused, because of this task, and nothing at all of them is saved."""
        with pytest.raises(RevisionConflict) as told:
            self.stores[server].save(changes if isinstance(changes, list) else [changes])
        assert told.value.uuid == uuid
        assert (told.value.current.name if told.value.current else None) == self.model.get(uuid)
        self.look(server)
