"""The shapes of what goes in and comes out, for the OpenAPI document and for reading queries.

Replies are put together from cached JSON text and are not validated on the way out: the tests hold them to these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, overload

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from ..engine.instants import Instant, to_instant
from ..engine.models import (
    AdHocTask,
    Identifier,
    Name,
    Notify,
    PlannedTask,
    Policy,
    ScheduledTask,
    Tag,
    TargetName,
    TaskPlan,
    TaskSchedule,
    TaskState,
)
from ..engine.runs import Origin, RunState


class Shape(BaseModel):
    """Base of all shapes. Each is built when first used: a server that starts should not wait for all of them."""

    model_config = ConfigDict(defer_build=True)


def _mend_plus(value: Any) -> Any:
    # In a query `+01:00` arrives as ` 01:00` from whoever forgets to escape it.
    return value.replace(" ", "+") if isinstance(value, str) and "T" in value else value


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_mend_plus)]
"""A point in time with its offset, RFC 3339."""


@overload
def instant(moment: datetime) -> Instant: ...
@overload
def instant(moment: None) -> None: ...
def instant(moment: datetime | None) -> Instant | None:
    """The instant of a `Moment`; None stays None."""
    return None if moment is None else to_instant(moment)


# What goes in


class NewTask(RootModel[Annotated[ScheduledTask | PlannedTask | AdHocTask, Field(discriminator="type")]]):
    """A task to make: `type`, `name`, `action` and the type's own member are enough."""

    model_config = ConfigDict(defer_build=True)


class TaskPatch(Shape):
    """Members of a task to change; null puts one back to its default."""

    name: Name | None = None
    """What people call it."""
    description: str | None = None
    """In as many words as you like."""
    tags: list[Tag] | None = None
    """Words to find it by; the list replaces the old one."""
    enabled: bool | None = None
    """Does it run by its rule?"""
    schedule: str | dict[str, Any] | None = None
    """Of a scheduled task: a cron text, or those of its fields that change."""
    plan: dict[str, Any] | list[Any] | None = None
    """Of a planned task: its dates."""
    action: dict[str, Any] | None = None
    """What a run does: members of the action that change; with another `kind`, the whole action."""
    context_id: Identifier | None = None
    """The context to run in; null: its own."""
    attachments: list[str] | None = None
    """Names of files that were attached."""
    policy: dict[str, Any] | None = None
    """Members of the policy that change."""
    notify: Notify | list[TargetName] | None = None
    """Whom to tell of what; a bare list names targets; null: as the server says."""
    executor: str | None = None
    """Where it runs."""
    server_label: str | None = None
    """The label of the servers that may run it; empty: any."""


# What comes out


class ErrorBody(Shape):
    model_config = ConfigDict(extra="allow")

    code: Annotated[str, Field(description="A stable word for programs")]
    message: str
    """What is wrong, in a sentence for people."""
    field: Annotated[str, Field(description="The dotted name of the input to blame")] = ""
    errors: list[dict[str, Any]] = []
    """Where several inputs are to blame: `field`, `message` and `code` of each."""
    retry_after: float | None = None
    """Of too many calls: seconds after which one may be tried again."""
    limit: int | None = None
    """Of a body that is too long: how many bytes it may have."""


class ErrorReply(Shape):
    error: ErrorBody
    """What went wrong; a kind of error may add members, such as `retry_after` in seconds."""


class ActiveRun(Shape):
    id: str
    """The id of the run."""
    state: RunState
    """`queued` or `running`."""
    fire_time: datetime
    """The time that it was due, or was asked for."""
    started_at: datetime | None
    """When its first code started; null while it waits."""
    progress: float | None
    """From 0 to 1; null: not known."""


class TokenShown(Shape):
    last4: str
    """The last four characters, to tell tokens apart."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """From when on it opens nothing; null: never."""
    last_used: datetime | None
    """When it last opened the task."""


class LastRun(Shape):
    id: str
    """The id of the run."""
    state: RunState
    """How it ended."""
    fire_time: datetime | None
    """The time that it was due."""
    started_at: datetime | None
    """When its first code started; null: it never did."""
    finished_at: datetime | None
    """When it ended."""
    duration: float | None
    """Seconds from start to end."""
    result: str | None
    """What it gave back, in a line."""


class WaitingForServer(Shape):
    label: str
    """The label that no server has."""
    since: datetime
    """When it was due."""


class SlimTask(Shape):
    """What a table needs of a task."""

    uuid: str
    """The task's id."""
    revision: int
    """Counts the saves; what `If-Match` names."""
    type: Literal["scheduled", "planned", "adhoc"]
    """By a cron rule, on dates, or when called."""
    name: str
    """What people call it."""
    tags: list[str]
    """Words to find it by."""
    enabled: bool
    """Does it run by its rule?"""
    owner: str
    """Who changed last what it runs."""
    action: dict[str, Any]
    """What a run does: `kind`, and its members; in `slim` the `kind` and a `label` of a few words."""
    timezone: str | None = None
    """In `slim`, of a scheduled task: the zone of its rule, which elsewhere stands in `schedule`."""
    state: TaskState
    """Follows from the rest: whether it runs now, is off, or its last run failed."""
    halted: str | None
    """Why it stands still until it is reset; null: it does not."""
    waiting_for_server: Annotated[
        WaitingForServer | None, Field(description="It is due, and no server has the label that it is tied to")
    ]
    schedule_words: str
    """When it runs, in words."""
    context_id: str
    """The context that its runs share."""
    dedicated_context: bool
    """Is that context this task's alone?"""
    next_run: datetime | None
    """When it is due next; null: never, or not by itself."""
    last_run: LastRun | None
    """The newest run that ended; null: there was none."""
    strip: Annotated[
        list[tuple[RunState, float | None]],
        Field(description="The last 20 runs, oldest first: how each ended and how many seconds it took"),
    ]
    progress: float | None
    """How far its run is, from 0 to 1; null: not known, or none is under way."""
    active_runs: list[ActiveRun]
    """Those that wait or are under way."""


