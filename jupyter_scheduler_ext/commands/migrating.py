"""``migrate``: take over from crontab or jupyter-scheduler, by the import that every other way in uses."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..client import Invalid, pictures
from ..client.connection import Call
from ..engine import errors
from ..engine.clock import local_zone
from ..migration.findings import Finding
from . import screen
from .exits import Exit
from .session import as_json, of_scheduler, session
from .transferring import take_in

LISTED = 500
RESULTS = {"create": "task", "replace": "replaced", "skip": "there already", "error": "not taken"}


@click.group()
def migrate() -> None:
    """Take over the schedules of other programs. Try --dry-run first: it tells, line by line, what becomes of each."""


def _options(command: Any) -> Any:
    command = click.option("--dry-run", is_flag=True, help="Tell what would happen; save nothing.")(command)
    command = click.option("--disabled", is_flag=True, help="Make the tasks, but do not let them run yet.")(command)
    again = click.Choice(("skip", "replace"))
    return click.option(
        "--on-conflict", type=again, default="skip", show_default=True, help="For what was taken over before."
    )(command)


@migrate.command()
@click.argument("file", metavar="FILE|FOLDER|-")
@click.option("--timezone", metavar="ZONE", help="Of lines above any CRON_TZ. [this machine's]")
@click.option("--in-home", is_flag=True, help="Begin each command with cd, since cron starts it in your home.")
@click.option(
    "--system/--user", default=None, help="Does a user stand before each command? [--system for files below /etc]"
)
@click.option("--sudo", is_flag=True, help="Run lines of other users as them, by sudo. [they are made disabled]")
@click.option("--run-as", metavar="USER", help="The user that the server runs as. [you]")
@_options
@as_json
@of_scheduler
def crontab(
    file: str, timezone: str | None, in_home: bool, system: bool | None, sudo: bool, run_as: str | None, **how: Any
) -> None:
    """Take over a crontab: `crontab -l | jupyter scheduler-ext migrate crontab - --dry-run`, or a system's table:
    /etc/crontab, /etc/cron.d."""
    from ..migration.crontab import Owners, read_crontab

    owned = _is_system(file) if system is None else system
    if sudo and not owned:
        raise click.UsageError("--sudo belongs to a table with users: give --system")
    owners = Owners(run_as or getpass.getuser(), sudo) if owned else None
    zone = timezone or local_zone()
    findings = []
    for name, text in _tables(file):
        for found in read_crontab(text, zone, in_home=in_home, owners=owners):
            findings.append(replace(found, where=f"{name} {found.where}".lstrip()))
    _take_over(findings, **how)


def _is_system(file: str) -> bool:
    """Is this where a system keeps tables with a user column?"""
    return file != "-" and (Path(file).is_dir() or Path(file).resolve().is_relative_to("/etc"))


def _tables(file: str) -> Iterator[tuple[str, str]]:
    """The name (of one in a folder) and the text of each table; cron reads no files but those with plain names."""
    folder = Path(file)
    files = [folder] if file == "-" or not folder.is_dir() else sorted(filter(_is_table, folder.iterdir()))
    for one in files:
        try:
            text = sys.stdin.read() if file == "-" else one.read_text("utf-8", errors="replace")
        except OSError as error:
            raise click.FileError(str(one), error.strerror or str(error)) from None
        yield ("" if one == folder else one.name), text


def _is_table(file: Path) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_-]+", file.name) is not None and file.is_file()


@migrate.command("jupyter-scheduler")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--jobs", is_flag=True, help="Also jobs that were run once, each different one as an ad-hoc task.")
@_options
@as_json
@of_scheduler
def jupyter_scheduler(path: Path | None, jobs: bool, **how: Any) -> None:
    """Take over the job definitions of jupyter-scheduler from its SQLite file, by default that of this user.

    Disable them there, or uninstall it: two schedulers run everything twice.
    """
    from ..migration.official import read_official

    try:
        findings = read_official(path or official_database(), _notebooks_named, jobs=jobs)
    except errors.Invalid as error:
        raise Invalid(error.message, field="") from None
    _take_over(findings, **how)


def official_database() -> Path:
    """Where jupyter-scheduler keeps its database unless configured otherwise."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "scheduler.sqlite"


def _notebooks_named(name: str) -> list[str]:
    """Where the served folder has a notebook of this name, nearest the root first."""
    call = Call("GET", "api/notebooks", {"q": name, "limit": LISTED})
    found = session().client.connection.fetch_json(call)["notebooks"]
    return [one["path"] for one in found if one["name"] == name]


def _take_over(findings: Sequence[Finding], *, dry_run: bool, disabled: bool, on_conflict: str) -> None:
    tasks = [
        dict(found.task) | ({"enabled": False} if disabled else {}) for found in findings if found.task is not None
    ]
    report = take_in(tasks, dry_run=dry_run, on_conflict=on_conflict)
    items = iter(report["items"])
    lines = [_line(found, next(items) if found.task is not None else None) for found in findings]
    if session().json:
        counts = {name: report[name] for name in ("dry_run", "created", "replaced", "skipped", "failed")}
        screen.show_json({**counts, "lines": lines})
    else:
        _show(lines, report)
    if any(line["result"] == "not taken" for line in lines):
        click.get_current_context().exit(Exit.FAILED)


def _line(found: Finding, item: Mapping[str, Any] | None) -> dict[str, Any]:
    notes = list(found.notes)
    if item is None:
        if found.problem:
            notes.insert(0, found.problem)
        result = "not taken" if found.problem else "note"
        return {"where": found.where, "text": found.text, "result": result, "notes": notes}
    if item.get("warning") and item["result"] != "skip":
        notes.append(item["warning"])
    if item.get("error"):
        notes.insert(0, f"{item['error'].get('field', '')}: {item['error']['message']}")
    return {
        "where": found.where,
        "text": found.text,
        "result": RESULTS[item["result"]],
        "name": item["name"],
        "uuid": item["uuid"],
        "next_run": next(iter(item.get("fires") or ()), None),
        "notes": notes,
    }


def _show(lines: Sequence[Mapping[str, Any]], report: Mapping[str, Any]) -> None:
    """One block a line: where it stands, what becomes of it, what is different."""
    styles = {"not taken": "red", "there already": "yellow", "note": "dim"}
    for line in lines:
        screen.say(f"{line['where']}: {line['text']}")
        became = line["result"]
        if line.get("name"):
            became += f" {line['name']!r}"
        if line.get("next_run"):
            became += f", next {pictures.time_text(line['next_run'])}"
        screen.say(f"    {became}", styles.get(line["result"], "green"))
        for note in line["notes"]:
            screen.say(f"    - {note}")
    missing = sum(line["result"] == "not taken" for line in lines)
    made = report["created"] + report["replaced"]
    words = f"{made} tasks, {report['skipped']} there already, {missing} not taken"
    screen.remark(f"Dry run, nothing was saved: {words}" if report["dry_run"] else words)
