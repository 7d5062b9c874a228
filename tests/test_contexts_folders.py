"""Context folders and attachments, through the contents manager of a real server."""

from __future__ import annotations

import json
import shutil

import pytest
from performing import CLOCK, executor_of, launch_of, perform

from jupyter_scheduler_ext.contexts.attachments import Attachments, TooLarge, safe_name
from jupyter_scheduler_ext.contexts.folders import FolderContexts
from jupyter_scheduler_ext.engine.errors import Invalid, NotFound
from jupyter_scheduler_ext.engine.runs import RunState


@pytest.fixture
def contexts(jp_serverapp):
    return FolderContexts(jp_serverapp.contents_manager, CLOCK)


@pytest.fixture
def attachments(jp_serverapp, contexts):
    return Attachments(jp_serverapp.contents_manager, contexts, limit=5_000_000)


async def parts(*data: bytes):
    for part in data:
        yield part


async def test_a_context_is_made_once_and_again_if_somebody_deleted_it(contexts, root):
    assert await contexts.ensure("ctx", "Nightly") == "tmp/chats/ctx"
    described = json.loads((root / "tmp/chats/ctx/context.json").read_text())
    assert described["task"] == "Nightly"
    shutil.rmtree(root / "tmp")
    await contexts.ensure("ctx", "Nightly")
    assert (root / "tmp/chats/ctx/runs").is_dir()


async def test_contexts_are_listed_and_found_again(contexts, root):
    assert await contexts.list() == []
    await contexts.ensure("one", "First")
    await contexts.ensure("two", "Second")
    (root / "tmp/chats/two/context.json").write_text("{broken")
    (root / "tmp/chats/not an id").mkdir()
    assert {context["id"] for context in await contexts.list()} == {"one", "two"}
    assert (await contexts.get("one"))["task"] == "First"
    assert "task" not in await contexts.get("two")
    with pytest.raises(NotFound):
        await contexts.get("three")


@pytest.mark.parametrize("identifier", ["..", "a/b", "", ".hidden", "a" * 65, "a\n"])
async def test_what_is_no_identifier_never_becomes_a_path(contexts, root, identifier):
    with pytest.raises(Invalid):
        await contexts.ensure(identifier, "x")
    with pytest.raises(Invalid):
        await contexts.remove(identifier)
    assert list(root.iterdir()) == []


async def test_removing_a_context_removes_all_that_is_in_it(contexts, root):
    await contexts.ensure("ctx", "x")
    (root / "tmp/chats/ctx/runs/a.ipynb").write_text("{}")
    await contexts.remove("ctx")
    await contexts.remove("ctx")
    assert not (root / "tmp/chats/ctx").exists()


async def test_clearing_a_context_leaves_its_attachments(contexts, root):
    await contexts.ensure("ctx", "x")
    for path in ("runs/a.ipynb", "transcript.ipynb", "attachments/rates.csv"):
        (root / "tmp/chats/ctx" / path).parent.mkdir(exist_ok=True)
        (root / "tmp/chats/ctx" / path).write_text("{}")
    await contexts.clear("ctx")
    left = {path.name for path in (root / "tmp/chats/ctx").rglob("*") if path.is_file()}
    assert left == {"context.json", "rates.csv"}


async def test_retention_removes_outputs_of_runs_and_nothing_else(contexts, root):
    await contexts.ensure("ctx", "x")
    (root / "mine.ipynb").write_text("mine")
    (root / "tmp/chats/ctx/runs/a.ipynb").write_text("{}")
    (root / "tmp/chats/ctx/transcript.ipynb").write_text("{}")
    for path in (
        "tmp/chats/ctx/runs/a.ipynb",
        "tmp/chats/ctx/runs/gone.ipynb",
        "tmp/chats/ctx/transcript.ipynb",
        "tmp/chats/ctx/runs/../../../../mine.ipynb",
        "mine.ipynb",
    ):
        await contexts.remove_output(path)
    assert not (root / "tmp/chats/ctx/runs/a.ipynb").exists()
    assert (root / "tmp/chats/ctx/transcript.ipynb").exists()
    assert (root / "mine.ipynb").read_text() == "mine"


