"""``create``: a task from options, from a file, or from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from ..client import Invalid, calls, pictures
from ..client.scheduling import name_of
from . import screen
from .definitions import NO_KIND, definition, of_definition, read_document
from .flags import naming_flags
from .session import as_json, of_scheduler, session
from .showing import action_facts, policy_words, show_task

EXAMPLES = """
\b
Examples:
  create --name Nightly --cron "30 2 * * *" --timezone Europe/Berlin --notebook reports/nightly.ipynb -p region=eu
  create --name Once --at 2026-03-12T02:30 --code "print('hello')"
  create --name Sync --cron @hourly --timeout 5m --retries 3 -- rsync -a data/ backup/
  create --name Digest --cron "0 7 * * 1-5" --prompt "Summarise it in five lines." --attach figures.csv --model small
  create --name Watched --cron @daily --notebook etl.ipynb --notify failure,long --long-after 30m --notify-to ops
  create --from task.yaml --dry-run
"""


@click.command(epilog=EXAMPLES)
@click.option("--name", help="By default the notebook's name or the first line of what it runs.")
@click.option("--disabled", is_flag=True, help="Do not let it run by its rule yet.")
@click.option("--from", "source", metavar="FILE", help="A definition as YAML or JSON; - reads standard input.")
@of_definition
@click.option("--dry-run", is_flag=True, help="Check it and tell when it would run; save nothing.")
@click.argument("words", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED)
@as_json
@of_scheduler
def create(
    name: str | None, disabled: bool, source: str | None, dry_run: bool, words: Sequence[str], **given: Any
) -> None:
    """Make a task. Say what (--notebook, --code, --prompt or a command after --) and when (--cron, --at, or neither: it
    then runs when called)."""
    now = session()
    chosen = definition(given, words, now.client.connection.server.root)
    body = merged(_from_file(source) if source else {}, chosen)
    if not (body.get("action") or {}).get("kind"):
        raise click.UsageError(NO_KIND)
    body.setdefault("type", "adhoc")
    body["name"] = name or body.get("name") or name_of(body["action"])
    if disabled:
        body["enabled"] = False
    try:
        if dry_run:
            _rehearse(body)
            return
        made = now.client.create(body)
    except Invalid as error:
        raise naming_flags(error, {"name": name, **given}) from None
    if now.json:
        screen.show_json({"task": made.data})
    else:
        show_task(made.data)


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the members of `more`, objects member by member; an action of another kind replaces the whole."""
    result = dict(base)
    for name, value in more.items():
        before = result.get(name)
        same = (
            isinstance(before, Mapping)
            and isinstance(value, Mapping)
            and before.get("kind") == value.get("kind", before.get("kind"))
        )
        result[name] = merged(before, value) if same and isinstance(before, Mapping) else value
    return result


def _from_file(path: str) -> dict[str, Any]:
    found = read_document(path)
    if isinstance(found, dict) and isinstance(found.get("tasks"), list):
        if len(found["tasks"]) != 1:
            raise Invalid(f"{path} holds {len(found['tasks'])} tasks: take them in by `import`")
        found = found["tasks"][0]
    if not isinstance(found, dict):
        raise Invalid(f"{path} does not hold a task: name, action, schedule, ...")
    return found


def _rehearse(body: Mapping[str, Any]) -> None:
    """What `create` would do. Raises Invalid as it would."""
    now = session()
    item = now.client.import_tasks({"tasks": [body]}, dry_run=True)["items"][0]
    if item["result"] == "error":
        error = item["error"]
        raise Invalid(error["message"], code=error["code"], field=error.get("field", "").removeprefix("tasks.0."))
    ahead = preview(now.client, body)
    if now.json:
        screen.show_json({"dry_run": True, "task": dict(body), "warning": item.get("warning"), **ahead})
        return
    screen.facts(
        f"{body['name']} (dry run: nothing was saved)",
        [
            ("When", str(ahead.get("words", "On demand"))),
            ("Next runs", "\n".join(pictures.time_text(at) for at in ahead.get("fires", ()))),
            *action_facts(body["action"]),
            ("Policy", policy_words(body.get("policy") or {})),
        ],
    )
    for warning in (item.get("warning"), *(one["message"] for one in ahead.get("warnings", ()))):
        if warning:
            screen.remark(f"warning: {warning}", "yellow")


def preview(client: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """``{"words", "fires", "warnings"}`` of a definition; empty for a task that runs when called."""
    rule = {name: body[name] for name in ("schedule", "plan") if body.get(name)}
    if not rule:
        return {}
    told = client.connection.fetch_json(calls.preview(rule))
    return {name: told[name] for name in ("words", "fires", "warnings")}
