"""The documentation holds together: links lead somewhere, decisions are listed, the README's commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
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
def test_the_site_is_built_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    """As `dev.py docs` does: every reference, directive and docstring is read, every page written."""
    site = tmp_path / "site"
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(tmp_path / "read"), "docs", str(site)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert built.returncode == 0, built.stdout
    pages = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    assert len(pages) > 40
    loaded = {(path.name, address) for path in pages for address in Loaded.of(path.read_text("utf-8"))}
    loaded |= {(path.name, found) for path in site.rglob("*.css") for found in STYLED.findall(path.read_text("utf-8"))}
    loaded |= {(path.name, found) for path in site.rglob("*.svg") for found in STYLED.findall(path.read_text("utf-8"))}
    loaded |= {(path.name, found) for path in site.rglob("*.js") for found in IMPORTED.findall(path.read_text("utf-8"))}
    assert {one for one in loaded if ELSEWHERE.match(one[1])} == set()


ELSEWHERE = re.compile(r"(https?:)?//")
STYLED = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""")
IMPORTED = re.compile(r"""\b(?:import|from|importScripts|fetch)\s*\(?\s*["'`]([^"'`]+)""")


class Loaded(HTMLParser):
    """Everything that a browser fetches for a page: what a person has to click on is not among it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._within = ""

    @classmethod
    def of(cls, page: str) -> list[str]:
        reader = cls()
        reader.feed(page)
        return reader.addresses

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._within = tag
        given = {name: value or "" for name, value in attributes}
        self.addresses += [given[name] for name in ("src", "data", "poster") if name in given]
        self.addresses += [one.split()[0] for one in given.get("srcset", "").split(",") if one.strip()]
        self.addresses += STYLED.findall(given.get("style", ""))
        if tag == "link" and given.get("rel") not in ("canonical", "author", "copyright"):
            self.addresses.append(given.get("href", ""))

    def handle_data(self, text: str) -> None:
        if self._within == "style":
            self.addresses += STYLED.findall(text)
        if self._within == "script":
            self.addresses += IMPORTED.findall(text)


def test_what_loads_from_elsewhere_would_be_seen():
    page = (
        '<link rel="stylesheet" href="https://a.example/x.css"><img srcset="https://b.example/1 1x, //c.example/2 2x">'
        '<script type="module">import m from "https://d.example/m.mjs"</script><style>@import "//e.example"</style>'
        '<a href="https://not.example">a link</a><script src="here.js"></script>'
    )
    found = [address for address in Loaded.of(page) if ELSEWHERE.match(address)]
    assert [address.split("//")[1][:9] for address in found] == [f"{one}.example" for one in "abcde"]


def test_a_diagram_names_only_what_there_is_and_says_in_words_what_it_shows():
    architecture = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    diagrams = sorted((ROOT / "docs" / "diagrams").glob("*.svg"))
    assert diagrams
    for path in diagrams:
        svg = path.read_text("utf-8")
        assert re.search(rf"!\[[^\]]{{200,}}\]\(diagrams/{path.name}\)", architecture), f"{path.name} has no words"
        assert re.search(r"<title id=.*</title>\s*<desc id=", svg)
        assert "prefers-color-scheme: dark" in svg
        folders = set(re.findall(r"\b([a-z]+)/(?![a-z<])", " ".join(re.findall(r"<text[^>]*>([^<]*)", svg))))
        there = {one.name for one in (*ROOT.iterdir(), *(ROOT / "jupyter_scheduler_ext").iterdir()) if one.is_dir()}
        assert folders - {"chats", "ext", "logs"} <= there, "a folder of the diagram is not there"


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
