"""The options that say what a task is, shared by ``create`` and ``edit``, and the members they stand for."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ..client.scheduling import served_path, timing_of
from .flags import MEMBERS, flag, put
from .values import NONE, Duration, Events, members_of, pairs, parameters

F = TypeVar("F", bound=Callable[..., Any])
Completer = Callable[[click.Context, click.Parameter, str], list[str]]

NO_LIMIT = click.IntRange(min=1)
NO_KIND = "say what to run: --notebook, --code, --prompt, or a command after --"


def _offered(names: Callable[[Any], Sequence[str]]) -> Completer:
    """Completes what a running server has to offer; a shell that waits must never see a traceback."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        from .session import Session

        try:
            with contextlib.redirect_stderr(io.StringIO()):
                found = names(context.ensure_object(Session).client)
        except Exception:
            return []
        return [name for name in found if name.startswith(incomplete)]

    return complete


def _executors(client: Any) -> list[str]:
    return list(client.status()["executors"])


def _targets(client: Any) -> list[str]:
    from ..client.connection import Call

    told = client.connection.fetch_json(Call("GET", "api/notifications"))
    return [target["name"] for target in told["targets"]]


_OPTIONS = (
    click.option("--description", metavar="TEXT"),
    click.option("--tag", "tags", multiple=True, help="A label; may be given several times."),
    click.option("--cron", metavar="RULE", help='When: five fields, as in "30 2 * * 1-5", or @daily and the like.'),
    click.option("--at", multiple=True, metavar="TIME", help="When: a date and time, such as 2026-03-12T02:30."),
    click.option("--timezone", metavar="ZONE", help="The zone that is meant, such as Europe/Berlin."),
    click.option("--notebook", metavar="PATH", help="What: a notebook, from here or from the served root."),
    click.option("--hide-input/--show-input", default=None, help="Is a notebook's code left out of its page?"),
    click.option("--code", metavar="TEXT", help="What: Python, or whatever the kernel speaks."),
    click.option("--code-file", type=click.File("r"), help="The same from a file; - reads standard input."),
    click.option("--prompt", metavar="TEXT", help="What: a question to a language model; {{ name }} is a parameter."),
    click.option("--prompt-file", type=click.File("r"), help="The same from a file; - reads standard input."),
    click.option("--system-prompt", metavar="TEXT", help="What the model is told before the prompt."),
    click.option("--endpoint", metavar="NAME", help="Which of the server's endpoints is asked."),
    click.option("--model", metavar="NAME", help="Which model. [the endpoint's]"),
    click.option("--memory", type=click.IntRange(0, 100), metavar="N", help="Earlier exchanges that are sent along."),
    click.option("--model-option", "model_options", multiple=True, metavar="NAME=VALUE", help="As temperature=0.2."),
    click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter."),
    click.option("--kernel", metavar="NAME", help="The kernel's name."),
    click.option("--keep-kernel/--fresh-kernel", default=None, help="Does the kernel stay between runs?"),
    click.option("--cwd", metavar="FOLDER", help="A command's folder, from the served root."),
    click.option("--env", multiple=True, metavar="NAME=VALUE", help="A command's environment."),
    click.option("--attach", multiple=True, metavar="PATH", help="A file for it, from here or from the served root."),
    click.option("--context", metavar="ID", help="Share this task's context."),
    click.option("--executor", metavar="NAME", shell_complete=_offered(_executors), help="Where it runs."),
    click.option("--server-label", metavar="LABEL", help="Of several servers, only one with this label runs it."),
    click.option("--notify", type=Events(), multiple=True, metavar="EVENT,...", help=Events.HELP),
    click.option(
        "--notify-to",
        multiple=True,
        metavar="TARGET",
        shell_complete=_offered(_targets),
        help="Whom to tell: a target of the server's settings, by its name.",
    ),
    click.option("--long-after", type=Duration(), help="From when on a run takes long."),
    click.option(
        "--long-factor", type=click.FloatRange(1, min_open=True), metavar="N", help="Or so many times the usual."
    ),
    click.option("--catchup", type=click.Choice(("none", "latest", "all")), help="Which missed runs are made up for."),
    click.option("--catchup-window", type=Duration(), help="How old they may be."),
    click.option("--overlap", type=click.Choice(("skip", "queue_one", "cancel_previous", "allow"))),
    click.option("--jitter", type=Duration(), help="Start up to so much later."),
    click.option("--timeout", type=Duration(none=True), help="Of a run; none: no limit."),
    click.option("--retries", type=click.IntRange(min=0), help="Attempts after a failure."),
    click.option("--retry-delay", type=Duration(), help="Before the first of them."),
    click.option("--retry-factor", type=click.FloatRange(1, 10), help="So many times as long before each further one."),
    click.option("--retry-max-delay", type=Duration(), help="But no longer."),
    click.option("--on-crash", type=click.Choice(("fail", "retry"))),
    click.option("--pause-after", type=click.IntRange(min=0), metavar="N", help="Failures in a row that halt it."),
    click.option("--max-runs", type=NO_LIMIT, metavar="N", help="Runs in all."),
    click.option("--start-at", metavar="TIME", help="Nothing runs before."),
    click.option("--end-at", metavar="TIME", help="Nothing runs after."),
    click.option("--set", "more", multiple=True, metavar="MEMBER=VALUE", help="Any member, as action.kind=sql."),
)
PLAIN = (
    *("description", "context", "executor", "server_label", "long_after", "long_factor", "catchup", "catchup_window"),
    *("overlap", "jitter", "timeout", "retries", "retry_delay", "retry_factor", "retry_max_delay", "on_crash"),
    *("pause_after", "max_runs", "kernel", "cwd", "hide_input", "system_prompt", "endpoint", "model", "memory"),
)
"""Options whose value is that of their member."""


