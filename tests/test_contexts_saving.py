"""Files are written as they grow: soon, not too often, and whole."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref

import nbformat
import pytest
from performing import until

from jupyter_scheduler_ext.contexts import transcript as transcript_module
from jupyter_scheduler_ext.contexts.at_rest import at_rest
from jupyter_scheduler_ext.contexts.documents import Document
from jupyter_scheduler_ext.contexts.saving import SavedAsItGrows
from jupyter_scheduler_ext.contexts.transcript import LONGEST, Transcript


def cell(number, *outputs):
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "metadata": {},
        "source": f"x = {number}",
        "execution_count": None,
        "outputs": list(outputs),
    }


def notebook(*cells):
    return {"cells": list(cells), "metadata": {"title": "Ü"}, "nbformat": 4, "nbformat_minor": 5}


class Disk:
    """A contents manager that remembers each save."""

    def __init__(self):
        self.saves = []

    async def save(self, model, path):
        self.saves.append(model["content"])
        return {"last_modified": len(self.saves)}

    async def get(self, path, content):
        return {"last_modified": len(self.saves)}


async def test_many_changes_are_few_saves_and_the_last_is_never_lost(jp_asyncio_loop):
    states: list[int] = []
    value = 0

    async def save():
        states.append(value)

    saved = SavedAsItGrows(save, lambda error: None, interval=0.1)
    while value < 199:
        value += 1
        saved.touch()
        await asyncio.sleep(0.002)
    await saved.close()
    assert states[-1] == 199
    assert 3 <= len(states) <= 10


async def test_the_first_change_is_saved_at_once(jp_asyncio_loop):
    done = asyncio.Event()

    async def save():
        done.set()

    saved = SavedAsItGrows(save, lambda error: None, interval=60)
    saved.touch()
    await asyncio.wait_for(done.wait(), 50)
    await asyncio.wait_for(saved.close(), 50)


async def test_it_can_be_closed_and_go_on(jp_asyncio_loop):
    count = 0

    async def save():
        nonlocal count
        count += 1

    saved = SavedAsItGrows(save, lambda error: None, interval=0.01)
    for _ in range(3):
        saved.touch()
        await saved.close()
    assert count == 3


async def test_of_several_writers_no_two_save_at_once_and_each_close_leaves_its_own_saved(jp_asyncio_loop):
    value, states, saving, together = 0, [], 0, 0

    async def save():
        nonlocal saving, together
        saving += 1
        together = max(together, saving)
        now = value
        await asyncio.sleep(0.02 if now % 2 else 0.001)  # an older state must not come after a newer one
        states.append(now)
        saving -= 1

    saved = SavedAsItGrows(save, lambda error: None, interval=60)

    async def writer(number):
        nonlocal value
        for _ in range(3):
            await asyncio.sleep(0.003 * number)
            value += 1
            saved.touch()
        mine = value
        await saved.close()
        assert states[-1] >= mine

    await asyncio.wait_for(asyncio.gather(*(writer(number) for number in range(4))), 50)
    assert together == 1
    assert states == sorted(states)
    assert states[-1] == value


async def test_each_save_is_a_whole_valid_notebook_laid_out_as_nbformat_does(jp_asyncio_loop):
    disk = Disk()
    cells = [cell(1, {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]}), cell(2)]
    document = Document(disk, "a.ipynb", notebook(*cells))
    document.touch(cells[0])
    await document.close()
    written = nbformat.reads(disk.saves[-1], as_version=4)
    nbformat.validate(written)
    assert written.cells[0].outputs[0].text == "a\nb"
    assert disk.saves[-1].startswith('{\n "cells": [\n  {\n   "cell_type": "code"')
    assert json.loads(disk.saves[-1])["metadata"] == {"title": "Ü"}


async def test_only_what_was_touched_is_written_anew(jp_asyncio_loop):
    disk = Disk()
    cells = [cell(1), cell(2)]
    document = Document(disk, "a.ipynb", notebook(*cells))
    document.touch(cells[0])
    await document.close()
    cells[0]["source"], cells[1]["source"] = "touched", "not touched"
    document.touch(cells[0])
    await document.close()
    assert [one["source"] for one in json.loads(disk.saves[-1])["cells"]] == ["touched", "x = 2"]


async def test_a_lone_surrogate_does_not_spoil_the_file(jp_asyncio_loop):
    disk = Disk()
    odd = cell(1, {"output_type": "stream", "name": "stdout", "text": ["\ud800"]})
    document = Document(disk, "a.ipynb", notebook(odd))
    document.touch(odd)
    await document.close()
    disk.saves[-1].encode("utf-8")


async def test_an_empty_notebook_is_written_too(jp_asyncio_loop):
    disk = Disk()
    document = Document(disk, "a.ipynb", notebook())
    document.touch(cell(1))
    await document.close()
    assert json.loads(disk.saves[-1])["cells"] == []


async def test_a_transcript_sheds_its_oldest_cells(jp_asyncio_loop):
    disk = Disk()
    document = Transcript(disk, "t.ipynb", at_rest(json.dumps(notebook())), None)
    for number in range(LONGEST + 5):
        document.append([cell(number)])
    document.touch(document.cells[-1])
    await document.close()
    ids = [one["id"] for one in json.loads(disk.saves[-1])["cells"]]
    assert len(ids) == LONGEST
    assert ids[-1] == f"cell-{LONGEST + 4}"


async def test_a_transcript_that_grows_too_large_sheds_old_cells_but_none_of_the_run_that_writes(
    jp_asyncio_loop, monkeypatch
):
    monkeypatch.setattr(transcript_module, "LARGEST", 5000)
    disk = Disk()
    old = [cell(number, {"output_type": "stream", "name": "stdout", "text": ["x" * 1000]}) for number in range(6)]
    document = Transcript(disk, "t.ipynb", at_rest(json.dumps(notebook(*old))), None)
    large = cell(9, {"output_type": "stream", "name": "stdout", "text": ["y" * 3000]})
    document.writers += 1
    document.append([large])
    document.touch(large)
    await document.close()
    assert [one["id"] for one in json.loads(disk.saves[-1])["cells"]] == ["cell-5", "cell-9"]
    nbformat.validate(nbformat.reads(disk.saves[-1], as_version=4))
    huge = cell(10, {"output_type": "stream", "name": "stdout", "text": ["z" * 9000]})
    document.writers += 1
    document.append([huge])
    document.touch(huge)
    await document.close()
    assert [one["id"] for one in json.loads(disk.saves[-1])["cells"]] == ["cell-10"]


@pytest.mark.parametrize("layout", ["ours", "another", "ours, edited by hand"])
def test_what_is_added_to_leaves_the_old_cells_as_they_are_in_the_file(layout):
    old = notebook(cell(1, {"output_type": "stream", "name": "stdout", "text": ["a\n", "ü\n"]}), cell(2))
    text = nbformat.writes(nbformat.from_dict(old)) if layout != "another" else json.dumps(old)
    if layout == "ours, edited by hand":
        text = text.replace("},\n  {", "} , {")
    old = json.loads(text)
    found = at_rest(text)
    assert [one["id"] for one in found.cells] == ["cell-1", "cell-2"]
    assert all("outputs" not in one for one in found.cells)
    assert [json.loads(found.texts[id(one)]) for one in found.cells] == old["cells"]
    assert found.head == {key: value for key, value in old.items() if key != "cells"}


@pytest.mark.parametrize(
    "text", ["", "[]", '{\n "cells": [\n  {', '{"cells": 3, "nbformat": 4}', '{"cells": [{}], "nbformat": 4}']
)
def test_what_is_no_notebook_is_not_added_to(text):
    assert at_rest(text) is None


async def test_a_document_that_nobody_uses_any_more_goes_at_once(jp_asyncio_loop):
    document = Document(Disk(), "a.ipynb", notebook(cell(1)))
    document.touch(document.cells[0])
    await document.close()
    gone = weakref.ref(document)
    gc.disable()
    try:
        del document
        await until(lambda: gone() is None)
    finally:
        gc.enable()


async def test_output_stands_on_disk_while_the_run_goes_on(jp_asyncio_loop):
    disk = Disk()
    running = cell(1)
    document = Document(disk, "a.ipynb", notebook(running))
    document.touch(running)
    running["outputs"].append({"output_type": "stream", "name": "stdout", "text": ["half way"]})
    document.touch(running)
    await until(lambda: disk.saves and "half way" in disk.saves[-1])
    await document.close()
