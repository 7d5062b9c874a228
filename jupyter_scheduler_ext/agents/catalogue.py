"""Every tool, and what a client should know before it lets an agent call one."""

from __future__ import annotations

from typing import Literal

Effect = Literal["reads", "adds", "changes", "runs"]

CATALOGUE: dict[str, Effect] = {
    "scheduler_status": "reads",
    "scheduler_list_tasks": "reads",
    "scheduler_get_task": "reads",
    "scheduler_preview_schedule": "reads",
    "scheduler_list_runs": "reads",
    "scheduler_get_run": "reads",
    "scheduler_read_run_log": "reads",
    "scheduler_create_task": "adds",
    "scheduler_restore_task": "adds",
    "scheduler_update_task": "changes",
    "scheduler_delete_task": "changes",
    "scheduler_cancel_run": "changes",
    "scheduler_run_task": "runs",
}
"""Name -> what it does: reads only; adds something; changes or ends what is there; runs code."""


def hints(effect: Effect) -> dict[str, bool]:
    """MCP's annotations of a tool (``ToolAnnotations``)."""
    return {
        "readOnlyHint": effect == "reads",
        "destructiveHint": effect in ("changes", "runs"),
        "idempotentHint": effect == "reads",
        "openWorldHint": effect == "runs",
    }
