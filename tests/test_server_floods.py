"""Half a gigabyte of output: kept within a limit, cut in every view with a note, and nobody else waits for it."""

from __future__ import annotations

import sys
import time

import psutil
import pytest
from live_server import LiveServer

pytestmark = [pytest.mark.deep, pytest.mark.kernel, pytest.mark.timeout(1200)]

END = "print('the very end')"
LINES = f"line = 'x' * 99\nfor _ in range(5_000_000): print(line)\n{END}"
FLOODS = {
    "lines in a kernel": {"kind": "code", "source": LINES},
    "one print in a kernel": {"kind": "code", "source": f"print('y' * 500_000_000)\n{END}"},
    "a command": {"kind": "command", "argv": [sys.executable, "-c", LINES]},
}
MEMORY = 2_000_000_000
"""Bytes that the server may hold meanwhile: a message of half a gigabyte comes as a whole, and is parsed in a copy."""


@pytest.mark.parametrize("flood", FLOODS)
def test_half_a_gigabyte_of_output_is_cut_with_a_note_and_keeps_its_end(tmp_path, flood):
    with LiveServer(tmp_path) as server:
        task = server.api("tasks", "POST", {"type": "adhoc", "name": "Flood", "action": FLOODS[flood]})["task"]
        run = server.api(f"tasks/{task['uuid']}/run", "POST")["run"]
        deadline = time.monotonic() + 1000
        while run["state"] in ("queued", "running"):
            assert time.monotonic() < deadline
            assert psutil.Process(server.pid).memory_info().rss < MEMORY
            time.sleep(0.5)
            run = server.api(f"runs/{run['id']}")["run"]  # raises if the server does not answer within 30 s
        assert run["state"] == "succeeded", run["reason"]
        assert run["result"].startswith("the very end")
        output = server.root / run["output_path"]
        assert output.stat().st_size < 25_000_000
        kept = output.read_text("utf-8")
        assert "[output cut: " in kept
        assert "the very end" in kept
        log = "".join(path.read_text("utf-8") for path in tmp_path.rglob(f"{run['id']}*") if path.is_file())
        assert "[output cut: " in log
        assert len(log) < 25_000_000
