"""The house as docs/architecture.md draws it: arrows point one way, one concern a module, one clock."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "jupyter_scheduler_ext"
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
WEB = ("anywidget", "ipykernel", "jupyter_client", "jupyter_core", "jupyter_server", "nbclient", "nbformat", "tornado")
LONGEST = 400
"""Lines of a module."""
CLOCKS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}


def section(title: str) -> list[list[str]]:
    """The cells of the table below a heading of the page, a list a row."""
    text = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


def quoted(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


MAY_IMPORT = {quoted(part).pop(): quoted(below) for part, below, _ in section("The parts")}
"""Part of the package -> the parts that it may import when it runs. Whatever is missing is an arrow upwards."""


def part_of(path: Path) -> str:
    """The part of the package a module belongs to: its folder, or its own name at the top."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names of all that a module imports when it runs; what only a type checker sees is left out."""
    tree = ast.parse(path.read_text("utf-8"))
    unseen = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for statement in branch.body
        for node in ast.walk(statement)
    }
    package = ["jupyter_scheduler_ext", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def parts_imported(path: Path) -> set[str]:
    own = "jupyter_scheduler_ext."
    names = {name.removeprefix(own).split(".")[0] for name in imports(path) if name.startswith(own)}
    return {name for name in names if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_what_stands_below_it(path):
    part = part_of(path)
    if part == "__init__":
        return
    assert part in MAY_IMPORT, f"{part} has no place in the house yet: give it one in docs/architecture.md"
    upwards = parts_imported(path) - MAY_IMPORT[part] - {part}
    assert not upwards, f"{name_of(path)} imports {', '.join(sorted(upwards))}, which does not stand below it"


@pytest.mark.parametrize("path", sorted((PACKAGE / "engine").glob("*.py")), ids=name_of)
def test_the_engine_knows_no_web_and_no_jupyter(path):
    found = {name.split(".")[0] for name in imports(path)}.intersection(WEB)
    assert not found, f"{name_of(path)} imports {', '.join(sorted(found))}"


def test_there_are_no_circles_between_parts():
    seen: set[str] = set()

    def below(part: str, way: tuple[str, ...]) -> None:
        assert part not in way, f"a circle: {' -> '.join([*way, part])}"
        if part not in seen:
            for other in MAY_IMPORT[part]:
                below(other, (*way, part))
            seen.add(part)

    for part in MAY_IMPORT:
        below(part, ())


@pytest.mark.parametrize("path", [path for path in MODULES if name_of(path) != "engine/clock.py"], ids=name_of)
def test_only_the_clock_reads_the_wall_clock(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value).rsplit(".", 1)[-1]
            assert (owner, node.attr) not in CLOCKS, f"line {node.lineno} reads the clock: ask engine/clock.py"


def test_modules_stay_short_enough_to_read_in_one_sitting():
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    too_long = {name: length for name, length in lengths.items() if length > LONGEST}
    assert not too_long, f"split these by concern: {too_long}"


def test_every_module_opens_with_what_it_is_for():
    silent = [name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert not silent


def test_the_page_names_every_part_and_every_module_of_the_engine():
    parts = {part_of(path) for path in MODULES} - {"__init__"}
    assert set(MAY_IMPORT) == parts
    there = {path.stem for path in (PACKAGE / "engine").glob("*.py")} - {"__init__"}
    named = [name for _, modules, _ in section("The engine, by concern") for name in quoted(modules)]
    assert there - set(named) == set(), "modules of the engine without a place on the page"
    assert set(named) - there == set(), "places on the page without a module"
    assert len(named) == len(set(named)), "a module with two places"
