"""``enable``, ``disable``, ``reset``, ``cancel``, ``delete`` and ``restore``: one word, done to tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from . import screen
from .session import as_json, asks, of_scheduler, session, task_argument


def _answer(done: str, tasks: Sequence[Any]) -> None:
    if session().json:
        screen.show_json({"tasks": [task.data for task in tasks]})
        return
    for task in tasks:
        screen.say(f"{done} {task.name}")


def _each(names: Sequence[str], change: Callable[[Any], Any]) -> list[Any]:
    """All are looked up before the first is changed, so that a typo changes nothing."""
    found = [session().task(name, to_change=True) for name in names]
    return [change(task) for task in found]


@click.command()
@task_argument("tasks", nargs=-1, required=True)
@as_json
@of_scheduler
def enable(tasks: Sequence[str]) -> None:
    """Let tasks run by their rule, from now on."""
    _answer("Enabled", _each(tasks, lambda task: task.enable()))


@click.command()
@task_argument("tasks", nargs=-1, required=True)
@as_json
@of_scheduler
def disable(tasks: Sequence[str]) -> None:
    """Do not let tasks run by their rule; what runs now goes on."""
    _answer("Disabled", _each(tasks, lambda task: task.disable()))


@click.command()
@task_argument("tasks", nargs=-1, required=True)
@as_json
@of_scheduler
def reset(tasks: Sequence[str]) -> None:
    """Clear tasks' errors, their counts of failures and their halts."""
    _answer("Reset", _each(tasks, lambda task: task.reset()))


@click.command()
@task_argument()
@as_json
@of_scheduler
def cancel(task: str) -> None:
    """Stop what a task runs or has waiting."""
    now = session()
    found = now.task(task, to_change=True)
    stopped = [run.cancel() for run in found.runs(state=("queued", "running"))]
    if now.json:
        screen.show_json({"runs": [run.data for run in stopped]})
    elif stopped:
        screen.say(f"Cancelling {len(stopped)} run{'s' if len(stopped) > 1 else ''} of {found.name}")
    else:
        screen.remark(f"{found.name} runs nothing.")


@click.command()
@task_argument("tasks", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@as_json
@of_scheduler
def delete(tasks: Sequence[str], yes: bool) -> None:
    """Delete tasks; what they run is cancelled first. `restore` undoes it for a while."""
    found = [session().task(name, to_change=True) for name in tasks]
    names = ", ".join(repr(screen.plain(task.name)) for task in found)
    if not asks(f"Delete {names}?", yes=yes):
        raise click.Abort
    for task in found:
        task.delete()
    if session().json:
        screen.show_json({"deleted": [task.id for task in found]})
        return
    for task in found:
        screen.say(f"Deleted {task.name}. To undo it: jupyter scheduler-ext restore {task.id}")


@click.command()
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@as_json
@of_scheduler
def restore(ids: Sequence[str]) -> None:
    """Undo deletions, by id: a deleted task is in no list."""
    _answer("Restored", [session().client.restore(uuid) for uuid in ids])
