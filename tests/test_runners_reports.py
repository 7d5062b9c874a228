"""An output notebook as an HTML report."""

from __future__ import annotations

import pytest
from performing import write_notebook

from jupyter_scheduler_ext.engine.errors import NotFound
from jupyter_scheduler_ext.runners.reports import as_html


@pytest.fixture
def report(root):
    shown = {"output_type": "stream", "name": "stdout", "text": ["42 orders\n", "\x1b[31mred\x1b[0m"]}
    return write_notebook(root, "out/report.ipynb", {"source": ["count_orders()\n", "done()"], "outputs": [shown]})


@pytest.mark.parametrize("hide_input", [False, True])
async def test_a_report_shows_outputs_and_code_only_if_wanted(jp_serverapp, report, hide_input):
    page = await as_html(jp_serverapp.contents_manager, report, hide_input=hide_input)
    assert "<title>report</title>" in page
    assert "42 orders" in page
    assert "\x1b" not in page
    assert ("count_orders" in page) is not hide_input


async def test_a_report_of_what_is_gone_says_so(jp_serverapp):
    with pytest.raises(NotFound):
        await as_html(jp_serverapp.contents_manager, "gone.ipynb")
