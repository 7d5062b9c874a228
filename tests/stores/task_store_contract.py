"""What every `TaskStore` promises, as one suite: a test class of a store inherits it and says how one is made."""

from __future__ import annotations

import pytest

from jupyter_scheduler_ext.engine.abc import Put, Remove, RevisionConflict
from jupyter_scheduler_ext.engine.errors import Invalid

from .definitions import a_call, a_plan, a_task, renamed


class TaskStoreContract:
    """Subclasses have a fixture `make_store`: each call makes one more store, not open, over the same definitions."""

    @pytest.fixture
    def store(self, make_store):
        store = make_store()
        store.open()
        yield store
        store.close()

    def test_a_new_store_is_empty(self, make_store):
        snapshot = make_store().open()
        assert dict(snapshot.tasks) == {}
        assert not snapshot.read_only
        assert snapshot.notices == ()

    def test_what_was_saved_is_there_after_a_restart(self, store, make_store):
        everything = (
            a_task("a", policy={"retries": {"max": 3}, "overlap": "queue_one"}, tags=["x", "y"], enabled=False),
            a_plan("p"),
            a_call("c", token={"sha256": "0" * 64, "last4": "abcd", "created_at": "2026-01-01T00:00:00Z"}),
            a_task("u", "Ünïcode ☃ \u2028 </script>", action={"kind": "code", "source": 'print("""\n\t\\ é""")'}),
            a_task("n", action={"kind": "notebook", "path": "a b.ipynb", "parameters": {"deep": [{"x": None}, 1.5]}}),
        )
        snapshot = store.save([Put(task) for task in everything])
        again = make_store().open()
        assert dict(again.tasks) == dict(snapshot.tasks)
        assert again.tasks == {task.uuid: task.model_copy(update={"revision": 1}) for task in everything}

    def test_each_save_counts_a_revision_of_the_task_and_of_the_snapshot(self, store):
        first = store.save([Put(a_task("a")), Put(a_task("b"))])
        second = store.save([Put(renamed(first.tasks["a"], "Other"))])
        assert first.tasks["a"].revision == 1
        assert second.tasks["a"].revision == 2
        assert second.tasks["b"].revision == 1
        assert second.revision > first.revision

    def test_a_snapshot_never_changes(self, store):
        first = store.save([Put(a_task("a")), Put(a_task("b"))])
        before = dict(first.tasks)
        store.save([Put(renamed(first.tasks["a"], "Other")), Remove("b"), Put(a_task("c"))])
        assert dict(first.tasks) == before

    def test_a_task_that_did_not_change_stays_the_same_object(self, store):
        first = store.save([Put(a_task("a")), Put(a_task("b"))])
        second = store.save([Put(renamed(first.tasks["a"], "Other"))])
        assert second.tasks["b"] is first.tasks["b"]

    def test_a_change_based_on_an_old_revision_is_refused_and_shown_the_current_task(self, store):
        store.save([Put(a_task("a"), expected=0)])
        current = store.save([Put(a_task("a", "Second"), expected=1)]).tasks["a"]
        with pytest.raises(RevisionConflict) as conflict:
            store.save([Put(a_task("a", "Third"), expected=1)])
        assert conflict.value.uuid == "a"
        assert conflict.value.current == current
        with pytest.raises(RevisionConflict):
            store.save([Remove("a", expected=1)])

    def test_a_task_that_must_not_exist_is_not_overwritten(self, store):
        store.save([Put(a_task("a", "First"), expected=0)])
        with pytest.raises(RevisionConflict):
            store.save([Put(a_task("a", "Second"), expected=0)])

    def test_a_change_of_a_deleted_task_is_refused_with_nothing_to_show(self, store):
        store.save([Put(a_task("a"))])
        store.save([Remove("a")])
        with pytest.raises(RevisionConflict) as conflict:
            store.save([Put(a_task("a"), expected=1)])
        assert conflict.value.current is None

    def test_a_change_without_expectation_always_counts_on_from_what_is_stored(self, store):
        store.save([Put(a_task("a"))])
        assert store.save([Put(a_task("a", "Other", revision=40))]).tasks["a"].revision == 2

    def test_a_deleted_task_that_comes_back_counts_on_from_the_revision_it_brings(self, store):
        task = store.save([Put(a_task("a"))]).tasks["a"]
        store.save([Remove("a")])
        assert store.save([Put(task, expected=0)]).tasks["a"].revision == 2

    def test_a_save_is_all_or_nothing(self, store, make_store):
        before = store.save([Put(a_task("a")), Put(a_task("b"))])
        with pytest.raises(RevisionConflict):
            store.save([Put(renamed(before.tasks["a"], "Other")), Put(a_task("c")), Remove("b", expected=9)])
        assert dict(make_store().open().tasks) == dict(before.tasks)
        assert dict(store.save([]).tasks) == dict(before.tasks)

    def test_changes_of_one_task_in_one_save_follow_each_other(self, store):
        snapshot = store.save([Put(a_task("a"), 0), Put(a_task("a", "Second"), 1), Remove("a", 2), Put(a_task("a"), 0)])
        assert snapshot.tasks["a"].name == "Nightly report"

    def test_removing_what_is_not_there_is_no_error_and_no_revision(self, store):
        before = store.save([Put(a_task("a"))])
        assert store.save([Remove("zz"), Remove("zz", expected=3)]).revision == before.revision

    def test_what_cannot_be_stored_is_refused_by_name_and_harms_nothing(self, store, make_store):
        before = store.save([Put(a_task("a"))])
        endless = a_task("b", "Endless", action={"kind": "notebook", "path": "a", "parameters": {"x": float("inf")}})
        with pytest.raises(Invalid, match="Endless"):
            store.save([Put(renamed(before.tasks["a"], "Other")), Put(endless)])
        assert dict(make_store().open().tasks) == dict(before.tasks)

    def test_another_servers_changes_are_seen_at_the_next_refresh(self, store, make_store):
        other = make_store()
        other.open()
        store.save([Put(a_task("a")), Put(a_task("b"))])
        assert set(other.refresh().tasks) == {"a", "b"}
        assert other.refresh() is None
        seen = store.save([Remove("a"), Put(a_task("c"))])
        assert dict(other.refresh().tasks) == dict(seen.tasks)
        assert store.refresh() is None

    def test_a_save_takes_up_what_another_server_saved_meanwhile(self, store, make_store):
        other = make_store()
        other.open()
        store.save([Put(a_task("a"))])
        assert set(other.save([Put(a_task("b"))]).tasks) == {"a", "b"}
        with pytest.raises(RevisionConflict):
            store.save([Put(a_task("b", "Mine"), expected=0)])
        assert set(store.refresh().tasks) == {"a", "b"}

    def test_the_revision_of_a_snapshot_never_goes_back(self, store, make_store):
        other = make_store()
        other.open()
        revisions = [
            store.save([Put(a_task("a"))]).revision,
            other.save([Put(a_task("b"))]).revision,
            store.refresh().revision,
            store.save([Remove("a")]).revision,
            make_store().open().revision,
        ]
        assert revisions == sorted(revisions)
