"""A message of hundreds of megabytes is cut before it is parsed, at no character's cost but its own."""

from __future__ import annotations

import json

import pytest
from performing import executor_of, launch_of, output_of, perform, streams, write_notebook

from jupyter_scheduler_ext.contexts import large_messages
from jupyter_scheduler_ext.contexts.large_messages import cut_content


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(large_messages, "HEAD", 20)
    monkeypatch.setattr(large_messages, "TAIL", 10)


@pytest.mark.parametrize("filling", ["abc", "ü€😀", '\\"\n', "\\\\", "\x1b[0m"])
@pytest.mark.parametrize("shift", range(6))
def test_a_stream_keeps_its_ends_wherever_the_cut_falls(small, filling, shift):
    text = "s" * shift + filling * 100
    raw = json.dumps({"name": "stderr", "text": text}, ensure_ascii=False).encode()
    cut = cut_content("stream", raw)
    head, _, tail = cut["text"].split("\n[output cut: ")[0], None, cut["text"].rpartition("left out here]\n")[2]
    assert cut["name"] == "stderr"
    assert text.startswith(head)
    assert len(head) >= 3
    assert text.endswith(tail[2:])


def test_a_display_is_replaced_by_a_note_and_what_is_no_output_is_left(small):
    assert cut_content("display_data", b"x" * 1000)["data"] == {"text/plain": "[output cut: 1,000 bytes]"}
    assert cut_content("comm_msg", b"{}") is None


@pytest.mark.kernel
async def test_one_print_of_many_megabytes_reaches_the_notebook_cut(jp_serverapp, root, monkeypatch):
    monkeypatch.setattr(large_messages, "TOO_LARGE", 3_000_000)
    monkeypatch.setattr(large_messages, "HEAD", 1000)
    executor = executor_of(jp_serverapp)
    write_notebook(root, "big.ipynb", "print('x' * 2_000_000)", "print('y' * 5_000_000 + 'end')", "'done'")
    outcome, sink = await perform(executor, launch_of({"kind": "notebook", "path": "big.ipynb"}))
    await executor.close()
    assert outcome.result == "'done'"
    whole, cut, _ = output_of(root, sink)["cells"]
    assert streams(whole) == "x" * 2_000_000 + "\n"
    assert len(streams(cut)) < 30_000
    assert streams(cut).endswith("yend\n")
    assert "output cut" in streams(cut)
