"""``db``: the state of the database behind a schedule, its upgrade, and the way from one store to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from ..client import NoServer
from ..engine.abc import StoreError
from . import screen
from .exits import Exit
from .places import database_url, storage_folder
from .session import as_json, session

F = TypeVar("F", bound=Callable[..., Any])


def _of_database(command: F) -> F:
    command = click.option("--db-url", metavar="URL", help="The shared database. [as configured]")(command)
    path = click.Path(path_type=Path, file_okay=False)
    return click.option("--storage", type=path, metavar="FOLDER", help="The storage folder.")(command)


@click.group()
def db() -> None:
    """Look at the database behind a schedule, bring its tables up to date, copy a schedule to another store."""


@db.command()
@_of_database
@as_json
def status(db_url: str | None, storage: Path | None) -> None:
    """Tell the version of the tables and what is in them. Ends with 1 if this version cannot write them."""
    url = db_url or ("" if storage else database_url())
    told = _shared(url) if url else _embedded(storage)
    if session().json:
        screen.show_json(told)
    else:
        screen.facts("", [(name.replace("_", " ").capitalize(), _words(value)) for name, value in told.items()])
    click.get_current_context().exit(Exit.OK if told["state"] in ("new", "current", "older") else Exit.FAILED)


@db.command()
@_of_database
@as_json
def upgrade(db_url: str | None, storage: Path | None) -> None:
    """Bring the tables of a shared database to this version, all or nothing. Stop servers of older versions first."""
    url = db_url or database_url()
    if not url or storage:
        raise click.UsageError(
            "a storage folder is upgraded by the next server that opens it; --db-url names a shared one"
        )
    from ..stores.sql.versions import upgrade as bring

    before, after = bring(url)
    if session().json:
        screen.show_json({"database": after.database, "before": before.found, "after": after.found})
    elif before.found == after.found:
        screen.say(f"{after.database} has schema {after.found} already")
    else:
        screen.say(f"{after.database} was brought from schema {before.found} to {after.found}")


@db.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--timezone", metavar="ZONE", help="Of schedules written by hand without one. [this machine's]")
@as_json
def copy(source: str, target: str, timezone: str | None) -> None:
    """Copy tasks and history from one store to another, each a storage folder or a database's URL.

    What is there already stays, so that a copy may be repeated. Stop the servers of both first.
    """
    from ..engine.clock import local_zone
    from ..stores.sql.copying import copy as take_over

    done = take_over(_place(source), _place(target), timezone=timezone or local_zone())
    if session().json:
        screen.show_json(asdict(done))
    else:
        there = f"; {done.there} tasks were there already and stayed as they are" if done.there else ""
        screen.say(f"Copied {done.tasks} tasks and {done.runs} runs{there}")


def _place(text: str) -> Path | str:
    return text if "://" in text else Path(text)


def _shared(url: str) -> dict[str, Any]:
    from ..stores.sql.versions import status as look

    found = look(url)
    return {"database": found.database, "state": found.state, "schema": found.found, "known_schema": found.known}


def _embedded(storage: Path | None) -> dict[str, Any]:
    from ..stores.schema import MIGRATIONS
    from ..stores.untouched import UntouchedFile, UntouchedHistory

    folder = storage or storage_folder()
    if folder is None or not folder.is_dir():
        raise NoServer("there is no storage folder here; name one by --storage, or a database by --db-url")
    history = UntouchedFile(folder / "history.sqlite")
    found, known = history.version(), len(MIGRATIONS)
    problems = history.problems()
    if problems:
        raise StoreError(f"{history.path} is damaged: {problems[0]}")
    return {
        "database": str(history.path),
        "state": "new" if not found else "current" if found == known else "older" if found < known else "newer",
        "schema": found,
        "known_schema": known,
        "bytes": history.path.stat().st_size if history.path.exists() else 0,
        "rows": UntouchedHistory(history).counts(),
    }


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{number} {name}" for name, number in value.items())
    return str(value)
