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


# What goes in --------------------------------------------------------------------------------------------------------


class NewTask(RootModel[Annotated[ScheduledTask | PlannedTask | AdHocTask, Field(discriminator="type")]]):
    """A task to make: `type`, `name`, `action` and the type's own member are enough."""

    model_config = ConfigDict(defer_build=True)


class TaskPatch(Shape):
    """Members of a task to change; null puts one back to its default."""

    name: Name | None = None
    description: str | None = None
    tags: list[Tag] | None = None
    enabled: bool | None = None
    schedule: str | dict[str, Any] | None = None
    plan: dict[str, Any] | list[Any] | None = None
    action: dict[str, Any] | None = None
    context_id: Identifier | None = None
    attachments: list[str] | None = None
    policy: dict[str, Any] | None = None
    notify: Notify | list[TargetName] | None = None
    executor: str | None = None
    server_label: str | None = None


# What comes out ------------------------------------------------------------------------------------------------------


class ErrorBody(Shape):
    model_config = ConfigDict(extra="allow")

    code: Annotated[str, Field(description="A stable word for programs")]
    message: str
    field: Annotated[str, Field(description="The dotted name of the input to blame")] = ""


class ErrorReply(Shape):
    error: ErrorBody


class ActiveRun(Shape):
    id: str
    state: RunState
    started_at: datetime | None
    progress: float | None


class TokenShown(Shape):
    last4: str
    created_at: datetime
    expires_at: datetime | None
    last_used: datetime | None


class LastRun(Shape):
    id: str
    state: RunState
    fire_time: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    duration: float | None
    result: str | None


class WaitingForServer(Shape):
    label: str
    since: datetime


class SlimTask(Shape):
    """What a table needs of a task."""

    uuid: str
    revision: int
    type: Literal["scheduled", "planned", "adhoc"]
    name: str
    tags: list[str]
    enabled: bool
    state: TaskState
    halted: str | None
    waiting_for_server: Annotated[
        WaitingForServer | None, Field(description="It is due, and no server has the label that it is tied to")
    ]
    schedule_words: str
    context_id: str
    dedicated_context: bool
    next_run: datetime | None
    last_run: LastRun | None
    strip: Annotated[
        list[tuple[RunState, float | None]],
        Field(description="The last 20 runs, oldest first: how each ended and how many seconds it took"),
    ]
    progress: float | None
    active_runs: list[ActiveRun]


class TaskShown(SlimTask):
    """A task, its state, its past and its next fire. Times are RFC 3339 in UTC, durations seconds."""

    description: str
    schedule: TaskSchedule | None = None
    plan: TaskPlan | None = None
    token: TokenShown | None = None
    action: dict[str, Any]
    attachments: list[str]
    policy: Policy
    notify: Notify | None
    owner: str
    executor: str
    server_label: str
    created_at: datetime | None
    updated_at: datetime | None


class TaskPart(Shape):
    """The members of a task that `fields` named."""

    uuid: str


class TaskList(Shape):
    tasks: list[TaskShown | SlimTask | TaskPart]
    total: int
    next_cursor: str | None
    revision: str


class SavedTask(Shape):
    task: TaskShown
    token_secret: Annotated[str, Field(description="Once, in the reply that makes or rotates a token")] = ""


class Deleted(Shape):
    deleted: str


class Revoked(Shape):
    revoked: str


class RunErrorShown(Shape):
    name: str
    message: str
    traceback: str


class RunShown(Shape):
    id: str
    task_id: str
    task_name: str
    context_id: str
    origin: Origin
    fire_time: datetime
    attempt: int
    key: str
    state: RunState
    reason: str
    count: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration: float | None
    progress: float | None
    parameters: dict[str, Any]
    result: str | None
    error: RunErrorShown | None
    output_path: str | None
    kernel_id: str | None
    server: str | None


class RunReply(Shape):
    run: RunShown


class RunsReply(Shape):
    runs: list[RunShown]


class RunList(RunsReply):
    next_cursor: str | None


class LogPage(Shape):
    entries: list[dict[str, Any]]
    next: int
    complete: bool


class ContextShown(Shape):
    model_config = ConfigDict(extra="allow")

    id: str


class Advice(Shape):
    """Something to know: of a schedule (a clock change at `at`), or of the server (a banner)."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str


class DeltaReply(Shape):
    revision: str
    reset: Annotated[bool, Field(description="Forget what you had and load the list again")]
    tasks: list[TaskShown]
    runs: list[RunShown]
    contexts: list[ContextShown]
    deleted: list[str]
    banners: Annotated[list[Advice], Field(description="All that there are now, whatever the revision")]


class PreviewReply(Shape):
    model_config = ConfigDict(extra="allow")

    words: str
    fires: list[datetime]
    warnings: list[Advice]


class TimelineReply(Shape):
    model_config = ConfigDict(extra="allow", populate_by_name=True)

    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    bucket: float
    buckets: list[dict[str, Any]]


class BulkResult(Shape):
    id: str
    ok: bool
    error: ErrorBody | None = None


class BulkReply(Shape):
    model_config = ConfigDict(extra="allow")

    results: list[BulkResult]


class You(Shape):
    """Who asks, and which actions the Authorizer lets them do."""

    name: Annotated[str, Field(description="As tasks name their owner")]
    display_name: str
    may: list[Literal["read", "write", "execute"]]


class StatusReply(Shape):
    model_config = ConfigDict(extra="allow")

    role: Annotated[
        Literal["leader", "follower", "sharing", "standby"],
        Field(description="On a folder one server leads; on a database all share, or stand by while they cannot"),
    ]
    server: dict[str, Any]
    you: You
    store: dict[str, Any]
    banners: list[Advice]
    counts: dict[str, int]
    queue: dict[str, Any]
    kernels: Annotated[dict[str, int], Field(description="How many in each state, and the bytes of memory they hold")]
    version: str
