"""The list of tasks as the whole program shares it: anyone reads at any time, one writer saves.

Readers get an immutable snapshot and never wait. Changes go to the writer, who saves together what arrived together;
a change that conflicts fails alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from .abc import Put, Remove, RevisionConflict, Snapshot, TaskStore
from .batcher import Batcher, InlineBatcher
from .errors import SchedulerError
from .models import AnyTask

Change: TypeAlias = Put | Remove
Listener: TypeAlias = Callable[[Snapshot, Snapshot, frozenset[str]], None]
"""Called as (old, new, ids that differ) after each new snapshot, on the writer's thread: be quick, never commit."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Commit:
    """Changes that stand or fall together."""

    changes: tuple[Change, ...]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(change.task.uuid if isinstance(change, Put) else change.uuid for change in self.changes)


class _Refresh:
    """Look whether others changed the store."""


class SchedulerTaskList(Mapping[str, AnyTask]):
    """Tasks by uuid, over a `TaskStore`. Safe from any thread, with or without an event loop.

    As a mapping it shows the newest snapshot; take `snapshot` once to look at several tasks at one and the same moment.
    `inline` saves in the caller instead of on a thread of its own, for tests and the simulator.
    """

    def __init__(self, store: TaskStore, *, inline: bool = False) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._snapshot = Snapshot(0, {})
        self._listeners: list[Listener] = []
        writer = InlineBatcher if inline else Batcher
        self._writer: Batcher[_Commit | _Refresh] = writer(self._apply, name="scheduler-tasks")

    # Reading

    @property
    def snapshot(self) -> Snapshot:
        """All tasks at this moment; never changes once taken."""
        return self._snapshot

    @property
    def revision(self) -> int:
        return self._snapshot.revision

    @property
    def busy_for(self) -> float:
        """Seconds for which the store has been at what it does now."""
        return self._writer.busy_for

    def __getitem__(self, uuid: str) -> AnyTask:
        return self._snapshot.tasks[uuid]

    def __iter__(self) -> Iterator[str]:
        return iter(self._snapshot.tasks)

    def __len__(self) -> int:
        return len(self._snapshot.tasks)

    def __contains__(self, uuid: object) -> bool:
        return uuid in self._snapshot.tasks

    # Writing

    async def open(self) -> Snapshot:
        """Load the store. Raises StoreError."""
        return await self._writer.call(self._open)

    def open_sync(self) -> Snapshot:
        """`open`, for threads and programs without an event loop."""
        return self._writer.submit_call(self._open).result()

    async def commit(self, changes: Iterable[Change]) -> Snapshot:
        """Save changes, all or none; durable when it returns, and `snapshot` shows them.

        Raises RevisionConflict with what is stored now, Invalid for what cannot be stored, or StoreError.
        """
        return cast(Snapshot, await self._writer.run(_Commit(tuple(changes))))

    def commit_sync(self, changes: Iterable[Change]) -> Snapshot:
        """`commit`, for threads and programs without an event loop."""
        return cast(Snapshot, self._submit(_Commit(tuple(changes))).result())

    def stale(self) -> bool:
        """Is there something for `refresh` to take up? Looks at the store, so not for the event loop."""
        return self._store.stale()

    async def refresh(self) -> Snapshot:
        """Take up what others changed: an editor, another server. Cheap when nothing did."""
        return cast(Snapshot, await self._writer.run(_Refresh()))

    def refresh_sync(self) -> Snapshot:
        """`refresh`, for threads and programs without an event loop."""
        return cast(Snapshot, self._submit(_Refresh()).result())

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Be told of each new snapshot; returns the function that ends it."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def close(self) -> None:
        """Finish what was handed in, then close the store."""
        self._writer.close()
        self._store.close()

    # On the writer's thread

    def _submit(self, item: _Commit | _Refresh) -> Future[Any]:
        return self._writer.submit(item)

    def _open(self) -> Snapshot:
        return self._publish(self._store.open())

    def _apply(self, items: list[_Commit | _Refresh]) -> list[Any]:
        answers: list[Any] = [None] * len(items)
        for round_ in _rounds(items):
            self._save(round_, answers)
        if any(isinstance(item, _Refresh) for item in items):
            self._look(items, answers)
        return answers

    def _look(self, items: Sequence[_Commit | _Refresh], answers: list[Any]) -> None:
        answer: Snapshot | Exception
        try:
            newer = self._store.refresh()
            answer = self._snapshot if newer is None else self._publish(newer)
        except Exception as error:
            answer = error
        for index, item in enumerate(items):
            if isinstance(item, _Refresh):
                answers[index] = answer

    def _save(self, round_: dict[int, _Commit], answers: list[Any]) -> None:
        """Save a round at once; whoever cannot be saved leaves it, and the others try again."""
        while round_:
            try:
                saved: Any = self._store.save([change for commit in round_.values() for change in commit.changes])
                self._publish(saved)
            except RevisionConflict as conflict:
                culprit = next((index for index, commit in round_.items() if conflict.uuid in commit.ids), None)
                if culprit is not None:
                    answers[culprit] = conflict
                    del round_[culprit]
                    continue
                saved = conflict
            except SchedulerError as error:
                if len(round_) > 1:
                    for index, commit in round_.items():
                        self._save({index: commit}, answers)
                    return
                saved = error
            except Exception as error:
                saved = error
            for index in round_:
                answers[index] = saved
            return

    def _publish(self, new: Snapshot) -> Snapshot:
        with self._lock:
            old, self._snapshot = self._snapshot, new
            listeners = tuple(self._listeners)
        if new is old:
            return new
        changed = _differing(old.tasks, new.tasks)
        for listener in listeners:
            try:
                listener(old, new, changed)
            except Exception:
                _log.exception("A listener of the task list failed")
        return new


def _rounds(items: Sequence[_Commit | _Refresh]) -> list[dict[int, _Commit]]:
    """Commits by their place, in rounds that touch no task twice: later ones see what earlier ones did."""
    rounds: list[dict[int, _Commit]] = []
    touched: set[str] = set()
    for index, item in enumerate(items):
        if isinstance(item, _Commit):
            if not rounds or not touched.isdisjoint(item.ids):
                rounds.append({})
                touched = set()
            rounds[-1][index] = item
            touched |= item.ids
    return rounds


def _differing(old: Mapping[str, AnyTask], new: Mapping[str, AnyTask]) -> frozenset[str]:
    """Ids added, removed or replaced. A task that did not change is the same object in both."""
    missing = old.keys() - new.keys()
    return frozenset(missing.union(uuid for uuid, task in new.items() if old.get(uuid) is not task))
