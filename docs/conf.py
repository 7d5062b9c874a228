"""How the documentation becomes pages: `python3 dev.py docs`."""

from __future__ import annotations

import re
from typing import Any

from jupyter_scheduler_ext import __version__

project = "jupyter_scheduler_ext"
author = "its contributors"
release = version = __version__

extensions = ["myst_parser", "sphinxcontrib.mermaid"]
exclude_patterns = ["_build"]
root_doc = "index"
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

html_theme = "pydata_sphinx_theme"
html_title = "jupyter_scheduler_ext"
html_theme_options = {"show_prev_next": False, "navbar_align": "left", "secondary_sidebar_items": ["page-toc"]}
html_show_sourcelink = False

CONTENTS = {
    "index": "jupyterlab\ncommand-line\nserve\nshared-schedule\nscaling\nexecutors\nmigration\nnotifications\n"
    "metrics\nagents\nsecurity\nplug-points\narchitecture\nreliability\nperformance\nviews\ndecisions/README",
    "decisions/README": ":glob:\n\n[0-9]*",
}
"""Tables of contents, added here so that the pages read well where they are not built as well."""


def adapt(app: Any, page: str, source: list[str]) -> None:
    """Name files that lie outside of the documentation instead of linking them, and add the tables of contents."""
    up = "../" * (page.count("/") + 1)
    source[0] = re.sub(rf"\[[^\]]+\]\({re.escape(up)}(\w[^)]*)\)", r"`\1`", source[0])
    if page in CONTENTS:
        source[0] += f"\n```{{toctree}}\n:hidden:\n{CONTENTS[page]}\n```\n"


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("source-read", adapt)