async def test_outputs_beyond_the_limit_of_a_context_go_oldest_first(contexts, root):
    await contexts.ensure("ctx", "x")
    for day in range(1, 5):
        (root / f"tmp/chats/ctx/runs/2026010{day}.ipynb").write_text("x" * 100)
    await contexts.shrink("ctx", 250)
    left = sorted(path.name for path in (root / "tmp/chats/ctx/runs").glob("*.ipynb"))
    assert left == ["20260103.ipynb", "20260104.ipynb"]
    await contexts.shrink("ctx", 1)
    assert [path.name for path in (root / "tmp/chats/ctx/runs").glob("*.ipynb")] == ["20260104.ipynb"]


async def test_an_upload_in_many_parts_arrives_byte_for_byte(attachments, root):
    data = bytes(range(256)) * 14_000
    shown = await attachments.add("ctx", "x", "data.bin", parts(data[:7], data[7:2_000_000], data[2_000_000:]))
    assert shown["size"] == len(data)
    assert (root / "tmp/chats/ctx/attachments/data.bin").read_bytes() == data
    await attachments.add("ctx", "x", "data.bin", parts(b"new"))
    assert (root / "tmp/chats/ctx/attachments/data.bin").read_bytes() == b"new"
    assert [entry["name"] for entry in await attachments.all("ctx")] == ["data.bin"]
    await attachments.remove("ctx", "data.bin")
    assert await attachments.all("ctx") == []
    with pytest.raises(NotFound):
        await attachments.remove("ctx", "data.bin")


async def test_an_upload_that_is_too_large_leaves_nothing(attachments, root):
    with pytest.raises(TooLarge):
        await attachments.add("ctx", "x", "big.bin", parts(*[b"x" * 1_000_000] * 6))
    assert not (root / "tmp/chats/ctx/attachments/big.bin").exists()


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/passwd", "a\\b", ".hidden", "", "..", "nul.txt", "a\0b", "x" * 256, "a\u202eb", "a."]
)
async def test_names_that_are_no_plain_file_names_are_refused(attachments, root, name):
    with pytest.raises(Invalid):
        await attachments.add("ctx", "x", name, parts(b"x"))
    assert list(root.iterdir()) == []


def test_names_in_any_script_are_kept():
    assert safe_name("Kurse für März.csv") == "Kurse für März.csv"
    assert safe_name("日報.xlsx") == "日報.xlsx"


async def test_a_file_of_the_served_root_is_copied_in_and_itself_untouched(attachments, root):
    (root / "data").mkdir()
    (root / "data/rates.csv").write_text("1,2")
    await attachments.copy_in("ctx", "x", "data/rates.csv")
    assert (root / "tmp/chats/ctx/attachments/rates.csv").read_text() == "1,2"
    await attachments.remove("ctx", "rates.csv")
    assert (root / "data/rates.csv").read_text() == "1,2"
    for path, error in (("data", Invalid), ("gone.csv", NotFound)):
        with pytest.raises(error):
            await attachments.copy_in("ctx", "x", path)


@pytest.mark.kernel
async def test_attachments_reach_the_run_as_parameter_and_environment(jp_serverapp, root):
    executor = executor_of(jp_serverapp)
    await executor.attachments.add("ctx", "x", "rates.csv", parts(b"1,2"))
    (root / "plain.txt").write_text("text")
    told = "os.environ['SCHEDULER_ATTACHMENTS'].split(os.pathsep)"
    source = f"import os\n(attachments == {told}, [open(f).read() for f in attachments])"
    launch = launch_of({"kind": "code", "source": source}, context="ctx", attachments=("rates.csv", "plain.txt"))
    outcome, _ = await perform(executor, launch)
    assert outcome.state is RunState.SUCCEEDED, outcome
    assert outcome.result == "(True, ['1,2', 'text'])"
    gone = launch_of({"kind": "code", "source": "1"}, context="ctx", attachments=("gone.csv",))
    with pytest.raises(NotFound, match=r"gone\.csv"):
        await perform(executor, gone)
    await executor.close()