class TaskShown(SlimTask):
    """A task, its state, its past and its next fire. Times are RFC 3339 in UTC, durations seconds."""

    description: str
    """In as many words as its author liked."""
    schedule: TaskSchedule | None = None
    """Of a scheduled task: its rule."""
    effective_from: datetime | None = None
    """What was due before is not made up for."""
    plan: TaskPlan | None = None
    """Of a planned task: its dates, by what became of each."""
    token: TokenShown | None = None
    """Of an ad-hoc task: what may be told of its token; null: it has none."""
    attachments: list[str]
    """Names of files that were attached."""
    policy: Policy
    """How it behaves when something is in the way."""
    notify: Notify | None
    """Whom to tell of what; null: as the server says."""
    executor: str
    """Where it runs."""
    server_label: str
    """The label of the servers that may run it; empty: any."""
    created_at: datetime | None
    """When it was made."""
    updated_at: datetime | None
    """When it was last saved."""


class TaskPart(Shape):
    """The members of a task that `fields` named."""

    uuid: str
    """The task's id; the named members stand beside it."""


class TaskList(Shape):
    tasks: list[TaskShown | SlimTask | TaskPart]
    """In the order asked for: whole, or with the members that `fields` named."""
    total: int
    """How many match, on all pages."""
    next_cursor: str | None
    """What to give as `cursor` for the next page; null: this is the last."""
    revision: str
    """What to give `GET api/poll` as `since`."""


class SavedTask(Shape):
    task: TaskShown
    """The task as it is now."""
    token_secret: Annotated[str, Field(description="Once, in the reply that makes or rotates a token")] = ""


class Deleted(Shape):
    deleted: str
    """The id or name of what was deleted."""


class Revoked(Shape):
    revoked: str
    """The id of the task."""


class RunErrorShown(Shape):
    name: str
    """The class of the exception, such as `KeyError`."""
    message: str
    """What it said."""
    traceback: str
    """Where it happened; may hold ANSI colours."""


class RunShown(Shape):
    id: str
    """Ids sort by the time they were made."""
    task_id: str
    """The task that it is a run of."""
    task_name: str
    """What that was called then."""
    context_id: str
    """Where it ran."""
    origin: Origin
    """Why it exists."""
    fire_time: datetime
    """The time that it was due, or was asked for."""
    attempt: int
    """1, and one more for each retry."""
    key: str
    """The same for every attempt at one time: what makes effects repeatable."""
    state: RunState
    """What became of it."""
    reason: str
    """Why, in a sentence; empty where there is nothing to explain."""
    count: int
    """How many times this record stands for: more than 1 only where missed times were merged."""
    queued_at: datetime
    """When it was recorded."""
    started_at: datetime | None
    """When its first code started; null: it never did."""
    finished_at: datetime | None
    """When it ended; null: it has not."""
    duration: float | None
    """Seconds from start to end; null until then."""
    progress: float | None
    """From 0 to 1; null: not known."""
    parameters: dict[str, Any]
    """What it was given."""
    result: str | None
    """What it gave back, in a line."""
    error: RunErrorShown | None
    """The exception that ended it."""
    output_path: str | None
    """What it wrote, from the served root: an output notebook or a text."""
    kernel_id: str | None
    """The kernel that it ran in."""
    server: str | None
    """The server that ran it, where several share the schedule."""


class RunReply(Shape):
    run: RunShown
    """The run as it is now."""


class RunsReply(Shape):
    runs: list[RunShown]
    """One entry a run."""


class RunList(RunsReply):
    next_cursor: str | None
    """What to give as `cursor` for the next page; null: this is the last."""


class LogPage(Shape):
    entries: list[dict[str, Any]]
    """Each has `t` (milliseconds since 1970) and `kind` (`stdout`, `stderr`, `result`, `cell`, `status`, ...), mostly
    `text`, and what the kind adds."""
    next: int
    """What to give as `from` to go on."""
    complete: bool
    """True when no more will come."""


class ContextShown(Shape):
    """Where runs happen, and what they left there. A delta has the `id` alone."""

    id: str
    """The context's id: that of its task, unless tasks share one."""
    path: str | None = None
    """Its folder, from the served root; null: nothing ran there yet."""
    last_modified: datetime | None = None
    """When something was last written there."""
    name: str = ""
    """What the task of it is called."""
    tasks: list[str] = []
    """The ids of the tasks that run there."""
    task_count: int = 0
    """How many those are."""
    kernel: dict[str, Any] | None = None
    """Its living kernel: `id`, `name` (of the kernel spec), `state`, `process`, `path` (of the notebook that it belongs
    to), `task_id` and `task` (whom it serves), `memory` (bytes; null: not known)."""


class Advice(Shape):
    """Something to know: of a schedule (a clock change at `at`), or of the server (a banner)."""

    model_config = ConfigDict(extra="allow")

    code: str
    """A stable word for programs."""
    message: str
    """A sentence for people."""
    level: str = ""
    """Of a banner: `info`, `warning` or `error`."""
    at: datetime | None = None
    """Of a schedule's clock change: when."""
