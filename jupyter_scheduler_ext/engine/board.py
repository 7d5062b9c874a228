"""The board: definitions, facts and active runs as they stand at this moment, and when each task is next due.

It is a picture, not the truth: the task list and the ledger are that, and the board is told of every commit. It lives
on the event loop and is touched by nothing else, so it needs no lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from .abc import Clock
from .agenda import Agenda
from .changes import ChangeLog
from .cron import CronError
from .firing import cursor_in_force, due_at, next_fire
from .instants import Instant
from .models import AdHocTask, AnyTask, TaskState
from .policy import derive_state
from .recent import RecentRuns
from .runs import ACTIVE, Facts, Run
from .task_list import SchedulerTaskList


class Board:
    """What the scheduler knows without asking a store."""

    def __init__(self, tasks: SchedulerTaskList, clock: Clock, *, lead: float = 0) -> None:
        self.tasks = tasks
        self.clock = clock
        self.facts: dict[str, Facts] = {}
        self._watchers: tuple[Callable[[str], None], ...] = ()
        self.agenda = Agenda(self._tell)
        self.ahead = Agenda()
        """When to make ready for a fire, `lead` seconds before it."""
        self.changes = ChangeLog()
        self.broken: dict[str, str] = {}
        """Tasks whose rule or zone cannot be read, and why: they alone stand still."""
        self.unattended: dict[str, Instant] = {}
        """Tasks that are due while no server may run them, and since when."""
        self.retiring: set[str] = set()
        """Tasks that are being deleted: nothing of theirs is claimed any more."""
        self.recent = RecentRuns(clock, lambda run_id: self.changes.forget("runs", run_id))
        self._active: dict[str, dict[str, Run]] = {}
        self._counted: dict[str, TaskState] = {}
        self._counts: Counter[TaskState] = Counter()
        self._uncounted: set[str] = set()
        self.changes.subscribe(lambda _, task_id: self.count(task_id), ("tasks", "deleted"))
        self._lead = int(lead * 1000)

    # Reading

    def task(self, task_id: str) -> AnyTask | None:
        return self.tasks.snapshot.tasks.get(task_id)

    def facts_of(self, task_id: str) -> Facts:
        return self.facts.get(task_id) or Facts(task_id=task_id)

    def active(self, task_id: str) -> list[Run]:
        """The QUEUED and RUNNING runs of a task, oldest first."""
        return list(self._active.get(task_id, {}).values())

    def all_active(self) -> Iterator[Run]:
        for runs in self._active.values():
            yield from runs.values()

    def find_active(self, run_id: str) -> Run | None:
        run = self.recent.get(run_id)
        if run is not None and run.state not in ACTIVE:
            return None
        return next((run for run in self.all_active() if run.id == run_id), None) if run is None else run

    def latest(self, run: Run) -> Run:
        """A run as it was last seen here, with live progress if it is active; as it is given if it was not seen."""
        return self.recent.get(run.id) or self._active.get(run.task_id, {}).get(run.id) or run

    def halted(self, task_id: str) -> str | None:
        """Why the task's schedule stands still, if it does."""
        return self.broken.get(task_id) or self.facts_of(task_id).halted

    def state(self, task: AnyTask) -> TaskState:
        facts = self.facts.get(task.uuid)
        halted = task.uuid in self.broken or bool(facts and facts.halted)
        return derive_state(task.enabled, task.uuid in self._active, halted, facts.last_state if facts else None)

    def state_counts(self) -> dict[TaskState, int]:
        """How many tasks are in each state; costs what has changed since it was asked last."""
        for task_id in self._uncounted:
            before = self._counted.pop(task_id, None)
            if before is not None:
                self._counts[before] -= 1
            task = self.task(task_id)
            if task is not None:
                self._counted[task_id] = state = self.state(task)
                self._counts[state] += 1
        self._uncounted.clear()
        return {state: self._counts[state] for state in TaskState}

    def count(self, task_id: str) -> None:
        """This task may be in another state than before, though no change was marked."""
        self._uncounted.add(task_id)
        self._tell(task_id)

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Call `watcher` with the id of each task whose definition, state or next fire may be another one now: more
        often than changes are marked, and before anybody reads them. It must be cheap."""
        self._watchers += (watcher,)

    def _tell(self, task_id: str) -> None:
        for watcher in self._watchers:
            watcher(task_id)

    # Being told

    def saw_runs(self, runs: Iterable[Run]) -> None:
        """These runs are recorded so now."""
        for run in runs:
            self._see_run(run)
            self.changes.mark("tasks", run.task_id)

    def saw_commit(self, facts: Facts, runs: Iterable[Run]) -> None:
        """What one commit said of a task and of runs of this task: one change of the task."""
        self.facts[facts.task_id] = facts
        for run in runs:
            self._see_run(run)
        self.changes.mark("tasks", facts.task_id)

    def _see_run(self, run: Run) -> None:
        if run.state in ACTIVE:
            self._active.setdefault(run.task_id, {})[run.id] = run
        else:
            active = self._active.get(run.task_id)
            if active is not None and active.pop(run.id, None) is not None and not active:
                del self._active[run.task_id]
        self.recent.see(run)
        self.changes.mark("runs", run.id)

    def saw_facts(self, facts: Facts) -> None:
        self.facts[facts.task_id] = facts
        self.changes.mark("tasks", facts.task_id)

    def saw_definition(self, task_id: str) -> None:
        """A task was saved or removed."""
        self.unattended.pop(task_id, None)
        self.reschedule(task_id)
        if self.task(task_id) is None:
            self.changes.mark("deleted", task_id)
        else:
            self.changes.mark("tasks", task_id)

    def replace_active(self, runs: Iterable[Run]) -> None:
        """Start over with the active runs that the ledger has."""
        self._active.clear()
        for run in runs:
            self._active.setdefault(run.task_id, {})[run.id] = run

    def reschedule(self, task_id: str) -> None:
        """Work out anew when this task is due. A rule that cannot be read breaks this task and no other."""
        due = self._next_due(task_id)
        self.agenda.set(task_id, due)
        self.ahead.set(task_id, due - self._lead if due is not None and self._lead else None)

    def set_aside(self, task_id: str, why: str) -> None:
        """This task cannot be decided on: it stands still, in error, until it is changed, and no other is held up."""
        self._break(task_id, why)
        self.agenda.set(task_id, None)
        self.ahead.set(task_id, None)
        self.changes.mark("tasks", task_id)

    def attend(self, task_id: str, since: Instant | None) -> None:
        """There is a server that may run this task (None), or it has been due `since` and there is none."""
        if self.unattended.get(task_id) == since:
            return
        if since is None:
            del self.unattended[task_id]
        else:
            self.unattended[task_id] = since
        self.changes.mark("tasks", task_id)

    def postpone(self, task_id: str, milliseconds: int = 1000) -> None:
        """Look at this task again a little later, should it be due at this very moment."""
        due = self.agenda[task_id]
        soon = self.clock.now() + milliseconds
        if due is not None and due < soon:
            self.agenda.set(task_id, soon)

    def _next_due(self, task_id: str) -> Instant | None:
        task = self.task(task_id)
        if self.broken.pop(task_id, None) is not None:
            self.count(task_id)
        if task is None or isinstance(task, AdHocTask) or task_id in self.retiring:
            return None
        facts = self.facts_of(task_id)
        limit = task.policy.max_runs
        try:
            fire = next_fire(task, cursor_in_force(task, facts, self.clock.now()))
            if fire is None or not task.enabled or facts.halted or (limit is not None and facts.run_count >= limit):
                return None
            return due_at(task, fire)
        except CronError as error:
            self._break(task_id, f"{error.field}: {error}")
        except Exception as error:
            self._break(task_id, f"the rule cannot be read: {error}")
        return None

    def _break(self, task_id: str, why: str) -> None:
        self.broken[task_id] = why
        self.count(task_id)
