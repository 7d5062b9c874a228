"""api/notebooks."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def notebooks(jp_root_dir):
    def write(path, source="x = 1", tags=("parameters",)):
        file = jp_root_dir / path
        file.parent.mkdir(parents=True, exist_ok=True)
        cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source, "outputs": [], "id": "a"}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        file.write_text(json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))

    return write


async def test_notebooks_are_found_nearest_first(call, notebooks):
    notebooks("deep/er/c.ipynb")
    notebooks("b.ipynb")
    notebooks("a.ipynb")
    body = (await call("GET", "notebooks")).body
    assert [one["path"] for one in body["notebooks"]] == ["a.ipynb", "b.ipynb", "deep/er/c.ipynb"]
    assert body["complete"] is True


async def test_all_words_must_be_in_the_path(call, notebooks):
    notebooks("reports/Nightly.ipynb")
    notebooks("reports/weekly.ipynb")
    found = (await call("GET", "notebooks?q=nightly%20rep")).body["notebooks"]
    assert [one["name"] for one in found] == ["Nightly.ipynb"]


async def test_what_runs_left_and_what_is_hidden_are_not_offered(call, notebooks):
    notebooks("tmp/chats/x/runs/out.ipynb")
    notebooks(".hidden/a.ipynb")
    assert (await call("GET", "notebooks")).body["notebooks"] == []


async def test_a_long_list_says_that_there_is_more(call, notebooks):
    for number in range(3):
        notebooks(f"{number}.ipynb")
    body = (await call("GET", "notebooks?limit=2")).body
    assert (len(body["notebooks"]), body["complete"]) == (2, False)


async def test_the_parameters_of_a_notebook_are_read(call, notebooks):
    notebooks("a.ipynb", 'region: str = "eu"  # where\ncount = 3\nrate = 0.5\nflags = ["a"]\nlater = None\n')
    body = (await call("GET", "notebooks/parameters?path=a.ipynb")).body
    assert body["kernel_name"] == "python3"
    found = {one["name"]: one for one in body["parameters"]}
    assert {name: one["default"] for name, one in found.items()} == {
        "region": "eu",
        "count": 3,
        "rate": 0.5,
        "flags": ["a"],
        "later": None,
    }
    assert found["region"]["help"] == "where"
    assert found["region"]["type"] == "str"


async def test_a_notebook_without_parameters_has_none(call, notebooks):
    notebooks("a.ipynb", tags=())
    assert (await call("GET", "notebooks/parameters?path=a.ipynb")).body["parameters"] == []


async def test_a_path_that_is_no_notebook_is_named(call, jp_root_dir):
    for path, status in [
        ("none.ipynb", 404),
        ("../x.ipynb", 400),
        ("/etc/passwd", 400),
        ("broken.ipynb", 400),
        ("list.ipynb", 400),
        ("", 400),
    ]:
        (jp_root_dir / "broken.ipynb").write_text("{")
        (jp_root_dir / "list.ipynb").write_text("[]")
        reply = await call("GET", f"notebooks/parameters?path={path}")
        assert (reply.status, reply.error["field"]) == (status, "path")


async def test_who_may_not_read_files_sees_none(call, notebooks, authorizer):
    notebooks("a.ipynb")
    authorizer.allowed = {("read", "scheduler_ext")}
    assert (await call("GET", "notebooks")).status == 403
    assert (await call("GET", "notebooks/parameters?path=a.ipynb")).status == 403
