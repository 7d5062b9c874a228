"""The options that say what a task is, shared by ``create`` and ``edit``, and the members they stand for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ..client.scheduling import served_path, timing_of
from .values import NONE, Duration, pairs, parameters

F = TypeVar("F", bound=Callable[..., Any])

NO_LIMIT = click.IntRange(min=1)
_OPTIONS = (
    click.option("--description", metavar="TEXT"),
    click.option("--tag", "tags", multiple=True, help="A label; may be given several times."),
    click.option("--cron", metavar="RULE", help='When: five fields, as in "30 2 * * 1-5", or @daily and the like.'),
    click.option("--at", multiple=True, metavar="TIME", help="When: a date and time, such as 2026-03-12T02:30."),
    click.option("--timezone", metavar="ZONE", help="The zone that is meant, such as Europe/Berlin."),
    click.option("--notebook", metavar="PATH", help="What: a notebook, from here or from the served root."),
    click.option("--code", metavar="TEXT", help="What: Python, or whatever the kernel speaks."),
    click.option("--code-file", type=click.File("r"), help="The same from a file; - reads standard input."),
    click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter."),
    click.option("--kernel", metavar="NAME", help="The kernel's name."),
    click.option("--keep-kernel/--fresh-kernel", default=None, help="Does the kernel stay between runs?"),
    click.option("--cwd", metavar="FOLDER", help="A command's folder, from the served root."),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="A command's environment."),
    click.option("--context", metavar="ID", help="Share this task's context."),
    click.option("--catchup", type=click.Choice(("none", "latest", "all")), help="Which missed runs are made up for."),
    click.option("--catchup-window", type=Duration(), help="How old they may be."),
    click.option("--overlap", type=click.Choice(("skip", "queue_one", "cancel_previous", "allow"))),
    click.option("--jitter", type=Duration(), help="Start up to so much later."),
    click.option("--timeout", type=Duration(none=True), help="Of a run; none: no limit."),
    click.option("--retries", type=click.IntRange(min=0), help="Attempts after a failure."),
    click.option("--retry-delay", type=Duration(), help="Before the first of them; then twice as long each time."),
    click.option("--on-crash", type=click.Choice(("fail", "retry"))),
    click.option("--pause-after", type=click.IntRange(min=0), metavar="N", help="Failures in a row that halt it."),
    click.option("--max-runs", type=NO_LIMIT, metavar="N", help="Runs in all."),
    click.option("--start-at", metavar="TIME", help="Nothing runs before."),
    click.option("--end-at", metavar="TIME", help="Nothing runs after."),
)
POLICY = ("catchup", "catchup_window", "overlap", "jitter", "timeout", "on_crash", "pause_after", "max_runs")


def of_definition(command: F) -> F:
    """Add the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def definition(given: Mapping[str, Any], words: Sequence[str], root: str | None) -> dict[str, Any]:
    """The members that the options and the words of a command stand for; only what was given."""
    members: dict[str, Any] = {name: given[name] for name in ("description",) if given[name] is not None}
    if given["tags"]:
        members["tags"] = list(given["tags"])
    if given["context"]:
        members["context_id"] = given["context"]
    members |= _timing(given)
    action = _action(given, words, root)
    policy = _policy(given)
    return members | ({"action": action} if action else {}) | ({"policy": policy} if policy else {})


def _timing(given: Mapping[str, Any]) -> dict[str, Any]:
    if given["cron"] and given["at"]:
        raise click.UsageError("give --cron or --at, not both")
    if given["timezone"] and not (given["cron"] or given["at"]):
        raise click.UsageError("--timezone belongs to --cron or --at")
    if not given["cron"] and not given["at"]:
        return {}
    for time in given["at"]:
        _check_time(time, "--at")
    return timing_of(given["cron"] or list(given["at"]), given["timezone"])


def _action(given: Mapping[str, Any], words: Sequence[str], root: str | None) -> dict[str, Any]:
    source = given["code_file"].read() if given["code_file"] is not None else given["code"]
    chosen = [
        name for name, there in (("--notebook", given["notebook"]), ("--code", source), ("a command", words)) if there
    ]
    if len(chosen) > 1:
        raise click.UsageError(f"give one of {' and '.join(chosen)}")
    action: dict[str, Any] = {}
    if given["notebook"]:
        action = {"kind": "notebook", "path": served_path(given["notebook"], root)}
    elif source:
        action = {"kind": "code", "source": source}
    elif words:
        action = {"kind": "command", "argv": list(words)}
    if given["params"]:
        action["parameters"] = parameters(given["params"])
    if given["env"]:
        action["env"] = pairs(given["env"], "--env")
    if given["kernel"]:
        action["kernel_name"] = given["kernel"]
    if given["keep_kernel"] is not None:
        action["kernel"] = "keep" if given["keep_kernel"] else "fresh"
    if given["cwd"] is not None:
        action["cwd"] = given["cwd"]
    return action


def _policy(given: Mapping[str, Any]) -> dict[str, Any]:
    policy = {name: None if given[name] is NONE else given[name] for name in POLICY if given[name] is not None}
    for name in ("start_at", "end_at"):
        if given[name] is not None:
            policy[name] = _instant(given[name], f"--{name.replace('_', '-')}")
    retries = {"max": given["retries"], "delay": given["retry_delay"]}
    chosen = {name: value for name, value in retries.items() if value is not None}
    return policy | ({"retries": chosen} if chosen else {})


def _check_time(text: str, option: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time; write 2026-03-12T02:30", param_hint=option) from None


def _instant(text: str, option: str) -> str:
    """A time with its offset; without one it is meant in this machine's zone."""
    return _check_time(text, option).astimezone().isoformat()


def read_document(path: str) -> Any:
    """What a YAML or JSON file says; ``-`` is standard input. Raises Invalid."""
    from ..client import Invalid
    from ..engine import errors, yaml_text

    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8-sig")
        return yaml_text.load(text)
    except OSError as error:
        raise click.FileError(path, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8 text") from None
    except errors.Invalid as error:
        raise Invalid(f"{path}: {error.message}") from None
