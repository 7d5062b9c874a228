"""``run`` and ``log``: start a task and watch what it says."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from ..client import pictures
from . import screen
from .exits import Exit
from .following import watch, write_log
from .session import as_json, of_scheduler, of_storage, session, task_argument
from .values import parameters


@click.command()
@task_argument()
@click.option("-p", "--param", "params", metavar="NAME=VALUE", multiple=True, help="A parameter for this run only.")
@click.option("-f", "--follow", is_flag=True, help="Show its output until it is over.")
@click.option("-w", "--wait", is_flag=True, help="Wait until it is over, without its output.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait no longer; the run goes on.")
@click.option("--force", is_flag=True, help="Even if it is disabled.")
@click.option("--key", metavar="TEXT", help="The same key twice is one run.")
@as_json
@of_scheduler
def run(
    task: str, params: Sequence[str], follow: bool, wait: bool, timeout: float | None, force: bool, key: str | None
) -> None:
    """Run a task now. With --follow or --wait the exit status is 0 only if it succeeded."""
    now = session()
    found = now.task(task, to_change=True)
    begun = now.client.run(found, parameters(params) or None, force=force, key=key)
    try:
        if follow and not now.json:
            watch(now.client, begun, timeout)
        elif follow or wait:
            begun.wait(timeout, progress=not now.json)
    except KeyboardInterrupt:
        screen.remark(f"\nThe run goes on. To stop it: jupyter scheduler-ext cancel {found.id}")
        click.get_current_context().exit(Exit.INTERRUPTED)
    except TimeoutError as error:
        screen.complain(str(error))
        click.get_current_context().exit(Exit.FAILED)
    if now.json:
        screen.show_json({"run": begun.data})
    else:
        _tell(begun)
    if (follow or wait) and not begun.has_succeeded:
        click.get_current_context().exit(Exit.FAILED)


@click.command()
@task_argument("what")
@click.option("-f", "--follow", is_flag=True, help="Until the run is over.")
@as_json
@of_storage
def log(what: str, follow: bool) -> None:
    """Print what the last run of a task said; TASK may also be the id of a run. JSON is an entry a line."""
    now = session()
    chosen = _run_of(what)
    if chosen is None:
        screen.remark(f"{what} has not run yet.")
        click.get_current_context().exit(Exit.NOT_FOUND)
    if now.json:
        for entry in now.schedule.log(chosen, follow=follow):
            sys.stdout.write(json.dumps(entry, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    elif follow:
        _follow(chosen)
    else:
        write_log(now.schedule.log(chosen))


def _follow(run: Any) -> None:
    now = session()
    try:
        watch(now.client, run)
    except KeyboardInterrupt:
        click.get_current_context().exit(Exit.INTERRUPTED)
    _tell(run)


def _run_of(what: str) -> Any:
    """The run with this id, or the last of the task so named; None if it has not run."""
    from ..client import NotFound

    now = session()
    try:
        task = now.task(what)
    except NotFound as unknown:
        try:
            return now.schedule.get_run(what)
        except NotFound:
            raise unknown from None
    return next(iter(now.schedule.runs(task, limit=1)), None)


def _tell(run: Any) -> None:
    """A run's state on standard error, its id on standard output for whoever wants to go on with it."""
    style = "red" if run.state in pictures.BAD else "green" if run.has_succeeded else ""
    screen.remark(pictures.run_line(run.data).strip("<>"), style)
    screen.say(run.id)
