"""Two processes that claim the same fires: each fire goes to exactly one of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from jupyter_scheduler_ext.engine.ledger import RunFilter
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger

from .parts import NOW, StillClock

FIRES = 40
TASKS = 10

RIVAL = f"""
import json, sys
from dataclasses import replace
from pathlib import Path
from jupyter_scheduler_ext.engine.ledger import Claim
from jupyter_scheduler_ext.engine.runs import Origin
from jupyter_scheduler_ext.stores.sql_ledger import sqlite_ledger
from tests.ledger.parts import NOW, StillClock, claim_of, finish_of, run_of
ledger = sqlite_ledger(Path(sys.argv[1]), StillClock(NOW))
ledger.open()
print("ready", flush=True)
sys.stdin.readline()
won, hand, both = [], [], 0
for number in range({FIRES}):
    fire = NOW + number
    facts = ledger.facts()
    claims = []
    for task in range({TASKS}):
        known = facts.get(f"t{{task}}")
        run = run_of(f"t{{task}}", fire)
        claims.append(claim_of(run, after=known and known.cursor, max_active=1))
    manual = run_of("hand", fire, origin=Origin.MANUAL)
    answers = ledger.apply([*claims, Claim(task_id="hand", runs=(manual,))])
    hand += [run.fire_time for run in answers.pop().runs]
    runs = [run for answer in answers for run in answer.runs]
    won += [(run.task_id, run.fire_time) for run in runs]
    ledger.apply([finish_of(run) for run in runs])
print(json.dumps([won, hand]))
"""


def test_no_fire_is_won_twice(tmp_path: Path) -> None:
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", RIVAL, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write("go\n")
        rival.stdin.flush()
    outcomes = [json.loads(rival.communicate(timeout=120)[0]) for rival in rivals]
    won = Counter((task_id, fire) for wins, _ in outcomes for task_id, fire in wins)
    assert set(won.values()) == {1}
    by_hand = Counter(fire for _, fires in outcomes for fire in fires)
    assert by_hand == Counter(range(NOW, NOW + FIRES)), "each request at one instant is recorded, and once"
    ledger = sqlite_ledger(tmp_path, StillClock(NOW))
    ledger.open()
    recorded = Counter(
        (run.task_id, run.fire_time) for run in ledger.runs(RunFilter(limit=10_000)) if run.task_id != "hand"
    )
    assert recorded == won, "what was told to the winner is what is recorded"
    ledger.close()
