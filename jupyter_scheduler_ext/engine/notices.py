"""What of a task's life is worth telling people, how it is put, and how much of it at a time. Pure.

Runs become `News`; news become a `Message`, one by one while there is little of it and as a digest when there is much.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal

from .instants import Instant, to_datetime
from .models import Event, Notify
from .runs import BAD, Run, RunState

HOUR = 3_600_000
SINGLES = 3
"""News that go as a message each; more at a time are one digest."""
LISTED = 30
"""News that a digest lists; the rest it counts."""
LONGEST_TEXT = 500
SAMPLES = 5
"""Successes that must be known before a duration is called usual."""
LEAST_LONG = 60.0
"""Seconds below which no run takes long by comparison: what usually takes 0.1 s may take 0.5."""
STALE = 24 * HOUR
"""Milliseconds after which news that could not be delivered are given up."""
FIRST_RETRY = 15.0
LONGEST_RETRY = 1800.0

Level = Literal["info", "success", "warning", "failure"]
LEVELS: dict[Event, Level] = {
    Event.FAILURE: "failure",
    Event.MISSED: "warning",
    Event.LONG: "warning",
    Event.RECOVERED: "success",
    Event.SUCCESS: "info",
}
"""How grave each event is, gravest first."""
WORDS = {
    Event.FAILURE: "failed",
    Event.MISSED: "missed its time",
    Event.LONG: "is taking long",
    Event.RECOVERED: "works again",
    Event.SUCCESS: "succeeded",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Whom to tell of what, with nothing left open. Durations are seconds."""

    on: frozenset[Event]
    to: tuple[str, ...]
    long_after: float | None = None
    long_factor: float | None = None

    def about(self, notify: Notify | None) -> Wishes:
        """These as the server's default, and what one task says instead."""
        if notify is None:
            return self
        timed = notify.long_after is not None or notify.long_factor is not None
        return Wishes(
            on=self.on if notify.on is None else frozenset(notify.on),
            to=self.to if notify.to is None else notify.to,
            long_after=notify.long_after if timed else self.long_after,
            long_factor=notify.long_factor if timed else self.long_factor,
        )

    def want(self, event: Event) -> bool:
        """Is anybody to be told of this?"""
        return bool(self.to) and event in self.on


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to tell: what happened, when, to which run of which task, and in words why."""

    event: Event
    at: Instant
    task_id: str
    task_name: str
    run_id: str
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> News:
        """Raises ValueError, KeyError or TypeError for what `to_json` did not write."""
        return cls(**{**value, "event": Event(value["event"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a target gets: plain text, and for programs the news that it tells."""

    title: str
    body: str
    level: Level = "info"
    news: tuple[News, ...] = ()


def events_of(run: Run, *, was_failing: bool, goes_on: bool) -> tuple[Event, ...]:
    """What a run's end may be told as, the most telling first; of those somebody wants, the first is told.

    `was_failing`: the task's outcome before this was bad. `goes_on`: another attempt at the same fire is to come, so a
    bad end is not the last word.
    """
    if run.state in BAD:
        return () if goes_on else (Event.FAILURE,)
    if run.state is RunState.SUCCEEDED:
        return (Event.RECOVERED, Event.SUCCESS) if was_failing else (Event.SUCCESS,)
    return (Event.MISSED,) if run.state is RunState.MISSED else ()


def usual_duration(strip: str) -> float | None:
    """The median of the successful runs in a strip (`Facts.strip`), in seconds; None if there are too few."""
    took = [seconds for state, seconds in json.loads(strip) if state == RunState.SUCCEEDED and seconds is not None]
    return median(took) if len(took) >= SAMPLES else None


def long_limit(wishes: Wishes, strip: str) -> float | None:
    """Seconds after which a run takes long; None if it never does."""
    limits = [wishes.long_after] if wishes.long_after is not None else []
    if wishes.long_factor is not None and (usual := usual_duration(strip)) is not None:
        limits.append(max(LEAST_LONG, usual * wishes.long_factor))
    return min(limits, default=None)


def news_of(event: Event, run: Run, at: Instant, *, details: bool, halted: str | None = None) -> News:
    """The news of a run. Without `details` nothing is said that the user's code put into words."""
    text = _reason(event, run) if details or run.state in (RunState.MISSED, RunState.LOST) else ""
    if event is Event.FAILURE and halted:
        text = f"{text}\n{halted}".strip()
    name = run.task_name
    return News(event=event, at=at, task_id=run.task_id, task_name=name, run_id=run.id, text=text[:LONGEST_TEXT])


def _reason(event: Event, run: Run) -> str:
    if event is Event.FAILURE and run.error is not None and run.state is RunState.FAILED:
        return f"{run.error.name}: {run.error.message}" if run.error.message else run.error.name
    if event in (Event.SUCCESS, Event.RECOVERED):
        return "" if run.duration is None else f"took {run.duration:.1f} s"
    return run.reason


def compose(news: Sequence[News], link: Callable[[str], str] | None = None) -> Message:
    """One message of one or many news; `link` makes the address of a run's page, where one is known."""
    gravest = min((one.event for one in news), key=list(LEVELS).index)
    if len(news) == 1:
        (one,) = news
        lines = [one.text, f"at {_moment(one.at)}", link(one.run_id) if link else ""]
        body = "\n".join(line for line in lines if line)
        return Message(title=f"{one.task_name} {WORDS[one.event]}", body=body, level=LEVELS[gravest], news=(one,))
    counts = Counter(one.event for one in news)
    title = ", ".join(f"{counts[event]} {WORDS[event]}" for event in LEVELS if counts[event])
    lines = [_line(one, link) for one in news[:LISTED]]
    if len(news) > LISTED:
        lines.append(f"... and {len(news) - LISTED} more")
    return Message(title=f"Scheduler: {title}", body="\n".join(lines), level=LEVELS[gravest], news=tuple(news))


def _line(one: News, link: Callable[[str], str] | None) -> str:
    why = one.text.partition("\n")[0]
    parts = (f"{one.task_name} {WORDS[one.event]}", why, _moment(one.at), link(one.run_id) if link else "")
    return "- " + ", ".join(part for part in parts if part)


def _moment(at: Instant) -> str:
    return to_datetime(at).strftime("%Y-%m-%d %H:%M:%S UTC")


@dataclass(slots=True)
class Allowance:
    """At most `hourly` messages within any hour."""

    hourly: int
    _sent: deque[Instant] = field(default_factory=deque)

    def left(self, now: Instant) -> int:
        """Messages that may go now."""
        while self._sent and not now - HOUR < self._sent[0] <= now:
            self._sent.popleft()
        return self.hourly - len(self._sent)

    def wait(self, now: Instant) -> int:
        """Milliseconds until a message may go."""
        return 0 if self.left(now) > 0 else self._sent[0] + HOUR - now

    def spend(self, now: Instant) -> None:
        self._sent.append(now)


def portion(waiting: Sequence[News], left: int) -> int:
    """How many of the news that wait go into the next message, while `left` more messages may go: one, while there are
    few; all, when there are many or the hour's last message is at hand."""
    return len(waiting) if len(waiting) > SINGLES or left <= 1 else min(1, len(waiting))


def fresh(waiting: Iterable[News], now: Instant) -> list[News]:
    """What is still worth delivering."""
    return [one for one in waiting if now - one.at < STALE]


def retry_delay(failures: int) -> float:
    """Seconds to wait after so many deliveries in a row that failed."""
    return min(LONGEST_RETRY, FIRST_RETRY * 2.0 ** min(failures - 1, 16))
