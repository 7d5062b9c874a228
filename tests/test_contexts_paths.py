"""No path that a task names leads out of the served folder."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from performing import Remembered, launch_of, write_notebook

from jupyter_scheduler_ext.contexts.paths import served_path
from jupyter_scheduler_ext.engine.errors import Invalid, SchedulerError


@pytest.fixture
def contents(tmp_path):
    (tmp_path / "served/sub").mkdir(parents=True)
    (tmp_path / "served-not").mkdir()
    return SimpleNamespace(root_dir=str(tmp_path / "served"))


@pytest.mark.parametrize(
    "path",
    [
        "../served-not/x",
        "sub/../../x",
        "/etc/passwd",
        "\\windows",
        "..\\x",
        ".ssh/id",
        "sub/.hidden/x",
        "x\0y",
        ".",
        "link/x",
        "sibling",
    ],
)
def test_escapes_are_refused(contents, tmp_path, path):
    (tmp_path / "served/link").symlink_to(tmp_path)
    (tmp_path / "served/sibling").symlink_to(tmp_path / "served-not")
    with pytest.raises(Invalid) as caught:
        served_path(contents, path, field="action.path")
    assert caught.value.field == "action.path"


@pytest.mark.parametrize(
    ("path", "clean"), [("", ""), ("sub/", "sub"), ("sub//a b.ipynb", "sub/a b.ipynb"), ("in/x", "in/x")]
)
def test_paths_inside_are_kept_and_links_that_stay_inside_too(contents, tmp_path, path, clean):
    (tmp_path / "served/in").symlink_to(tmp_path / "served/sub")
    assert served_path(contents, path, field="x") == clean


def test_contents_that_are_not_on_this_disk_are_not_looked_for_here():
    assert served_path(SimpleNamespace(), "a/b", field="x") == "a/b"


@pytest.mark.parametrize(
    "action",
    [
        {"kind": "notebook", "path": "link/out.ipynb"},
        {"kind": "command", "argv": ["true"], "cwd": "link"},
    ],
)
async def test_no_action_runs_through_a_link_that_leads_out(executor, root, tmp_path, action):
    write_notebook(tmp_path, "outside/out.ipynb", "1")
    (root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(SchedulerError, match="leads out"):
        await executor.start(launch_of(action), Remembered())
    attached = launch_of({"kind": "code", "source": "1"}, attachments=("link/out.ipynb",))
    with pytest.raises(SchedulerError, match="leads out"):
        await executor.start(attached, Remembered())