def of_definition(command: F) -> F:
    """Add the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def definition(given: Mapping[str, Any], words: Sequence[str], root: str | None) -> dict[str, Any]:
    """The members that the options and the words of a command stand for; only what was given."""
    members = _timing(given)
    action = _action(given, words, root)
    if action:
        members["action"] = action
    for name in PLAIN:
        if given[name] is not None:
            put(members, MEMBERS[name], None if given[name] is NONE else given[name])
    if given["tags"]:
        members["tags"] = list(given["tags"])
    if given["attach"]:
        members["attachments"] = [_file(path, root) for path in given["attach"]]
    for name in ("start_at", "end_at"):
        if given[name] is not None:
            put(members, MEMBERS[name], _instant(given[name], flag(name)))
    _notify(given, members)
    for path, value in members_of(given["more"]).items():
        put(members, path, value)
    return members


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
    source, prompt = _text(given, "code"), _text(given, "prompt")
    kinds = {"--notebook": given["notebook"], "--code": source, "--prompt": prompt, "a command": words}
    chosen = [name for name, there in kinds.items() if there]
    if len(chosen) > 1:
        raise click.UsageError(f"give one of {' and '.join(chosen)}")
    action: dict[str, Any] = {}
    if given["notebook"]:
        action = {"kind": "notebook", "path": served_path(given["notebook"], root)}
    elif source:
        action = {"kind": "code", "source": source}
    elif prompt:
        action = {"kind": "prompt", "prompt": prompt}
    elif words:
        action = {"kind": "command", "argv": list(words)}
    if given["params"]:
        action["parameters"] = parameters(given["params"])
    if given["model_options"]:
        action["options"] = parameters(given["model_options"], "--model-option")
    if given["env"]:
        action["env"] = pairs(given["env"], "--env")
    if given["keep_kernel"] is not None:
        action["kernel"] = "keep" if given["keep_kernel"] else "fresh"
    return action


def _text(given: Mapping[str, Any], name: str) -> str | None:
    """A text that may also be given as a file."""
    file = given[f"{name}_file"]
    if file is not None and given[name] is not None:
        raise click.UsageError(f"give {flag(name)} or {flag(f'{name}_file')}, not both")
    text: str | None = file.read() if file is not None else given[name]
    return text


def _file(path: str, root: str | None) -> str:
    """A file's path from the served root. Raises BadParameter for one that lies outside of it."""
    from ..client import Invalid

    try:
        return served_path(path, root)
    except Invalid as error:
        raise click.BadParameter(error.message, param_hint="--attach") from None


def _notify(given: Mapping[str, Any], members: dict[str, Any]) -> None:
    """What is told, and whom. ``none`` is silence, ``default`` what the server's settings say."""
    events = [event for words in given["notify"] for event in words]
    if {"none", "default"} & set(events) and len(set(events)) > 1:
        raise click.BadParameter("none and default stand alone", param_hint="--notify")
    if given["notify_to"]:
        put(members, MEMBERS["notify_to"], list(given["notify_to"]))
    if events == ["default"]:
        if members.get("notify"):
            raise click.UsageError("--notify default goes without --notify-to, --long-after and --long-factor")
        members["notify"] = None
    elif events:
        put(members, MEMBERS["notify"], [] if events == ["none"] else list(dict.fromkeys(events)))


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
