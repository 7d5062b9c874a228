"""api/runs: history, one run, its log, cancel."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from ..engine.errors import Invalid
from ..engine.ledger import RunFilter
from ..engine.runs import Run, RunState
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import LogPage, Moment, RunList, RunReply, Shape, instant


class RunsQuery(Shape):
    task_id: str | None = None
    """Those of one task."""
    context_id: str | None = None
    """Those of one context."""
    state: Annotated[str | None, Field(description="One state or several, separated by commas")] = None
    key: str | None = None
    """Those of one time, whatever the attempt."""
    since: Moment | None = None
    """Those that were due then or later."""
    until: Moment | None = None
    """Those that were due before."""
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many a page has."""
    cursor: str | None = None
    """The `next_cursor` of an earlier page."""


class LogQuery(Shape):
    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[int, Field(ge=0, alias="from", description="The `next` of an earlier page")] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """How many entries."""


@endpoint("GET", "api/runs", "read", query=RunsQuery, replies={200: RunList})
async def scheduler_runs_list(request: ApiHandler) -> None:
    """List runs, newest first."""
    query = request.query_as(RunsQuery)
    which = RunFilter(
        task_id=query.task_id,
        context_id=query.context_id,
        states=read_states(query.state),
        key=query.key,
        since=instant(query.since),
        until=instant(query.until),
        before=read_cursor(query.cursor),
        limit=query.limit,
    )
    runs = await request.scheduler.runs(which)
    more = make_cursor(runs[-1]) if len(runs) == query.limit else None
    request.reply({"runs": [run.to_json() for run in runs], "next_cursor": more})


@endpoint("GET", "api/runs/{run_id}", "read", replies={200: RunReply})
async def scheduler_run_get(request: ApiHandler, run_id: str) -> None:
    """Show a run."""
    run = await request.scheduler.get_run(run_id)
    request.reply({"run": run.to_json()})


@endpoint("GET", "api/runs/{run_id}/log", "read", query=LogQuery, replies={200: LogPage})
async def scheduler_run_log(request: ApiHandler, run_id: str) -> None:
    """Read a run's log from any point, while it runs and afterwards."""
    query = request.query_as(LogQuery)
    entries, following, complete = await request.scheduler.read_log(run_id, query.start, query.limit)
    request.reply({"entries": entries, "next": following, "complete": complete})


@endpoint("POST", "api/runs/{run_id}/cancel", "write", replies={202: RunReply})
async def scheduler_run_cancel(request: ApiHandler, run_id: str) -> None:
    """Stop a run: interrupt, then terminate, then kill."""
    run = await request.scheduler.cancel(run_id)
    request.reply({"run": run.to_json()}, 202)


def read_states(text: str | None) -> frozenset[RunState]:
    """The run states of a query. Raises Invalid."""
    try:
        return frozenset(RunState(word.strip()) for word in (text or "").split(",") if word.strip())
    except ValueError:
        raise Invalid(f"state is some of: {', '.join(RunState)}", field="state") from None


def make_cursor(run: Run) -> str:
    """Where the page after `run` begins."""
    return f"{run.queued_at}.{run.id}"


def read_cursor(cursor: str | None) -> tuple[int, str] | None:
    """What `make_cursor` made. Raises Invalid."""
    if not cursor:
        return None
    queued_at, dot, run_id = cursor.partition(".")
    if not (dot and queued_at.isascii() and queued_at.isdigit() and len(queued_at) < 16):
        raise Invalid("cursor is the next_cursor of an earlier page", field="cursor")
    return int(queued_at), run_id
