"""``export`` and ``import``: definitions as YAML or JSON, out of one server and into another."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..client import Invalid, SchedulerError, pictures
from . import screen
from .creating import preview
from .definitions import read_document
from .exits import Exit
from .session import as_json, of_scheduler, of_storage, session, task_argument

RESULTS = {"create": "new", "replace": "replaces", "skip": "skipped", "error": "error"}
PREVIEWED = 200
"""Most tasks of a dry run for which the next fires are asked: each is a call."""


@click.command()
@task_argument("tasks", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Into a file; its ending decides."
)
@click.option("--format", "form", type=click.Choice(("yaml", "json")), help="[default: yaml, or by the file's name]")
@of_storage
def export(tasks: Sequence[str], output: Path | None, form: str | None) -> None:
    """Write definitions, all or those named: for keeping, for version control, for another server. Never a secret."""
    now = session()
    chosen = [now.task(name) for name in tasks]
    exported = now.schedule.export(chosen or None)
    text = _rendered(exported, form or ("json" if output and output.suffix == ".json" else "yaml"))
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise click.FileError(str(output), error.strerror or str(error)) from None
    screen.remark(f"{len(exported['tasks'])} tasks written to {output}")


def _rendered(exported: Mapping[str, Any], form: str) -> str:
    import json

    from ..engine import yaml_text

    if form == "json":
        return json.dumps(exported, indent=2, ensure_ascii=False) + "\n"
    return yaml_text.dump(dict(exported))


@click.command("import")
@click.argument("file", metavar="FILE|-")
@click.option("--on-conflict", type=click.Choice(("skip", "replace", "copy")), default="skip", show_default=True)
@click.option("--dry-run", is_flag=True, help="Tell what would happen and when each would run; save nothing.")
@as_json
@of_scheduler
def import_tasks(file: str, on_conflict: str, dry_run: bool) -> None:
    """Take in what `export` wrote. Ends with 1 if a task could not be taken."""
    found = read_document(file)
    if isinstance(found, list):
        found = {"tasks": found}
    if not isinstance(found, dict) or not isinstance(found.get("tasks"), list):
        raise Invalid(f"{file} does not hold a list of tasks")
    report = take_in(found["tasks"], dry_run=dry_run, on_conflict=on_conflict)
    if session().json:
        screen.show_json(report)
    else:
        show_report(report)
    if report["failed"]:
        click.get_current_context().exit(Exit.FAILED)


def take_in(tasks: Sequence[Any], *, dry_run: bool, on_conflict: str) -> dict[str, Any]:
    """The server's report of an import; of a dry run with the next fires of each task (``fires``)."""
    client = session().client
    report: dict[str, Any] = client.import_tasks({"tasks": list(tasks)}, dry_run=dry_run, on_conflict=on_conflict)
    if dry_run:
        for item in [one for one in report["items"] if one["result"] in ("create", "replace")][:PREVIEWED]:
            try:
                item["fires"] = preview(client, tasks[item["index"]]).get("fires", [])
            except SchedulerError as error:  # a plan whose dates are past can be taken in, and has no next fires
                item["fires"] = []
                item.setdefault("warning", error.message)
    return report


def show_report(report: Mapping[str, Any]) -> None:
    """What became, or would become, of each task."""
    rows = [
        (RESULTS[item["result"]], str(item["name"] or f"#{item['index'] + 1}"), _next(item), _remark(item))
        for item in report["items"]
    ]
    heads = ("Result", "Name", "Next run", "Remark")
    screen.table(heads, rows, "There are no tasks in it.")
    words = (
        f"{report['created']} new, {report['replaced']} replaced, {report['skipped']} skipped, {report['failed']} wrong"
    )
    screen.remark(f"{'Dry run, nothing was saved: ' if report['dry_run'] else ''}{words}")


def _next(item: Mapping[str, Any]) -> str:
    return pictures.time_text(next(iter(item.get("fires") or ()), None))


def _remark(item: Mapping[str, Any]) -> str:
    error = item.get("error")
    if error:
        return f"{error.get('field', '')}: {error['message']}"
    return str(item.get("warning") or "")
