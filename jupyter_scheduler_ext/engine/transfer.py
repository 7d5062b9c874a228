"""Tasks in and out as data: export without secrets, import that first says what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from .abc import Put, RevisionConflict
from .board import Board
from .edits import Editor
from .errors import Conflict, Invalid, SchedulerError
from .instants import to_instant
from .models import AnyTask, PlannedTask, new_uuid
from .slices import sliced

FORMAT = 1
OnConflict = Literal["skip", "replace", "copy"]
LEFT_OUT = {"token", "revision", "effective_from", "owner", "created_at", "updated_at"}


def export_tasks(tasks: Iterable[AnyTask]) -> dict[str, Any]:
    """``{"format": 1, "tasks": [...]}``; what belongs to this server (owner, token, revision) stays here."""
    return {"format": FORMAT, "tasks": [task.model_dump(mode="json", exclude=LEFT_OUT) for task in tasks]}


async def import_tasks(
    data: Any, *, board: Board, editor: Editor, owner: str, dry_run: bool, on_conflict: OnConflict = "skip"
) -> dict[str, Any]:
    """Create or replace tasks from an export. Answers item by item; what is wrong with one stops no other.

    ``{"dry_run", "created", "replaced", "skipped", "failed", "items": [{"index", "uuid", "name", "result", "error"?,
    "warning"?}]}`` with result create, replace, skip or error. Nothing is saved in a dry run. Raises `errors.Invalid`
    if the data is no list of tasks at all.
    """
    entries = data.get("tasks") if isinstance(data, Mapping) else data
    if not isinstance(entries, list):
        raise Invalid('an import is {"tasks": [...]}', field="tasks")
    if on_conflict not in ("skip", "replace", "copy"):
        raise Invalid("on_conflict is one of: skip, replace, copy", field="on_conflict")
    plan = _Plan(board, editor, owner, on_conflict)
    async for index, entry in sliced(enumerate(entries), 16):
        await plan.add(index, entry)
    if plan.puts and not dry_run:
        editor.check_room(sum(put.expected == 0 for put in plan.puts))
        try:
            await board.tasks.commit(plan.puts)
        except RevisionConflict as conflict:
            raise Conflict(f"task {conflict.uuid} was changed during the import; nothing was imported") from None
    results = [item["result"] for item in plan.items]
    return {
        "dry_run": dry_run,
        "created": results.count("create"),
        "replaced": results.count("replace"),
        "skipped": results.count("skip"),
        "failed": results.count("error"),
        "items": plan.items,
    }


class _Plan:
    """What an import would do, entry by entry."""

    def __init__(self, board: Board, editor: Editor, owner: str, on_conflict: OnConflict) -> None:
        self.puts: list[Put] = []
        self.items: list[dict[str, Any]] = []
        self._board = board
        self._editor = editor
        self._owner = owner
        self._on_conflict = on_conflict
        self._seen: set[str] = set()
        self._action_warnings: dict[str, str | None] = {}

    async def add(self, index: int, entry: Any) -> None:
        item: dict[str, Any] = {"index": index, "uuid": None, "name": None, "result": "error"}
        self.items.append(item)
        try:
            if not isinstance(entry, Mapping):
                raise Invalid("a task is a JSON object", field=f"tasks.{index}")
            item["name"] = entry.get("name") if isinstance(entry.get("name"), str) else None
            task = self._editor.read_import(entry, self._owner)
            item["uuid"] = task.uuid
            self._place(task, item)
            warning = await self._warning(task)
            if warning:
                item["warning"] = warning
        except SchedulerError as error:
            inner = error.to_json()
            field = f"tasks.{index}" + (f".{error.field}" if error.field else "")
            item["error"] = inner | {"field": field}

    def _place(self, task: AnyTask, item: dict[str, Any]) -> None:
        existing = self._board.task(task.uuid)
        taken = existing is not None or task.uuid in self._seen
        if taken and (self._on_conflict == "copy" or (existing is None and self._on_conflict != "skip")):
            task = task.model_copy(update={"uuid": new_uuid()})
            item["uuid"] = task.uuid
            existing = None
        elif taken and self._on_conflict == "skip":
            item["result"] = "skip"
            item["warning"] = "there is a task with this uuid already"
            return
        self._seen.add(task.uuid)
        if existing is not None:
            # Its owner is who imports it: an import must not run under the name of somebody else.
            kept = {"created_at": existing.created_at}
            self.puts.append(Put(task.model_copy(update=kept), expected=existing.revision))
            item["result"] = "replace"
        else:
            self.puts.append(Put(task, expected=0))
            item["result"] = "create"

    async def _warning(self, task: AnyTask) -> str | None:
        """A notebook that is not there yet may come later: said, not refused. Each action is looked up once."""
        key = f"{task.executor}:{task.action.kind}:{getattr(task.action, 'path', '')}:{_kernel(task)}"
        if key not in self._action_warnings:
            try:
                await self._editor.check_action(task)
                self._action_warnings[key] = None
            except SchedulerError as error:
                self._action_warnings[key] = error.message
        past = isinstance(task, PlannedTask) and self._past(task)
        return self._action_warnings[key] or ("dates in the past count as done" if past else None)

    def _past(self, task: PlannedTask) -> bool:
        now = self._board.clock.now()
        return any(to_instant(time.at) <= now for time in task.plan.todo)


def _kernel(task: AnyTask) -> str:
    return str(getattr(task.action, "kernel_name", ""))
