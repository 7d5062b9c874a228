"""What the site has beyond the pages of `docs/`: notebooks and the project's own texts, and where everything stands.

The pages read well where they are not built as well, so tables of contents are added here and links mended here.
"""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

import from_code
from from_code.markdown import RULES

DOCS = Path(__file__).parent
ROOT = DOCS.parent
GALLERY, PROJECT = DOCS / "gallery", DOCS / "project"
"""Folders that a build makes anew."""
TEXTS = {"CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog", "SECURITY.md": "security"}

CONTENTS = {
    "index": ["tutorial", "how-to/index", "reference/index", "explanation", "notebooks", "project/contributing"],
    "how-to/index": [
        "notebook-every-morning",
        "dates-and-calls",
        "files-and-secrets",
        "when-it-fails",
        "from-python",
        "several-people",
        "back-up-and-move",
        "/jupyterlab",
        "/serve",
        "/notifications",
        "/metrics",
        "/agents",
        "/executors",
        "/shared-schedule",
        "/migration",
        "/plug-points",
    ],
    "reference/index": [
        "definitions",
        "configuration",
        "/command-line",
        "commands",
        "magics",
        "python",
        "http",
        "shapes",
        "telemetry",
        "agent-tools",
        "plug-points",
        "/views",
    ],
    "explanation": ["reliability", "architecture", "security", "performance", "scaling", "decisions/README"],
    "decisions/README": [":glob:", "", "[0-9]*"],
    "project/contributing": ["changelog", "security"],
}
"""Page -> what stands below it."""

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)]*)?\)")
PICTURE = re.compile(
    r'<picture>\s*<source[^>]*srcset="(?P<dark>[^"]+)">\s*'
    r'<img alt="(?P<alt>[^"]*)" src="(?P<light>[^"]+)">\s*</picture>'
)


def setup(app: Any) -> None:
    """Sphinx calls this."""
    bring_in()
    app.connect("source-read", _read)
    app.connect("autodoc-skip-member", _only_classes)
    app.connect("autodoc-process-docstring", _link_rules)
    app.connect("autodoc-process-signature", _without_nothing)


def _read(app: Any, page: str, source: list[str]) -> None:
    source[0] = adapt(page, from_code.fill(source[0]))


def _only_classes(app: Any, what: str, name: str, thing: object, skip: bool, options: object) -> bool | None:
    """Of a module that is shown as a whole, its classes: functions and constants are for those inside."""
    return True if what == "module" and not isinstance(thing, type) else None


def _link_rules(app: Any, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    lines[:] = [RULES.sub(r":doc:`Reliability, section \1 </reliability>`", line) for line in lines]


def _without_nothing(
    app: Any, what: str, name: str, thing: object, options: object, arguments: str | None, gives: str | None
) -> tuple[str, str | None] | None:
    """A class that is made by another's constructor says nothing by ``*args, **kwargs``."""
    return ("", gives) if what == "class" and (arguments or "").startswith("(*args") else None


def adapt(page: str, text: str) -> str:
    """A page as Sphinx is to read it."""
    folder = PurePosixPath("docs", page).parent.as_posix()
    text = PICTURE.sub(r"![\g<alt>](\g<light>){.only-light}\n![\g<alt>](\g<dark>){.only-dark}", text)
    text = LINK.sub(lambda link: _mended(link, folder), text)
    below = CONTENTS.get(page, [])
    if page == "notebooks":
        text = text.replace("<!-- gallery -->", gallery())
        below = [f"gallery/{_name(notebook)}" for notebook in notebooks()]
    if below:
        text += "\n```{toctree}\n:hidden:\n" + "\n".join(below) + "\n```\n"
    return text


def _mended(link: re.Match[str], folder: str) -> str:
    """A link to a page of the site where there is one; of other files of the repository the name alone is left."""
    target = normpath(f"{folder}/{link['path']}")
    if (to := _on_site(target)) is not None:
        return f"[{link['text']}]({relpath(to, folder)}{link['anchor'] or ''})"
    if target.startswith("docs/"):
        return link[0]
    return link["text"] if "`" in link["text"] else f"{link['text']} (`{target}`)"


def _on_site(target: str) -> str | None:
    """Where a file of the repository stands in the site, if a build brings it there."""
    if target in TEXTS:
        return f"docs/project/{TEXTS[target]}.md"
    if target == "README.md":
        return "docs/index.md"
    if target.startswith("notebooks/") and target.endswith(".ipynb"):
        return f"docs/gallery/{_name(ROOT / target)}.md"
    return None


def bring_in() -> None:
    """Make the pages that come from elsewhere in the repository."""
    for folder in (GALLERY, PROJECT):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for notebook in notebooks():
        (GALLERY / f"{_name(notebook)}.md").write_text(as_page(notebook), "utf-8")
    for file, name in TEXTS.items():
        text = (ROOT / file).read_text("utf-8")
        # As written for the repository's root, so that `adapt` finds the way from there.
        text = LINK.sub(lambda link: link[0].replace(f"({link['path']}", f"(../../{link['path']}"), text)
        (PROJECT / f"{name}.md").write_text(text, "utf-8")


# Notebooks


@cache
def notebooks() -> list[Path]:
    """Those of the gallery, the quickstart first; looked for once a build."""
    found = (path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    return sorted(found, key=lambda path: (path.stem != "quickstart", len(path.parts), path.stem))


def gallery() -> str:
    """A list of the notebooks, each with its first words."""
    rows = []
    for path in notebooks():
        title, words = _head(path)
        rows.append(f"- [{title}](gallery/{_name(path)}.md), `{path.relative_to(ROOT).as_posix()}`  \n  {words}")
    return "\n".join(rows)


def as_page(path: Path) -> str:
    """A notebook as Markdown: its texts, its code, and the texts among the outputs that it keeps."""
    notebook = json.loads(path.read_text("utf-8"))
    language = notebook["metadata"].get("kernelspec", {}).get("language", "python")
    cells = (_cell(cell, language) for cell in notebook["cells"])
    return "\n\n".join([*filter(None, cells), "---", _source(path)]) + "\n"


def _source(path: Path) -> str:
    return f"This is `{path.relative_to(ROOT).as_posix()}`, which the tests run from top to bottom."


def _cell(cell: dict[str, object], language: str) -> str:
    source = _text(cell["source"])
    if cell["cell_type"] != "code":
        return source
    parts = [f"```{language}\n{source}\n```"] if source.strip() else []
    for output in cell.get("outputs") or []:  # type: ignore[attr-defined]
        shown = _text(output.get("text") or output.get("data", {}).get("text/plain", ""))
        if shown.strip():
            parts.append(f"```text\n{shown.rstrip()}\n```")
    return "\n\n".join(parts)


def _head(path: Path) -> tuple[str, str]:
    """A notebook's title and the paragraph below it."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    first = _text(cells[0]["source"])
    title, _, rest = first.lstrip("# ").partition("\n")
    paragraph = rest.strip().partition("\n\n")[0]
    return title, " ".join(paragraph.split())


def _text(source: object) -> str:
    return "".join(source) if isinstance(source, list) else str(source)


def _name(path: Path) -> str:
    return path.stem
