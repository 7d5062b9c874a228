"""The widget's Python side: what it shows where nothing can run, and what it never gives away."""

from __future__ import annotations

import json
from collections.abc import Iterator

import nbformat
import pytest
from live_server import LiveServer

from jupyter_scheduler_ext.client import SchedulerClient
from jupyter_scheduler_ext.widget import SchedulerWidget

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def client(live_server: LiveServer) -> Iterator[SchedulerClient]:
    client = SchedulerClient(live_server.url, live_server.token)
    yield client
    client.bulk("delete", client.tasks())


def widget(server: LiveServer, **traits: object) -> SchedulerWidget:
    return SchedulerWidget(url=server.url, token=server.token, **traits)


def test_beside_the_widget_stands_a_table_of_words(live_server: LiveServer, client: SchedulerClient) -> None:
    client.schedule(code="1", when="30 2 * * *", name="Nightly <b>report</b>")
    data, _ = widget(live_server)._repr_mimebundle_()
    assert VIEW in data
    assert "Nightly &lt;b&gt;report&lt;/b&gt;" in data["text/html"]
    assert "Nightly <b>report</b>" in data["text/plain"]
    assert "02:30" in data["text/plain"]


def test_the_table_follows_the_filter_and_says_how_many_more_there_are(
    live_server: LiveServer, client: SchedulerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_scheduler_ext.widget.SHOWN", 1)
    for name in ("one", "two", "three"):
        client.schedule(code="1", name=name, tags=("x",) if name != "two" else ())
    text = widget(live_server, filter={"tag": "x"}).still()["text/plain"]
    assert "and 1 more" in text
    assert "two" not in text
    assert "two" in widget(live_server, filter="two").still()["text/plain"]


def test_one_task_is_named_by_its_name_or_given_itself(live_server: LiveServer, client: SchedulerClient) -> None:
    task = client.schedule(code="1", name="Only this")
    assert widget(live_server, task="Only this").task == task.id
    assert widget(live_server, task=task).task == task.id
    assert "Only this" in widget(live_server, task=task).still()["text/html"]


def test_without_a_server_it_says_so_instead_of_failing(live_server: LiveServer) -> None:
    still = SchedulerWidget(url="http://127.0.0.1:9/", token="t", task="some").still()
    assert "does not answer" in still["text/plain"]


def test_the_token_is_in_nothing_that_a_notebook_keeps(live_server: LiveServer) -> None:
    shown = widget(live_server, height=300)
    kept = {name: value for name, value in shown.get_state().items() if name not in ("_esm", "_css")}
    assert live_server.token not in json.dumps(kept, default=str)
    assert (kept["height"], kept["transport"]) == (300, "comm")
    assert live_server.token not in json.dumps(shown._repr_mimebundle_())


def test_nbconvert_shows_the_table(live_server: LiveServer, client: SchedulerClient) -> None:
    from nbconvert import HTMLExporter, MarkdownExporter

    client.schedule(code="1", when="@daily", name="Seen on paper")
    (words, _), (view, _) = widget(live_server).outputs()
    assert VIEW not in words, "nbconvert would take it and drop the words"
    assert view["text/plain"] == "", "the words are not said twice"
    outputs = [nbformat.v4.new_output("display_data", data) for data in (words, view)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("SchedulerWidget()", outputs=outputs)])
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert "<b>Seen on paper</b>" in html
    markdown, _ = MarkdownExporter().from_notebook_node(notebook)
    assert "Seen on paper" in markdown
