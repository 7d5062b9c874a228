"""Metrics on the Jupyter server's own ``/metrics``, in Prometheus' format.

Counting is a few additions a run, a moment after its end (`engine.endings`); what is only a state is read when somebody
asks. Labels are outcomes and origins, never names: the number of series does not grow with the number of tasks, unless
`per_task` is wished for.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from traitlets import Bool
from traitlets.config import Configurable

from .engine.runs import TIMED, Run

if TYPE_CHECKING:
    from .engine.scheduler import TaskScheduler

PREFIX = "jupyter_scheduler_ext_"
DURATIONS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400)
LATENESS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 3600, 86_400)
LAGS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
SAMPLE_EVERY = 1.0
"""Seconds between two looks at how late the event loop wakes."""

_installed: list[Collector] = []


class MetricsSettings(Configurable):
    """Which metrics there are: ``c.MetricsSettings...`` in the server's configuration."""

    enabled = Bool(True, help="Show the scheduler's metrics on the server's /metrics.").tag(config=True)
    per_task = Bool(
        False, help="Count runs for each task by its id as well: as many more series as there are tasks that run."
    ).tag(config=True)


class Histogram:
    """Counts values by upper bound; cheap enough to be asked for each run."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """``(upper bound, number up to it)``, the last one for all."""
        found: list[tuple[str, float]] = []
        seen = 0
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            seen += count
            found.append((bound, seen))
        return found


class SchedulerCollector(Collector):
    """All metrics of one scheduler."""

    def __init__(
        self,
        scheduler: TaskScheduler,
        *,
        kernels: Callable[[], Mapping[str, int]],
        notifications: Callable[[], Mapping[str, int]],
        per_task: bool = False,
    ) -> None:
        self._scheduler = scheduler
        self._kernels = kernels
        self._notifications = notifications
        self._per_task = per_task
        self._runs: Counter[tuple[str, ...]] = Counter()
        self._durations = Histogram(DURATIONS)
        self._lateness = Histogram(LATENESS)
        self._lags = Histogram(LAGS)

    def hear(self, run: Run) -> None:
        """A run has ended."""
        key = (run.state.value, run.origin.value)
        self._runs[(*key, run.task_id) if self._per_task else key] += run.fires
        if run.duration is not None:
            self._durations.observe(run.duration)
            if run.origin in TIMED and run.started_at is not None and run.due_at is not None:
                self._lateness.observe(max(0, run.started_at - run.due_at) / 1000)

    async def watch_loop(self) -> None:
        """Until cancelled: how late does the event loop wake who wanted to be woken?"""
        clock = self._scheduler.clock
        while True:
            wanted = clock.monotonic() + SAMPLE_EVERY
            await asyncio.sleep(SAMPLE_EVERY)
            self._lags.observe(max(0.0, clock.monotonic() - wanted))

    # Being asked

    def collect(self) -> Iterator[Metric]:
        """Prometheus' hook, on the event loop."""
        yield from self._counted()
        yield from self._states()

    def _counted(self) -> Iterator[Metric]:
        labels = ["state", "origin", *(["task"] if self._per_task else [])]
        runs = CounterMetricFamily(f"{PREFIX}runs", "Runs that ended, by outcome and origin", labels=labels)
        for key, count in list(self._runs.items()):
            runs.add_metric(key, count)
        yield runs
        yield _histogram("run_duration_seconds", "Seconds from the start of a run to its end", self._durations)
        yield _histogram(
            "run_lateness_seconds", "Seconds from the due instant of a scheduled run to its first code", self._lateness
        )
        yield _histogram(
            "loop_lag_seconds", "Seconds by which the event loop woke late, sampled each second", self._lags
        )
        ticker = self._scheduler.ticker
        yield CounterMetricFamily(f"{PREFIX}ticks", "Looks at the clock", ticker.ticks)
        yield CounterMetricFamily(
            f"{PREFIX}tick_seconds", "Seconds spent in looks at the clock, their commits included", ticker.spent
        )
        sent = CounterMetricFamily(f"{PREFIX}notifications", "Deliveries of notifications", labels=["outcome"])
        counts = self._notifications()
        for outcome in ("delivered", "failed"):
            sent.add_metric([outcome], counts[outcome])
        yield sent
        yield _gauge("notifications_waiting", "News that wait for delivery", counts["waiting"])

    def _states(self) -> Iterator[Metric]:
        scheduler = self._scheduler
        tasks = GaugeMetricFamily(f"{PREFIX}tasks", "Tasks by state", labels=["state"])
        for state, number in scheduler.board.state_counts().items():
            tasks.add_metric([state.value], number)
        yield tasks
        dispatcher = scheduler.pipeline.dispatcher
        yield _gauge("runs_active", "Runs in flight", dispatcher.running)
        yield _gauge("runs_queued", "Runs that wait for a slot", dispatcher.queued)
        yield _gauge("runs_limit", "Runs that may be in flight at a time", dispatcher.limit)
        yield _gauge("leading", "1 on the server that starts the runs, else 0", int(scheduler.leading))
        kernels = GaugeMetricFamily(f"{PREFIX}kernels", "Kernels of the scheduler by what they are for", labels=["use"])
        uses = dict(self._kernels())
        memory = uses.pop("memory", 0)
        for use, number in uses.items():
            kernels.add_metric([use], number)
        yield kernels
        yield _gauge("kernels_memory_bytes", "Memory that these kernels hold", memory)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, text, value)


def _histogram(name: str, text: str, values: Histogram) -> HistogramMetricFamily:
    return HistogramMetricFamily(PREFIX + name, text, buckets=values.buckets(), sum_value=values.total)


def install(collector: Collector) -> None:
    """Show these metrics from now on, in place of any of an earlier scheduler of this process."""
    for earlier in list(_installed):
        uninstall(earlier)
    REGISTRY.register(collector)
    _installed.append(collector)


def uninstall(collector: Collector) -> None:
    """Show these no more, if they still are the ones that are shown."""
    if collector in _installed:
        _installed.remove(collector)
        REGISTRY.unregister(collector)
