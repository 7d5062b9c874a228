"""What a distribution says of itself is true: versions agree, and every import is declared."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest

import jupyter_scheduler_ext

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "jupyter_scheduler_ext"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OPTIONAL = {"apprise", "dask", "fastmcp", "jupyter_scheduler", "keyring", "mcp", "pandas", "psycopg", "sqlalchemy"}
"""Used if they are there: the modules that import them say what happens without."""
PEERS = {"apscheduler"}
"""What benchmarks measure beside us, installed by them into environments of their own."""
PART_OF = {"ipython": "ipykernel", "pydantic-core": "pydantic"}
"""Distributions that come with another at exactly the version that suits it."""
BY_NAME = {"ipykernel", "jinja2", "tzdata"}
"""Declared but not imported: the kernel that runs start in, what makes the page, zones where the system has none."""


def plain(requirement: str) -> str:
    """A distribution's name, normalised, without extras and versions."""
    return re.split(r"[\[<>=!~;\s]", requirement)[0].lower().replace("_", "-")


def imported_packages(folder: Path) -> set[str]:
    """Top-level names of all that a folder's modules import and that is neither in the repository nor Python's."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.split(".")[0])
    ours = {path.stem for path in (*ROOT.iterdir(), *folder.iterdir(), *folder.glob("*/*.py"))}
    return found - set(sys.stdlib_module_names) - ours


def distributions(names: set[str]) -> set[str]:
    """What brings these packages, as requirements name it."""
    providers = packages_distributions()
    found = {plain(providers[name][0]) for name in names}
    return {PART_OF.get(name, name) for name in found}


def test_the_version_is_the_same_everywhere():
    front_end = json.loads((ROOT / "js" / "package.json").read_text("utf-8"))
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text("utf-8"))
    assert {PROJECT["version"], front_end["version"], lock["version"]} == {jupyter_scheduler_ext.__version__}


def test_every_import_is_declared_and_nothing_is_declared_for_nothing():
    needed = distributions(imported_packages(PACKAGE) - OPTIONAL)
    declared = {plain(requirement) for requirement in PROJECT["dependencies"]}
    assert needed - declared == set(), "imported but not declared"
    assert declared - needed - BY_NAME == set(), "declared but never imported"


@pytest.mark.parametrize("folder", ["tests", "benchmarks", "scripts"])
def test_every_import_of_the_workshop_is_declared_too(folder):
    extras = PROJECT["optional-dependencies"]
    declared = {plain(requirement) for requirement in (*PROJECT["dependencies"], *extras["test"], *extras["dev"])}
    own = {path.stem for place in ("tests", "docs") for path in (ROOT / place).iterdir()}
    names = imported_packages(ROOT / folder) - OPTIONAL - PEERS - own
    assert distributions(names) - declared == set()


def test_the_installed_command_is_there_under_jupyters_name():
    (command,) = entry_points(group="console_scripts", name="jupyter-scheduler-ext")
    assert callable(command.load())


def test_the_front_ends_lock_names_no_registry_and_is_whole():
    """`npm ci` refuses a lock that leaves out the package of some platform."""
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, package in lock.items() if "resolved" in package]
    wanted = {name for package in lock.values() for name in package.get("optionalDependencies", {})}
    there = {name.rpartition("node_modules/")[2] for name in lock}
    assert wanted - there == set()
