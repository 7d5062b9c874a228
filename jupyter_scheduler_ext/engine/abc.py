"""Every plug point of the scheduler, with its contract in the docstrings: read this as the table of contents.

`Clock` tells the time; `TaskStore` keeps definitions, `Ledger` what happened; a `Runner` performs one kind of action,
an `Executor` decides where; a `ContextStore` keeps what runs leave; a `Notifier` tells people; an `Admission`, where
there is one, has the last word on whether a run may start.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .instants import Instant

if TYPE_CHECKING:
    from .ledger import Bucket, Op, Request, RunFilter
    from .models import AnyTask
    from .notices import Message
    from .runs import Facts, Run, RunError, RunState
    from .servers import Server


class Clock(ABC):
    """Wall time decides what is due; monotonic time measures. Nothing else in the engine reads a clock."""

    @abstractmethod
    def now(self) -> Instant:
        """Wall time, milliseconds since the epoch in UTC, rounded down."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back; stands still during suspend on Linux."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Sleep on the running event loop, at most about so long by monotonic time."""


# Definitions


class StoreError(Exception):
    """A store could not do its work; `status` is the HTTP status that tells so (503 try again, 507 no space)."""

    def __init__(self, message: str, status: int = 503) -> None:
        super().__init__(message)
        self.status = status


class RevisionConflict(Exception):
    """The task was changed meanwhile: `current` is what is stored now (None: deleted)."""

    def __init__(self, uuid: str, current: AnyTask | None) -> None:
        super().__init__(f"task {uuid} was changed meanwhile")
        self.uuid = uuid
        self.current = current


@dataclass(frozen=True, slots=True)
class Put:
    """Save a task. Its stored revision must be `expected` (0: it must not exist; None: whatever it is)."""

    task: AnyTask
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a task, if its stored revision is `expected` (None: whatever it is). A missing one is no error."""

    uuid: str
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know about the server or a store; shown as a banner. `level`: info, warning, error."""

    level: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All definitions at one moment. `tasks` is never changed: an edit makes a new snapshot."""

    revision: int
    tasks: Mapping[str, AnyTask]
    notices: tuple[Notice, ...] = ()
    read_only: bool = False
    quarantined: Mapping[str, str] = field(default_factory=dict)
    """Entries that could not be read: id or position -> why. They stay in the file as they are."""


class TaskStore(ABC):
    """Where definitions live. Called from one worker thread, never from the event loop; several processes may share it.

    `save` is all or nothing and durable when it returns; it sets each saved task's revision to stored revision + 1.
    A task that is not stored counts on from the revision it brings, so that one which comes back after its deletion
    does not start again.
    """

    @abstractmethod
    def open(self) -> Snapshot:
        """Load everything, mending what can be mended (RELIABILITY 4.5). Raises StoreError."""

    @abstractmethod
    def refresh(self) -> Snapshot | None:
        """The newest snapshot if others changed the store since we last looked, else None."""

    def stale(self) -> bool:
        """Is there something for `refresh` to find? From any thread, every second; True where that is not known."""
        return True

    @abstractmethod
    def save(self, changes: Sequence[Put | Remove]) -> Snapshot:
        """Commit changes. Raises RevisionConflict (nothing saved) or StoreError (nothing saved, memory as before)."""

    @abstractmethod
    def close(self) -> None: ...


# What happened


class Ledger(ABC):
    """Runs, cursors, counters, requests. Called from one worker thread; several processes may share it.

    Every contract suite test runs on each implementation. All writes go through `apply`. `notices` says what a person
    should know of the ledger itself: a history that could not be read and was put aside.
    """

    notices: list[Notice]

    @abstractmethod
    def open(self) -> None:
        """Connect, migrate (an older schema is backed up first). Raises StoreError; a newer schema is refused."""

    @abstractmethod
    def apply(self, ops: Sequence[Op]) -> list[Any]:
        """Commit all ops in one durable transaction; the i-th answer is that of the i-th op, as its class says, or an
        exception *instance* if that op alone failed (the others stand). Raises StoreError if nothing was committed."""

    @abstractmethod
    def facts(self) -> dict[str, Facts]:
        """The facts of every task that has any."""

    @abstractmethod
    def active(self) -> list[Run]:
        """Every QUEUED and RUNNING run, oldest first."""

    @abstractmethod
    def kernel_processes(self, owner: str) -> dict[str, str]:
        """run id -> ``pid:start time`` of the kernels that an owner's unfinished runs recorded."""

    @abstractmethod
    def run(self, run_id: str) -> Run | None: ...

    @abstractmethod
    def runs(self, which: RunFilter) -> list[Run]:
        """Runs that match, newest first by (queued_at, id)."""

    @abstractmethod
    def buried(self, before: Instant | None = None) -> list[str]:
        """The definitions (JSON texts) of deleted tasks that can still be restored; only those deleted before an
        instant if one is given."""

    @abstractmethod
    def buckets(self, start: Instant, end: Instant, width: int, task_id: str | None = None) -> list[Bucket]:
        """Runs by the bucket of their start (or fire time, if never started) and outcome; `width` in ms; empty buckets
        are left out."""

    @abstractmethod
    def requests(self) -> list[Request]:
        """Requests that nobody has answered yet, oldest first."""

    @abstractmethod
    def request(self, request_id: int) -> Request | None: ...

    @abstractmethod
    def changed(self) -> bool:
        """Has another process committed since the last call? Cheap: called every second."""

    @abstractmethod
    def close(self) -> None: ...


