"""How the documentation becomes pages: `python3 dev.py docs`."""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_scheduler_ext import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "jupyter_scheduler_ext"
author = "its contributors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "pages"]
exclude_patterns = ["_build"]
root_doc = "index"
default_role = "py:obj"
highlight_language = "none"

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["ref.python"]  # Two classes of one name (`Run`): neither is linked where only the name is given.

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

html_theme = "pydata_sphinx_theme"
html_title = "jupyter_scheduler_ext"
html_static_path = ["static"]
html_css_files = ["documentation.css"]
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "tutorial": []}
html_show_sourcelink = False
html_show_sphinx = False
copyright = "its contributors, BSD 3-Clause"
