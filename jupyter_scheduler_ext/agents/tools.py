"""The tools themselves. Their names, arguments and docstrings are what an agent reads: they are the interface.

Annotations are objects here, not texts: jupyter-server-mcp looks at them as they are.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from pydantic import Field

from ..client import AsyncSchedulerClient
from ..client.errors import SchedulerError
from ..engine.cron import expand_nickname
from . import told
from .access import NoRights, offered

TaskKey = Annotated[str, Field(description="The task's id, or its exact name")]
RunId = Annotated[str, Field(description="The run's id, as another tool gave it")]
Cron = Annotated[
    str | None,
    Field(description="Five cron fields, minute hour day month weekday: '30 2 * * 1-5' is 02:30 from Monday to Friday"),
]
Zone = Annotated[str | None, Field(description="IANA zone such as Europe/Berlin; the server's own if left out")]
Dates = Annotated[
    list[str] | None, Field(description="Times to run at, such as 2026-03-12T14:00 (in the zone) or with an offset")
]


class ToolProblem(Exception):
    """Why a tool could not do it, in words for the agent."""


@asynccontextmanager
async def _scheduler() -> AsyncIterator[AsyncSchedulerClient]:
    """The scheduler, with the rights of who calls. Whatever it refuses becomes a ToolProblem that says what to do."""
    access = offered()
    if access is None:
        raise ToolProblem("this server offers its scheduler to no agents (AgentSettings.tools)")
    try:
        yield access.client(_authorization())
    except (NoRights, ValueError) as error:
        raise ToolProblem(str(error)) from None
    except SchedulerError as error:
        raise ToolProblem(f"{error} [{error.code}]") from None


def _authorization() -> str:
    from fastmcp.server.dependencies import get_http_headers

    return str(get_http_headers(include_all=True).get("authorization", ""))


async def scheduler_status() -> dict[str, Any]:
    """How the scheduler is: tasks by state, runs in flight and waiting, and anything it warns of."""
    async with _scheduler() as scheduler:
        status = await scheduler.status()
    return {name: status[name] for name in ("role", "now", "next_run", "counts", "queue", "banners") if name in status}


async def scheduler_list_tasks(
    search: Annotated[str | None, Field(description="Words that the name or description holds")] = None,
    state: Literal["idle", "running", "disabled", "error"] | None = None,
    tag: str | None = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List scheduled tasks: what each is called, when it runs, how its last run went. Use it first, to find ids."""
    async with _scheduler() as scheduler:
        found = await scheduler.tasks(q=search, state=state, tag=tag, limit=limit)
    return {"tasks": [told.task(task) for task in found]}


async def scheduler_get_task(task: TaskKey) -> dict[str, Any]:
    """Everything about one task: its definition, its policy, its next times."""
    async with _scheduler() as scheduler:
        return told.task(await scheduler.task(task), whole=True)


async def scheduler_preview_schedule(
    schedule: Annotated[str, Field(description="Five cron fields, such as '30 2 * * 1-5'")],
    timezone: Zone = None,
    count: Annotated[int, Field(ge=1, le=50)] = 5,
) -> dict[str, Any]:
    """When a cron rule would run, in words and as times in UTC, with warnings. Check a rule with it before using it."""
    async with _scheduler() as scheduler:
        return await scheduler.preview(schedule, count=count, **({"timezone": timezone} if timezone else {}))


async def scheduler_create_task(
    name: str,
    notebook: Annotated[str | None, Field(description="Path of a notebook below the server's folder")] = None,
    code: Annotated[str | None, Field(description="Code for the kernel; '# %%' lines separate cells")] = None,
    command: Annotated[list[str] | None, Field(description="Program and arguments, without a shell")] = None,
    schedule: Cron = None,
    dates: Dates = None,
    timezone: Zone = None,
    parameters: Annotated[dict[str, Any] | None, Field(description="Values for the notebook or code")] = None,
    description: str = "",
    tags: list[str] | None = None,
    enabled: bool = True,
    policy: Annotated[
        dict[str, Any] | None,
        Field(description="For example {'timeout': 600, 'retries': {'max': 2, 'delay': 60}, 'overlap': 'skip'}"),
    ] = None,
) -> dict[str, Any]:
    """Create a task that runs code later, unattended.

    Give exactly one of notebook, code and command. With `schedule` it runs by a cron rule, with `dates` at these times,
    with neither only when somebody calls scheduler_run_task.
    """
    given = {"notebook": notebook, "code": code, "command": command}
    if sum(value is not None for value in given.values()) != 1:
        raise ToolProblem("give exactly one of notebook, code and command")
    if schedule is not None and dates is not None:
        raise ToolProblem("give schedule or dates, not both")
    if notebook is not None:
        action: dict[str, Any] = {"kind": "notebook", "path": notebook}
    else:
        action = {"kind": "code", "source": code} if code is not None else {"kind": "command", "argv": command}
    if parameters:
        action["parameters"] = parameters
    body: dict[str, Any] = {"type": "adhoc", "name": name, "action": action, "description": description}
    body |= {"tags": tags or [], "enabled": enabled, "policy": policy or {}}
    body |= _when(schedule, dates, timezone)
    async with _scheduler() as scheduler:
        return told.task(await scheduler.create(body), whole=True)


