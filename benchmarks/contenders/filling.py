"""Many tasks at once, as the store itself would have written them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_scheduler_ext.engine.instants import Instant, to_datetime
from jupyter_scheduler_ext.engine.models import TASK
from jupyter_scheduler_ext.stores import entries

DAILY = "0 12 * * *"
NOON = 1_772_366_400_000
"""A moment at which `DAILY` is due."""
MORNING = NOON - 3_600_000
"""One at which it is not, and has not been since the tasks were made."""
CODE = {"kind": "code", "source": "print('done')"}


def fill_ours(
    folder: Path,
    count: int,
    action: dict[str, Any] = CODE,
    *,
    schedule: str = DAILY,
    since: Instant = NOON - 43_200_000,
) -> None:
    """A storage folder with so many tasks, `task-000000` and so on, whose schedule holds since an instant."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    task = TASK.validate_python(
        {
            "type": "scheduled",
            "uuid": "task-000000",
            "name": "Task 000000",
            "tags": ["finance", "nightly"],
            "schedule": schedule,
            "action": action,
            "effective_from": to_datetime(since),
            "revision": 1,
        },
        context={"timezone": "UTC"},
    )
    text = entries.write(task).text
    texts = [text.replace("000000", f"{number:06d}") for number in range(count)]
    file = folder / "tasks.json"
    file.write_text(
        '{\n  "schema": 1,\n  "rev": 1,\n  "tasks": [\n    ' + ",\n    ".join(texts) + "\n  ]\n}\n", "utf-8"
    )
    file.chmod(0o600)
