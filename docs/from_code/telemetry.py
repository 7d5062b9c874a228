"""Metrics and events, from the code that emits them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from prometheus_client.metrics_core import Metric

from jupyter_scheduler_ext.announcements import SCHEMAS
from jupyter_scheduler_ext.engine.models import TaskState
from jupyter_scheduler_ext.metrics import SchedulerCollector

from .markdown import prose, table

SUFFIX = {"counter": "_total"}


def metrics() -> str:
    """A table of all metrics, as a scheduler without tasks gives them."""
    return table(("Metric", "Type", "What"), [_row(metric) for metric in _collector().collect()])


def _row(metric: Metric) -> tuple[str, str, str]:
    return f"`{metric.name}{SUFFIX.get(metric.type, '')}`", metric.type, metric.documentation


def _collector() -> SchedulerCollector:
    """A collector over a scheduler in which nothing has happened: only what metrics ask of it is there."""
    idle = SimpleNamespace(
        ticker=SimpleNamespace(ticks=0, spent=0.0),
        board=SimpleNamespace(state_counts=lambda: dict.fromkeys(TaskState, 0)),
        pipeline=SimpleNamespace(dispatcher=SimpleNamespace(running=0, queued=0, limit=0)),
        leading=True,
    )
    return SchedulerCollector(
        cast("Any", idle),
        kernels=dict,
        notifications=lambda: {"delivered": 0, "failed": 0, "waiting": 0},
    )


def events() -> str:
    """A section an event."""
    return "\n".join(_event(schema) for schema in SCHEMAS)


def _event(schema: dict[str, Any]) -> str:
    rows = [(f"`{name}`", member["type"], member["description"]) for name, member in schema["properties"].items()]
    head = f"### {schema['title']}\n\n`{schema['$id']}`, version {schema['version']}\n"
    return "\n".join([head, prose(schema["description"]), "", table(("Member", "Type", "What"), rows)])
