"""Putting defects of the original back, one at a time: the test named after each must fail. On demand: ``-m deep``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IGNORED = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "docs", "notebooks", "js", "browser")

MUTATIONS = {
    "no cursor: only what is due from now on": (
        "firing.py",
        "    return max(known, default=now)",
        "    return now - 60_000",
        "test_a_fire_while_the_loop_slept_is_not_forgotten",
    ),
    "an error stops the schedule": (
        "board.py",
        "            if fire is None or not task.enabled or facts.halted",
        "            if fire is None or not task.enabled or facts.last_state == 'failed' or facts.halted",
        "test_an_error_does_not_stop_a_cron_task_for_ever",
    ),
    "running is not recovered after a crash": (
        "recovery.py",
        "    started = [run for run in orphans if run.state is RunState.RUNNING]",
        "    started = []",
        "test_running_is_recovered_after_a_crash",
    ),
    "a patch sets the state": (
        "edits.py",
        "        if state is not None and state != self._board.state(before).value:",
        "        if False:",
        "test_no_patch_lets_a_second_run_in",
    ),
    "cancelling one run stops all": (
        "pipeline.py",
        "            self._performer.stop(run.id, kind, reason)\n\n    async def ended",
        "            [self._performer.stop(flight, kind, reason) for flight in self._performer.in_flight]\n\n"
        "    async def ended",
        "test_cancelling_one_run_leaves_the_others_alone",
    ),
    "a token that nobody checks": (
        "tokens.py",
        "    return fits and token is not None",
        "    return token is not None",
        "test_a_token_is_checked_and_every_failure_looks_the_same",
    ),
    "an exception before anything runs leaves RUNNING": (
        "execution.py",
        "            outcome = _failed(error)",
        "            return",
        "test_an_exception_before_anything_runs_does_not_leave_running",
    ),
    "fields cannot be cleared": (
        "edits.py",
        "        if value is None:\n            merged.pop(name, None)",
        "        if value is None:\n            pass",
        "test_a_field_can_be_cleared",
    ),
    "a disabled task runs by hand": (
        "manual.py",
        "        if not task.enabled and not force:",
        "        if False:",
        "test_a_disabled_task_runs_by_hand_only_with_force",
    ),
    "one exception aborts the tick": (
        "ticker.py",
        "                        board.set_aside(task_id",
        "                        raise\n                        board.set_aside(task_id",
        "test_one_task_that_raises_does_not_abort_the_tick",
    ),
    "the next run ignores the zone": (
        "firing.py",
        "task.schedule.timezone, after / 1000)",
        '"UTC", after / 1000)',
        "test_the_next_run_is_told_in_the_zone_of_the_task",
    ),
    "the zone of the client is overwritten": (
        "edits.py",
        'zone = data["schedule"]["timezone"] if',
        "zone = self._timezone if",
        "test_the_zone_that_the_client_gave_is_kept",
    ),
    "a token sets any parameter": (
        "validation.py",
        "        if declared_only and name not in declared:",
        "        if False:",
        "test_a_token_may_set_declared_parameters_and_nothing_else",
    ),
}


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("defect", MUTATIONS)
def test_a_defect_put_back_is_noticed(defect: str, tmp_path: Path):
    file, right, wrong, test = MUTATIONS[defect]
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=IGNORED)
    mutated = copy / "jupyter_scheduler_ext" / "engine" / file
    text = mutated.read_text("utf-8")
    assert text.count(right) == 1, f"{file} has changed: mend this mutation"
    mutated.write_text(text.replace(right, wrong), "utf-8")

    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout=30", "-k", test]
    ran = subprocess.run([*command, "tests/engine"], cwd=copy, capture_output=True, text=True, check=False)

    assert ran.returncode == 1, ran.stdout[-2000:] + ran.stderr[-500:]