async def scheduler_update_task(
    task: TaskKey,
    changes: Annotated[
        dict[str, Any],
        Field(description="Members to change, as scheduler_get_task names them; null puts one back to its default"),
    ],
) -> dict[str, Any]:
    """Change a task. Overwrites what it names: {'enabled': false}, {'schedule': '0 9 * * *'}, {'policy': {...}}."""
    async with _scheduler() as scheduler:
        return told.task(await scheduler.update(task, changes), whole=True)


async def scheduler_delete_task(task: TaskKey) -> dict[str, Any]:
    """Delete a task and stop its runs. scheduler_restore_task undoes it for some days, with the id given here."""
    async with _scheduler() as scheduler:
        found = await scheduler.task(task)
        await scheduler.delete(found.id)
    return {"deleted": found.id, "name": found.name}


async def scheduler_restore_task(
    task_id: Annotated[str, Field(description="The id of a deleted task")],
) -> dict[str, Any]:
    """Bring back a deleted task; its schedule goes on from now."""
    async with _scheduler() as scheduler:
        return told.task(await scheduler.restore(task_id))


async def scheduler_run_task(
    task: TaskKey,
    parameters: Annotated[dict[str, Any] | None, Field(description="Override the task's own for this run")] = None,
    wait: Annotated[float, Field(ge=0, le=60, description="Seconds to wait for the end")] = 0,
) -> dict[str, Any]:
    """Run a task now: executes its code. Gives the run; read on with scheduler_get_run and scheduler_read_run_log."""
    async with _scheduler() as scheduler:
        run = await scheduler.run(task, parameters)
        return told.run(await _ended(scheduler, run.id, wait))


async def scheduler_list_runs(
    task: Annotated[str | None, Field(description="A task's id or exact name; all tasks if left out")] = None,
    state: Annotated[
        str | None, Field(description="queued, running, succeeded, failed, timed_out, cancelled, missed, ...")
    ] = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 20,
) -> dict[str, Any]:
    """List runs, newest first: what ran, when, and how it went."""
    async with _scheduler() as scheduler:
        found = await scheduler.runs(task, state=state, limit=limit)
    return {"runs": [told.run(run) for run in found]}


async def scheduler_get_run(
    run_id: RunId,
    wait: Annotated[float, Field(ge=0, le=60, description="Seconds to wait for its end")] = 0,
) -> dict[str, Any]:
    """One run: its state, its result, and the error with its traceback if it failed."""
    async with _scheduler() as scheduler:
        return told.run(await _ended(scheduler, run_id, wait))


async def scheduler_read_run_log(
    run_id: RunId,
    tail: Annotated[int, Field(ge=1, le=told.LONGEST, description="Characters from the end")] = 4000,
) -> dict[str, Any]:
    """What a run has printed so far, as plain text; `complete` tells whether more may come."""
    async with _scheduler() as scheduler:
        entries = [entry async for entry in scheduler.log(run_id)]
        run = await scheduler.get_run(run_id)
    text = told.log_text(entries)
    return {
        "text": text[-tail:],
        "cut": len(text) > tail,
        "state": run.state,
        "complete": run.data["finished_at"] is not None,
    }


async def scheduler_cancel_run(run_id: RunId) -> dict[str, Any]:
    """Stop a run that is queued or running. What it had done stays done."""
    async with _scheduler() as scheduler:
        return told.run(await scheduler.cancel(run_id))


def _when(schedule: str | None, dates: list[str] | None, timezone: str | None) -> dict[str, Any]:
    if schedule is not None:
        minute, hour, day, month, weekday = _five(schedule)
        rule = {"minute": minute, "hour": hour, "day": day, "month": month, "weekday": weekday}
        return {"type": "scheduled", "schedule": {**rule, "timezone": timezone} if timezone else schedule}
    if dates is not None:
        todo = [{"wall": date, "timezone": timezone} if timezone and not _has_zone(date) else date for date in dates]
        return {"type": "planned", "plan": {"todo": todo}}
    return {}


def _five(schedule: str) -> list[str]:
    fields = expand_nickname(schedule).split()
    if len(fields) != 5:
        raise ToolProblem(f"a schedule has five fields, minute hour day month weekday; {schedule!r} has {len(fields)}")
    return fields


def _has_zone(date: str) -> bool:
    return date.endswith("Z") or "+" in date or date.count("-") > 2


async def _ended(scheduler: AsyncSchedulerClient, run_id: str, wait: float) -> Any:
    """The run, once it has ended or so many seconds have passed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    run = await scheduler.get_run(run_id)
    while run.data["finished_at"] is None and loop.time() < deadline:
        await asyncio.sleep(0.5)
        run = await scheduler.get_run(run_id)
    return run
