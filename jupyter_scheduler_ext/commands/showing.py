"""``list``, ``show``, ``runs`` and ``status``: what there is and how it has gone."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..client import pictures
from . import screen
from .session import as_json, of_storage, session, task_argument

TASK_STATES = ("idle", "running", "disabled", "error")
RUN_STATES = (
    "queued", "running", "succeeded", "failed", "timed_out", "cancelled", "interrupted", "lost", "skipped", "missed",
)  # fmt: skip
ID_SHOWN = 8
ASKED = ("endpoint", "model", "memory")
"""Members of a prompt that say who is asked, and with how much of the conversation."""


@click.command("list")
@click.argument("words", nargs=-1)
@click.option("--state", type=click.Choice(TASK_STATES))
@click.option("--type", "kind", type=click.Choice(("scheduled", "planned", "adhoc")))
@click.option("--tag")
@click.option("--sort", default="attention", show_default=True, help="attention, name, next_run, ...; -name descends.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many.")
@as_json
@of_storage
def list_tasks(
    words: Sequence[str], state: str | None, kind: str | None, tag: str | None, sort: str, limit: int | None
) -> None:
    """List tasks, those that need attention first. WORDS are looked for in names, descriptions, tags and actions."""
    now = session()
    found = now.schedule.tasks(sort=sort, limit=limit, q=" ".join(words) or None, state=state, type=kind, tag=tag)
    if now.json:
        screen.show_json({"tasks": [task.data for task in found]})
        return
    rows = (
        (task.id[:ID_SHOWN], *row) for task, row in zip(found, pictures.task_rows(t.data for t in found), strict=True)
    )
    screen.table(("ID", *pictures.TASK_HEADS), rows, "No tasks." if words or state or kind or tag else "No tasks yet.")


@click.command()
@task_argument()
@as_json
@of_storage
def show(task: str) -> None:
    """Show a task: when it runs, what it does, how it has gone."""
    now = session()
    found = now.task(task)
    if now.json:
        screen.show_json({"task": found.data})
    else:
        show_task(found.data)


def show_task(task: Mapping[str, Any]) -> None:
    """A task's facts, for a person."""
    token = task.get("token_secret")
    screen.facts(str(task["name"]), task_facts(task))
    if token:
        screen.remark("The token is shown this once. It is sent as the header X-Task-Token.", "yellow")


