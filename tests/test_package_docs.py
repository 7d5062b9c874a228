"""The documentation holds together: links lead somewhere, decisions are listed, the README's commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import dev
from jupyter_scheduler_ext.commands.names import NAMES
from jupyter_scheduler_ext.handlers.routes import ENDPOINTS

ROOT = Path(__file__).parent.parent
DECISIONS = ROOT / "docs" / "decisions"
MADE = {"_build", "gallery", "project"}
"""Folders below `docs/` that building the site makes."""
PAGES = sorted([*ROOT.glob("*.md"), *(path for path in ROOT.glob("docs/**/*.md") if not MADE & {*path.parts})])
LINK = re.compile(r"""(?:\]\(|(?:src|srcset|href)=")([^)"\s]+)""")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose_of(page: Path) -> str:
    return FENCE.sub("", page.read_text("utf-8"))


def anchors_of(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {words.strip().replace(" ", "-") for words in plain}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_file_or_heading_leads_there(page):
    for link in LINK.findall(prose_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor and target.suffix == ".md":
            assert anchor in anchors_of(target), f"{link} names a heading that is not there"


@pytest.mark.parametrize("page", [page for page in PAGES if DECISIONS not in page.parents], ids=name_of)
def test_every_file_of_the_repository_that_a_page_names_is_there(page):
    folders = "benchmarks|docs|js|jupyter_scheduler_ext|notebooks|scripts|tests"
    named = re.findall(rf"`((?:{folders})/[\w./-]*)`", prose_of(page))
    made = {"docs/_build/html", "jupyter_scheduler_ext/labextension/", "jupyter_scheduler_ext/static/"}
    assert not [path for path in named if path not in made and not (ROOT / path).exists()]


def test_every_decision_is_in_the_index_under_its_own_title():
    index = (DECISIONS / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"^- \[(?P<title>[^\]]+)\]\((?P<file>[^)]+)\)", index, re.MULTILINE))
    there = {path.name for path in DECISIONS.glob("*.md")} - {"README.md"}
    assert set(listed.values()) == there
    for title, file in listed.items():
        heading = (DECISIONS / file).read_text("utf-8").partition("\n")[0]
        assert heading == f"# {title}", f"{file} calls itself {heading!r}"


def test_the_readme_starts_with_what_it_is_a_picture_and_exactly_two_commands():
    first_screen = (ROOT / "README.md").read_text("utf-8").partition("\n## ")[0]
    commands = re.findall(r"^python3 dev\.py (\w+)", first_screen, re.MULTILINE)
    assert commands == ["start", "test"]
    assert re.search(r"\.png", first_screen), "no picture"
    assert first_screen.startswith("# ")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_development_command_that_is_named_exists(page):
    for command in re.findall(r"python3 dev\.py (\w+)", page.read_text("utf-8")):
        assert command in dev.COMMANDS, f"dev.py has no {command}"


@pytest.mark.timeout(600)
def test_the_site_is_built_without_a_warning(tmp_path):
    """As `dev.py docs` does, all but the writing of pages: every reference, directive and docstring is read."""
    options = ["-b", "dummy", "-W", "--keep-going", "-q", "-d", str(tmp_path)]
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, "docs", str(tmp_path / "site")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert built.returncode == 0, built.stdout


@pytest.fixture
def settings(monkeypatch):
    """The classes that the reference of settings shows."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    from from_code.settings import CLASSES

    return {cls.__name__: cls for cls in CLASSES}


def test_every_class_that_can_be_configured_is_in_the_reference(settings):
    sources = (path.read_text("utf-8") for path in (ROOT / "jupyter_scheduler_ext").rglob("*.py"))
    declared = (re.findall(r"^class (\w+)\(\w*Configurable\):", source, re.MULTILINE) for source in sources)
    assert {name for names in declared for name in names} | {"SchedulerExtension"} == set(settings)


def test_every_setting_that_a_page_names_exists(settings):
    named = re.compile(rf"\bc\.({'|'.join(settings)})\.(\w+)|`({'|'.join(settings)})\.([a-z]\w*)`")
    assert not [
        f"{name_of(page)}: {cls}.{trait}"
        for page in PAGES
        for found in named.findall(page.read_text("utf-8"))
        for cls, trait in [(found[0] or found[2], found[1] or found[3])]
        if trait not in settings[cls].class_traits(config=True)
    ]


def test_every_route_that_a_page_names_exists():
    known = {(one.method, re.sub(r"{\w+}", "{}", one.path)) for one in ENDPOINTS}
    named = re.compile(r"\b(GET|POST|PATCH|DELETE) (api/[\w/{}.]+)")
    assert not [
        f"{name_of(page)}: {method} {path}"
        for page in PAGES
        for method, path in named.findall(page.read_text("utf-8"))
        if (method, re.sub(r"{\w+}", "{}", path.rstrip("."))) not in known
    ]


def test_every_command_that_a_page_names_exists():
    named = re.compile(r"jupyter scheduler-ext ([a-z][a-z-]*)")
    assert not [
        f"{name_of(page)}: {command}"
        for page in PAGES
        for command in named.findall(page.read_text("utf-8"))
        if command not in NAMES
    ]


def test_ci_runs_the_second_command_of_the_readme():
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-1] == "exec python3 dev.py test"