class SharedLedger(Ledger):
    """A ledger that several servers share, each with a lease by the database's clock; an owner whose lease has run out
    may neither claim nor start nor adopt."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The database, without anything secret."""

    @property
    @abstractmethod
    def read_only(self) -> str | None:
        """Why nothing can be written: the tables are of another version."""

    @abstractmethod
    def check_version(self) -> None:
        """Look at the version of the tables again."""

    @abstractmethod
    def now(self) -> Instant:
        """The database's clock, which is that of all servers."""

    @abstractmethod
    def join(self, server: Server) -> None:
        """Tell the others what this server is."""

    @abstractmethod
    def servers(self) -> list[Server]:
        """Those that joined and hold a lease, in one and the same order everywhere."""

    @abstractmethod
    def lapsed_owners(self) -> list[str]:
        """Owners of active runs that hold no lease, or one that has run out."""


# Running


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """All a runner needs for one run. `run.due_at` is the instant before which no code of the user may start."""

    run: Run
    task: AnyTask
    parameters: Mapping[str, Any]
    """The action's own, overridden by the run's; secrets and built-ins are resolved."""

    @property
    def environment(self) -> Mapping[str, str]:
        """SCHEDULER_RUN_KEY, SCHEDULER_RUN_ID, SCHEDULER_FIRE_TIME (RFC 3339), SCHEDULER_ATTEMPT, ..."""
        return self.run.environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an execution ended: SUCCEEDED or FAILED (with `error`; a kernel that died is ``DeadKernelError``).

    LOST is left to executors that cannot tell what became of a run, and to the rescue after a server's death."""

    state: RunState
    reason: str = ""
    result: str | None = None
    """A short text: the last cell's value, the last line of output."""
    error: RunError | None = None


class Sink(Protocol):
    """Where an execution reports to. All methods are cheap and may be called from the event loop only."""

    def write(self, kind: str, text: str = "", **data: Any) -> None:
        """One entry of the run's log: kind is stdout, stderr, display, result, error, status, progress or cell."""

    def began(self) -> None:
        """The first of the user's code starts now."""

    def progress(self, fraction: float) -> None: ...

    def located(
        self,
        *,
        output_path: str | None = None,
        kernel_id: str | None = None,
        kernel_process: str | None = None,
    ) -> None:
        """Where the run's output goes, and in which kernel it runs; recorded so that both are found after a crash."""


class Execution(ABC):
    """One run in flight. The engine escalates: interrupt, 5 s, terminate, 5 s, kill; each returns at once."""

    @abstractmethod
    async def outcome(self) -> Outcome:
        """Wait for the end. Never raises for what the user's code does; cancelling the wait does not stop the run."""

    @abstractmethod
    async def interrupt(self) -> None: ...

    @abstractmethod
    async def terminate(self) -> None: ...

    @abstractmethod
    async def kill(self) -> None: ...


class Runner(ABC):
    """Performs one kind of action. Lives on the event loop; must not block it."""

    kind: str

    async def check(self, task: AnyTask) -> None:
        """Raise `errors.Invalid` for what can be told when a task is saved: a missing notebook, an unknown kernel."""

    @abstractmethod
    async def start(self, launch: Launch, sink: Sink) -> Execution:
        """Begin. Raises for what can be told before any code runs (it becomes a FAILED run with the message)."""

    async def prepare(self, task: AnyTask, due: Instant) -> None:
        """The task fires soon: make ready (start a kernel ahead of time). Optional, best effort."""

    async def release(self, task_id: str) -> None:
        """What was made ready for this task is not wanted any more: it changed, was disabled or deleted."""

    async def close(self) -> None:
        """The server stops: leave nothing running."""


class Executor(ABC):
    """Decides where a run is performed: in this server's kernels, on a cluster. Found by entry point."""

    name: str

    async def check(self, task: AnyTask) -> None:
        """Raise `errors.Invalid` if this task cannot run here: its action's kind is unknown, or its runner says so."""

    @abstractmethod
    async def start(self, launch: Launch, sink: Sink) -> Execution: ...

    async def prepare(self, task: AnyTask, due: Instant) -> None: ...

    async def release(self, task_id: str) -> None: ...

    async def recover(self, run: Run, kernel_process: str | None) -> None:
        """The owner of this run died: end what it left running, only if it is provably that very process."""

    async def clear_up(self) -> None:
        """End what dead schedulers left running *on this machine* that belongs to no run.

        Called when this process begins to schedule and whenever another is found dead. Others, of this machine too,
        may be alive: touch nothing that is not provably left by a dead one.
        """

    async def close(self) -> None: ...


class ContextStore(ABC):
    """Contexts: the folder of a task's transcript, outputs and attachments, through the contents manager."""

    @abstractmethod
    async def ensure(self, context_id: str, task_name: str) -> str:
        """Make the context if it is missing; returns its folder's path from the served root."""

    @abstractmethod
    async def list(self) -> list[dict[str, Any]]: ...

    @abstractmethod
    async def remove(self, context_id: str) -> None: ...

    @abstractmethod
    async def remove_output(self, path: str) -> None:
        """Remove an output that retention gave up; one that is gone already is no error."""


class NotDelivered(Exception):
    """A message did not reach its target. The words are shown to people: they hold nothing secret, no address."""


class Notifier(ABC):
    """Delivers messages to one address: a mailbox, a channel, a webhook. Found by the address's scheme (``mailto``)."""

    @abstractmethod
    async def send(self, message: Message) -> None:
        """Deliver, without blocking the event loop. Raises NotDelivered; the message is then tried again later."""


class Admission(ABC):
    """Asked about each run after it is recorded and before it starts, whatever its origin; there is none by default.

    Lives on the event loop. However long an answer takes, only runs of the same task wait for it.
    """

    @abstractmethod
    async def refusal(self, task: AnyTask, run: Run) -> str | None:
        """Why this run must not start, as a sentence for people: it is recorded as SKIPPED. None: it may.

        What it raises counts as a refusal.
        """