def task_facts(task: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is to be said of a task, a line each."""
    zone = (task.get("schedule") or {}).get("timezone")
    ahead = [zoned(at, zone) for at in task.get("next_runs") or [task.get("next_run")]]
    last = task.get("last_run") or {}
    halted = f": {task['halted']}" if task.get("halted") else ""
    missed = task.get("waiting_for_server") or {}
    return [
        ("ID", str(task["uuid"])),
        ("State", f"{pictures.STATE_MARKS.get(task['state'], '')} {task['state']}{halted}"),
        ("Waiting", f"for a server labelled {missed['label']} since {zoned(missed['since'], zone)}" if missed else ""),
        ("When", _when(task, zone)),
        ("Next runs", "\n".join(ahead)),
        ("Last run", pictures.last_text(last or None)),
        ("Result", str(last.get("result") or "")),
        ("History", pictures.sparks(task.get("strip") or ())),
        *action_facts(task.get("action") or {}),
        ("Policy", policy_words(task.get("policy") or {})),
        ("Tags", ", ".join(task.get("tags") or ())),
        ("Description", str(task.get("description") or "")),
        ("Attachments", ", ".join(task.get("attachments") or ())),
        ("Notify", notify_words(task.get("notify"))),
        ("Context", "" if task.get("dedicated_context", True) else f"shares {task.get('context_id')}"),
        ("Runs on", runs_on(task)),
        ("Owner", str(task.get("owner") or "")),
        ("Token", str(task.get("token_secret") or "") or _token(task.get("token"))),
    ]


def zoned(text: str | None, zone: str | None) -> str:
    """A time as the clocks of a zone show it; empty for None."""
    if not text or not zone:
        return pictures.time_text(text)
    from datetime import datetime
    from zoneinfo import ZoneInfo

    try:
        return f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"
    except (OSError, ValueError):  # a zone that this machine does not know
        return pictures.time_text(text)


def action_facts(action: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a task does, a line each."""
    said = (action.get(name) for name in ("path", "source", "prompt"))
    what = next(filter(None, said), None) or shlex.join(action.get("argv") or ())
    return [
        (str(action.get("kind", "")).capitalize(), str(what).rstrip()),
        ("System", str(action.get("system") or "").rstrip()),
        ("Model", " ".join(f"{name}={action[name]}" for name in ASKED if action.get(name) is not None)),
        ("Options", ", ".join(f"{name}={value!r}" for name, value in (action.get("options") or {}).items())),
        ("Parameters", ", ".join(f"{name}={value!r}" for name, value in (action.get("parameters") or {}).items())),
        ("Environment", ", ".join(f"{name}={value}" for name, value in (action.get("env") or {}).items())),
        ("Folder", str(action.get("cwd") or "")),
        ("Kernel", " ".join(str(action[name]) for name in ("kernel_name", "kernel") if action.get(name))),
    ]


def notify_words(notify: Mapping[str, Any] | None) -> str:
    """What is told of a task and whom, as far as it says so itself."""
    if not notify:
        return ""
    on, to = notify.get("on"), notify.get("to")
    told = [] if on is None else [", ".join(on) or "nothing"]
    told += [f"{name.replace('_', ' ')} {notify[name]:g}" for name in ("long_after", "long_factor") if notify.get(name)]
    return "; ".join([*told, *([f"to {', '.join(to)}"] if to else [])])


def runs_on(task: Mapping[str, Any]) -> str:
    """Where a task runs, if that is not just here."""
    executor, label = task.get("executor") or "local", task.get("server_label")
    return ", ".join([*([executor] if executor != "local" else []), *([f"a server labelled {label}"] if label else [])])


def policy_words(policy: Mapping[str, Any]) -> str:
    """What differs from the usual policy, as ``overlap=allow, retries.max=3``."""
    from ..engine.models import Policy

    usual = Policy().model_dump(mode="json")
    told = []
    for name, value in policy.items():
        parts = value.items() if isinstance(value, Mapping) else [("", value)]
        for inner, part in parts:
            before = usual.get(name, {}).get(inner) if inner else usual.get(name)
            if part != before:
                told.append(f"{name}{'.' + inner if inner else ''}={part}")
    return ", ".join(told)


def _when(task: Mapping[str, Any], zone: str | None) -> str:
    words = str(task.get("schedule_words") or task.get("type", ""))
    schedule = task.get("schedule")
    if not schedule:
        return words
    rule = " ".join(str(schedule[name]) for name in ("minute", "hour", "day", "month", "weekday"))
    return f"{words} ({rule}, {zone})"


def _token(token: Mapping[str, Any] | None) -> str:
    if not token:
        return ""
    used = token.get("last_used")
    return f"...{token['last4']}, {'last used ' + pictures.time_text(used) if used else 'never used'}"


@click.command()
@task_argument(required=False)
@click.option("--state", type=click.Choice(RUN_STATES), multiple=True)
@click.option("-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True)
@as_json
@of_storage
def runs(task: str | None, state: Sequence[str], limit: int) -> None:
    """List the newest runs, of one task or of all."""
    now = session()
    wanted = None if task is None else now.task(task)
    found = now.schedule.runs(wanted, limit=limit, state=state or None)
    if now.json:
        screen.show_json({"runs": [run.data for run in found]})
        return
    rows = ((run.id, *row) for run, row in zip(found, pictures.run_rows(r.data for r in found), strict=True))
    screen.table(("ID", *pictures.RUN_HEADS), rows, "No runs." if state else "No runs yet.")


@click.command()
@as_json
@of_storage
def status() -> None:
    """Tell how the scheduler is: who leads, what waits, what to know. Ends with 1 if something is wrong."""
    now = session()
    told = now.schedule.status()
    wrong = [banner for banner in told.get("banners", ()) if banner["level"] == "error"]
    if now.json:
        screen.show_json(told)
    else:
        _show_status(told)
    click.get_current_context().exit(1 if wrong else 0)


def _show_status(told: Mapping[str, Any]) -> None:
    server, leader, queue = told.get("server") or {}, told.get("leader") or {}, told.get("queue") or {}
    counts = {name: number for name, number in told["counts"].items() if number and name != "tasks"}
    lag = told.get("lag")
    screen.facts(
        "",
        [
            ("Server", f"{server.get('url', '')} serving {server.get('root')}" if server else "none asked"),
            ("Role", str(told["role"]) + (f", the leader has pid {leader['pid']}" if leader else "")),
            ("Version", str(told.get("version", ""))),
            ("Storage", str(told["store"].get("database") or told["store"]["folder"])),
            ("Servers", ", ".join(_server_words(server) for server in told.get("servers") or ())),
            ("Tasks", f"{told['counts']['tasks']}" + _listed(counts)),
            ("Running", f"{queue['running']} of {queue['limit']}, {queue['queued']} waiting" if queue else ""),
            ("Next run", pictures.time_text(told.get("next_run"))),
            ("Lateness", f"{lag:.3f} s" if isinstance(lag, int | float) else ""),
            ("Unreadable", ", ".join(told["store"].get("quarantined") or ())),
        ],
    )
    for banner in told.get("banners", ()):
        style = {"error": "red", "warning": "yellow"}.get(banner["level"], "dim")
        screen.remark(f"{banner['level']}: {banner['message']}", style)


def _server_words(server: Mapping[str, Any]) -> str:
    labels = f" [{', '.join(server['labels'])}]" if server["labels"] else ""
    return f"{server['name']}{labels}" + (" (this one)" if server["this"] else "")


def _listed(counts: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{number} {name}' for name, number in counts.items())})" if counts else ""
