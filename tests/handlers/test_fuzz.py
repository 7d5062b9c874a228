"""The API against everything its own document allows, and much that it does not: no 5xx, no reply of another shape."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from live_server import LiveServer

from jupyter_scheduler_ext.extension import RATE_LIMITS

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
KNOWN = ("fuzz-a", "fuzz-b")
UNLIMITED = [f"--SchedulerExtension.rate_limits={kind}=0" for kind in RATE_LIMITS]
"""Without limits: a request that is refused at the door tries nothing."""


def fuzz(home: Path, examples: int) -> int:
    """Fuzz every operation with so many examples; gives the number of requests made."""
    (home / "schemathesis.toml").write_text(f'[parameters]\n"path.uuid" = {[*KNOWN, "none"]}\n')
    with LiveServer(home, *UNLIMITED) as server:
        for uuid in KNOWN:
            action = {"kind": "command", "argv": ["true"]}
            server.api("tasks", "POST", {"uuid": uuid, "type": "adhoc", "name": uuid, "action": action})
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(home / "schemathesis.toml")),
                *("run", f"{server.url}scheduler-ext/api/openapi.json"),
                *("-H", f"Authorization: token {server.token}", "-n", str(examples), "--phases", "fuzzing"),
                *("--checks", ",".join(CHECKS), "--suppress-health-check", "all", "--continue-on-failure"),
                *("--exclude-operation-id", "scheduler_task_delete", "--no-color", "--max-response-time", "60"),
            ],
            cwd=home,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout + server.log[-5000:]
        assert "Traceback" not in server.log, server.log[server.log.index("Traceback") - 1000 :][:4000]
        assert server.api("status")["role"] == "leader"
    made = re.search(r"(\d+) generated", ran.stdout)
    assert made is not None, ran.stdout
    return int(made[1])


@pytest.mark.timeout(900)
def test_a_short_storm_of_made_up_requests(tmp_path):
    assert fuzz(tmp_path, 3) > 50


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_ten_thousand_made_up_requests(tmp_path):
    assert fuzz(tmp_path, 500) >= 10_000
