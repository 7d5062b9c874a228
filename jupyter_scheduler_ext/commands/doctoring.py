"""``doctor``: find what is wrong with an installation, and say how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click

from . import diagnosis, screen, surroundings
from .diagnosis import Diagnosis
from .exits import Exit
from .places import config_problems, configured_port, database_url, storage_folder
from .session import as_json, session

MARKS = {"ok": "✓", "note": "»", "warning": "▲", "error": "✗"}
STYLES = {"ok": "green", "note": "dim", "warning": "yellow", "error": "red"}


@click.command()
@click.option("--storage", type=click.Path(path_type=Path, readable=False), help="Look at this storage folder.")
@click.option("--strict", is_flag=True, help="End with 1 on warnings as well.")
@as_json
def doctor(storage: Path | None, strict: bool) -> None:
    """Find what is wrong with this installation, and how to mend it; changes nothing. Ends with 1 if something is."""
    found = list(examine(storage or storage_folder() or surroundings.storage_of_servers()))
    levels = {one.level for one in found}
    wrong = "error" in levels or (strict and "warning" in levels)
    if session().json:
        screen.show_json({"healthy": not wrong, "findings": [one.to_json() for one in found]})
    else:
        _show(found)
    click.get_current_context().exit(Exit.FAILED if wrong else Exit.OK)


def examine(folder: Path | None) -> Iterator[Diagnosis]:
    """All findings; a check that cannot be made is one itself."""
    checks: tuple[tuple[str, Callable[[], Iterator[Diagnosis]]], ...] = (
        ("python", surroundings.python),
        ("packages", diagnosis.python_and_packages),
        ("copies", surroundings.copies),
        ("extension", diagnosis.extension_enabled),
        ("configuration", config_problems),
        ("page", diagnosis.bundle),
        ("kernels", diagnosis.kernels),
        ("storage", lambda: diagnosis.storage(folder)),
        ("tasks", lambda: diagnosis.definitions(folder)),
        ("history", lambda: diagnosis.history(folder)),
        ("database", lambda: diagnosis.database(database_url())),
        ("locks", lambda: diagnosis.locks(folder)),
        ("time zones", diagnosis.clock),
        ("port", lambda: surroundings.port(configured_port())),
        ("servers", diagnosis.servers),
        ("served folder", surroundings.served_folders),
        ("jupyter-scheduler", diagnosis.official),
    )
    for name, check in checks:
        try:
            yield from check()
        except Exception as error:
            told = f"this could not be checked: {type(error).__name__}: {error}"
            yield Diagnosis(name, "warning", told, "report it, with this line")


def _show(found: list[Diagnosis]) -> None:
    for one in found:
        screen.say(f"{MARKS[one.level]} {one.check}: {one.message}", STYLES[one.level])
        if one.mend:
            screen.say(f"    {one.mend}")
    counts = {level: sum(one.level == level for one in found) for level in ("error", "warning")}
    words = [f"{number} {level}{'s' if number > 1 else ''}" for level, number in counts.items() if number]
    screen.remark(", ".join(words) or "All is well.")
