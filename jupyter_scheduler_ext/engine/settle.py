"""What a finished run does to the facts of its task: counters, last outcome, strip, and whether the schedule halts.

Pure; the ledger applies it in the transaction that records the finish (RELIABILITY 2 and 3).
"""

from __future__ import annotations

import json

from .instants import to_rfc3339
from .runs import BAD, STARTED, Facts, Run, RunState

STRIP_LENGTH = 20
LAST_RESULT_LENGTH = 500
"""Characters of a result that `Facts.last_run` repeats; the run itself keeps more."""


def settle(facts: Facts, run: Run, pause_after: int) -> Facts:
    """The task's facts after a run ended; `pause_after` bad outcomes in a row halt its schedule (0: never).

    FAILED, TIMED_OUT and LOST count, whether or not any code began; SUCCEEDED starts the count anew; CANCELLED and
    INTERRUPTED leave it as it is. A run that never started shows in the strip only.
    """
    strip = lengthen_strip(facts.strip, run)
    bad = run.state in BAD
    if run.state not in STARTED or (run.started_at is None and not bad):
        return facts._replace(strip=strip)
    failures = facts.failures
    if bad:
        failures += 1
    elif run.state is RunState.SUCCEEDED:
        failures = 0
    halted = facts.halted
    if halted is None and bad and 0 < pause_after <= failures:
        halted = halt_text(failures)
    return facts._replace(
        strip=strip,
        failures=failures,
        halted=halted,
        last_state=run.state,
        last_run=json.dumps(last_run(run)),
    )


def halt_text(failures: int) -> str:
    """Why a schedule stands still, as a person reads it."""
    what = "The last run" if failures == 1 else f"{failures} runs in a row"
    return f"{what} went wrong; the schedule stands still until the task is reset"


def lengthen_strip(strip: str, run: Run) -> str:
    """The strip with a run added, and its oldest entry dropped if it were too long.

    Cut and joined as text: every end of a run does this, and to read and write JSON would be half of its cost.
    """
    entries = strip[1:-1]
    if strip.count("[") > STRIP_LENGTH:
        _, _, entries = entries.partition("],")
    seconds = "null" if run.duration is None else round(run.duration, 3)
    entry = f'["{run.state.value}",{seconds}]'
    return f"[{entries},{entry}]" if entries else f"[{entry}]"


def last_run(run: Run) -> dict[str, object]:
    """A run as a task shows its last one (DESIGN, HTTP)."""
    return {
        "id": run.id,
        "state": run.state.value,
        "fire_time": to_rfc3339(run.fire_time),
        "started_at": to_rfc3339(run.started_at),
        "finished_at": to_rfc3339(run.finished_at),
        "duration": run.duration,
        "result": None if run.result is None else run.result[:LAST_RESULT_LENGTH],
    }
