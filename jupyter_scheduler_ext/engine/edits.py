"""Creating, changing and deleting tasks: each edit validated whole and saved by compare-and-swap."""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .abc import Clock, Executor, Put, Remove, RevisionConflict
from .batcher import Batcher
from .board import Board
from .errors import Conflict, Invalid, NotFound, Stale
from .instants import to_datetime
from .ledger import Bury, Op, Reset, Unburied, Unbury
from .models import TASK, AdHocTask, AnyTask, PlannedTask, TaskState
from .pipeline import Pipeline
from .plan_times import as_edited
from .runs import Facts
from .tokens import mint
from .validation import check_new_dates, check_rule, read_task
from .views import DERIVED, Views

RULE = ("schedule", "plan", "enabled")
"""Members whose change starts the rule anew: what lies before the edit is not caught up."""

RUNS = ("action", "executor", "context_id")
"""Members that say what runs, and where: who changes one of them answers for the task from then on."""

ATTEMPTS = 5
"""How often an edit without If-Match is put on top of a newer revision before it gives up."""


class Editor:
    """Edits definitions. `timezone` is the zone of rules that name none; `settle` claims what is due at this moment."""

    def __init__(
        self,
        *,
        board: Board,
        views: Views,
        pipeline: Pipeline,
        ledger: Batcher[Op],
        executors: Mapping[str, Executor],
        clock: Clock,
        timezone: str,
        wake: Callable[[], None],
        settle: Callable[[], Awaitable[object]],
        max_tasks: int,
    ) -> None:
        self._board = board
        self._views = views
        self._pipeline = pipeline
        self._ledger = ledger
        self._executors = executors
        self._clock = clock
        self._timezone = timezone
        self._wake = wake
        self._settle = settle
        self._max_tasks = max_tasks

    def get(self, task_id: str) -> AnyTask:
        """Raises `errors.NotFound`."""
        task = self._board.task(task_id)
        if task is None:
            raise NotFound(f"there is no task {task_id}", field="uuid")
        return task

    # Creating

    async def create(self, data: Mapping[str, Any], owner: str) -> tuple[AnyTask, str | None]:
        """A new task, and the secret of its token if it is an ad-hoc one. Raises `errors.Invalid` or `Conflict`."""
        task, secret = await self.draft(data, owner)
        self.check_room(1)
        try:
            await self._save(Put(task, expected=0))
        except RevisionConflict:
            raise Conflict(f"there is a task {task.uuid} already", field="uuid") from None
        return self.get(task.uuid), secret

    async def draft(self, data: Mapping[str, Any], owner: str) -> tuple[AnyTask, str | None]:
        """What `create` would save: validated, with defaults, not saved."""
        task = self.read_import(data, owner)
        check_new_dates(task, None, self._clock.now())
        await self.check_action(task)
        secret = None
        if isinstance(task, AdHocTask):
            secret, token = mint(to_datetime(self._clock.now()))
            task = task.model_copy(update={"token": token})
        return task, secret

    def read_import(self, data: Mapping[str, Any], owner: str) -> AnyTask:
        """A new task from data, without looking at its action or at whether its dates are past."""
        if not isinstance(data, Mapping):
            raise Invalid("a task is a JSON object")
        given = {name: value for name, value in data.items() if name not in DERIVED and name != "token"}
        now = to_datetime(self._clock.now())
        given |= {"owner": owner, "created_at": now, "updated_at": now, "effective_from": now}
        given.setdefault("executor", next(iter(self._executors)))
        if given.get("context_id") == given.get("uuid"):
            given.pop("context_id", None)
        if isinstance(given.get("plan"), Mapping):
            given["plan"] = _as_edited(given["plan"], ())
        task = read_task(given, self._timezone)
        check_rule(task, self._clock.now())
        return task

    def check_room(self, more: int) -> None:
        """Raises `errors.Conflict` if so many more tasks are too many."""
        if len(self._board.tasks.snapshot.tasks) + more > self._max_tasks:
            raise Conflict(f"this server keeps at most {self._max_tasks} tasks", code="too_many")

    async def check_action(self, task: AnyTask) -> None:
        """What can be told now of whether the action can run. Raises `errors.Invalid`."""
        executor = self._executors.get(task.executor)
        if executor is None:
            raise Invalid(f"executor is one of: {', '.join(sorted(self._executors))}", field="executor")
        await executor.check(task)

    # Changing

    async def update(
        self, task_id: str, patch: Mapping[str, Any], if_match: int | None = None, *, by: str | None = None
    ) -> AnyTask:
        """Apply a JSON merge patch (null clears a member). Raises `errors.Stale` if `if_match` is not the revision.

        `by` becomes the owner if the patch changes what runs; None leaves the owner as it is.
        """
        for _ in range(ATTEMPTS):
            before = self.get(task_id)
            if if_match is not None and before.revision != if_match:
                raise Stale(f"the task has revision {before.revision} now", current=before.revision)
            after = await self._patched(before, patch)
            if after == before:
                return before
            if by is not None and any(getattr(after, name) != getattr(before, name) for name in RUNS):
                after = after.model_copy(update={"owner": by})
            if after.effective_from != before.effective_from or after.enabled != before.enabled:
                await self._settle_due(task_id)
            try:
                await self._save(Put(after, expected=before.revision))
            except RevisionConflict as conflict:
                await self._board.tasks.refresh()
                if if_match is not None or conflict.current is None:
                    continue
            else:
                return self.get(task_id)
        raise Conflict("the task is being changed all the time, try again")

    async def _patched(self, before: AnyTask, patch: Mapping[str, Any]) -> AnyTask:
        if not isinstance(patch, Mapping):
            raise Invalid("a patch is a JSON object")
        self._refuse(before, patch)
        wanted = {name: value for name, value in patch.items() if name not in DERIVED | {"uuid", "type", "token"}}
        now = to_datetime(self._clock.now())
        data = before.model_dump(mode="json")
        zone = data["schedule"]["timezone"] if isinstance(wanted.get("schedule"), str) else self._timezone
        if isinstance(before, PlannedTask) and isinstance(wanted.get("plan"), Mapping):
            # The client edits what it sees, the plan split by progress; dates that are done stay unless it drops them.
            data["plan"] = self._views.plan(before).model_dump(mode="json")
            known = [time.model_dump(mode="json") for time in before.plan.dates]
            wanted["plan"] = _as_edited(wanted["plan"], known)
        action = wanted.get("action")
        if isinstance(action, Mapping) and action.get("kind", before.action.kind) != before.action.kind:
            data["action"] = {}
        data = merge_patch(data, wanted)
        data.setdefault("executor", next(iter(self._executors)))  # cleared is where tasks run that do not say
        policy = wanted.get("policy")
        if isinstance(policy, Mapping) and policy.get("timeout", 0) is None:
            data["policy"]["timeout"] = None  # cleared is without a timeout, not with the usual one
        if data.get("context_id") == before.uuid:
            data["context_id"] = None
        data["updated_at"] = now
        after = read_task(data, zone)
        if any(getattr(after, name, None) != getattr(before, name, None) for name in RULE if name != "enabled") or (
            after.enabled and not before.enabled
        ):
            after = after.model_copy(update={"effective_from": now})
            check_rule(after, self._clock.now())
            check_new_dates(after, before, self._clock.now())
        if after.action != before.action or after.executor != before.executor:
            await self.check_action(after)
        changed = after.model_copy(update={"updated_at": before.updated_at}) != before
        return after if changed else before

    async def _settle_due(self, task_id: str) -> None:
        """What fell due under the old rule gets its record before the rule changes: nothing is lost in between."""
        due = self._board.agenda[task_id]
        if due is not None and due <= self._clock.now():
            await self._settle()

    def _refuse(self, before: AnyTask, patch: Mapping[str, Any]) -> None:
        """What a patch cannot do, said rather than ignored."""
        if patch.get("type", before.type) != before.type:
            raise Invalid("the type of a task cannot change; duplicate it with another type", field="type")
        if patch.get("uuid", before.uuid) != before.uuid:
            raise Invalid("the uuid of a task cannot change", field="uuid")
        state = patch.get("state")
        if state is not None and state != self._board.state(before).value:
            raise Conflict(
                "state follows from what happens and cannot be set: use enabled, run, cancel or reset", field="state"
            )

    async def set_enabled(self, task_id: str, enabled: bool) -> AnyTask:
        """Enabling also lifts a halt; what was missed meanwhile is not caught up."""
        task = await self.update(task_id, {"enabled": enabled})
        if enabled and self._board.facts_of(task_id).halted:
            await self._reset(task_id)
        return task

    async def reset(self, task_id: str) -> AnyTask:
        """Forget the last failure and lift a halt. Raises `errors.Conflict` while a run is active."""
        task = self.get(task_id)
        state = self._board.state(task)
        if state is TaskState.RUNNING:
            raise Conflict("a run is active", active_run=self._board.active(task_id)[0].id)
        if state is TaskState.ERROR:
            await self._reset(task_id)
        return task

    async def _reset(self, task_id: str) -> None:
        facts = await self._ledger.run(Reset(task_id=task_id))
        if isinstance(facts, Facts):
            self._board.saw_facts(facts)
        self._board.reschedule(task_id)
        self._wake()

    # Tokens

    async def rotate_token(self, task_id: str, expires_at: datetime | None = None) -> str:
        """A new token; the old one opens nothing from now on. Raises `errors.Invalid` for other types of task."""
        if expires_at is not None and expires_at <= to_datetime(self._clock.now()):
            raise Invalid("a token expires in the future", field="expires_at")
        secret, token = mint(to_datetime(self._clock.now()), expires_at)
        await self._set_token(task_id, token)
        return secret

    async def revoke_token(self, task_id: str) -> None:
        await self._set_token(task_id, None)

    async def _set_token(self, task_id: str, token: Any) -> None:
        for _ in range(ATTEMPTS):
            task = self.get(task_id)
            if not isinstance(task, AdHocTask):
                raise Invalid("only an ad-hoc task has a token", field="type")
            try:
                await self._save(Put(task.model_copy(update={"token": token}), expected=task.revision))
            except RevisionConflict:
                await self._board.tasks.refresh()
            else:
                return
        raise Conflict("the task is being changed all the time, try again")

    # Deleting

    async def delete(self, task_id: str) -> None:
        """Cancel what runs, then remove the task; `restore` undoes it for a while."""
        task = self.get(task_id)
        await self._settle_due(task_id)
        self._board.retiring.add(task_id)
        try:
            self._board.reschedule(task_id)
            for run in self._board.active(task_id):
                await self._pipeline.cancel(run, "cancel", "its task was deleted")
            for run in self._board.active(task_id):
                await self._pipeline.ended(run)
            task = self.get(task_id)
            definition = json.dumps(task.model_dump(mode="json"), ensure_ascii=False)
            await self._ledger.run(Bury(task_id=task_id, definition=definition, at=self._clock.now()))
            await self._save(Remove(task_id))
            self._board.facts.pop(task_id, None)
        finally:
            self._board.retiring.discard(task_id)
            self._board.reschedule(task_id)
        for executor in self._executors.values():
            await executor.release(task_id)

    async def restore(self, task_id: str) -> AnyTask:
        """Undo a deletion; the schedule goes on from now. Raises `errors.NotFound` if it is gone for good."""
        if self._board.task(task_id) is not None:
            raise Conflict("the task is not deleted")
        unburied = await self._ledger.run(Unbury(task_id=task_id))
        if not isinstance(unburied, Unburied):
            raise NotFound(f"there is no deleted task {task_id} to restore", field="uuid")
        self.check_room(1)
        task = TASK.validate_json(unburied.definition)
        self._board.facts[task_id] = unburied.facts
        now = to_datetime(self._clock.now())
        await self._save(Put(task.model_copy(update={"effective_from": now}), expected=0))
        return self.get(task_id)

    async def _save(self, *changes: Put | Remove) -> None:
        await self._board.tasks.commit(changes)


def _as_edited(plan: Mapping[str, Any], known: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A plan whose dates say nothing that their edit has made untrue; `known` are the dates that are stored."""
    todo = plan.get("todo")
    if not isinstance(todo, list):
        return dict(plan)
    return {**plan, "todo": [as_edited(time, known) if isinstance(time, Mapping) else time for time in todo]}


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: objects are merged member by member, null removes one, anything else replaces."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
