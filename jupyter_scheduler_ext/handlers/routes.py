"""The table of all routes below ``{base_url}scheduler-ext/``: the API's endpoints, the push stream and the page."""

from __future__ import annotations

import re
from typing import Any

from . import (
    attachments,
    bulk,
    contexts,
    notebooks,
    notifications,
    openapi,
    output,
    poll,
    preview,
    runs,
    scheduler_task_create,
    scheduler_task_delete,
    scheduler_task_get,
    scheduler_task_run,
    scheduler_task_update,
    scheduler_tasks_list,
    scheduler_tick,
    status,
    templates,
    timeline,
    transfer,
)
from .assets import AssetHandler
from .base import PREFIX, RESOURCE, NoRoute
from .endpoint import Endpoint, handler_class
from .page import PageHandler, ToPageHandler
from .stream import StreamHandler

ENDPOINTS: tuple[Endpoint, ...] = (
    scheduler_tasks_list.scheduler_tasks_list,
    scheduler_task_create.scheduler_task_create,
    bulk.scheduler_tasks_bulk,
    scheduler_task_get.scheduler_task_get,
    scheduler_task_update.scheduler_task_update,
    scheduler_task_delete.scheduler_task_delete,
    scheduler_task_delete.scheduler_task_restore,
    scheduler_task_run.scheduler_task_run,
    scheduler_task_run.scheduler_task_backfill,
    scheduler_task_run.scheduler_task_token_rotate,
    scheduler_task_run.scheduler_task_token_revoke,
    scheduler_task_update.scheduler_task_reset,
    attachments.scheduler_attachments_list,
    attachments.scheduler_attachment_add,
    attachments.scheduler_attachment_delete,
    scheduler_tick.scheduler_tick,
    poll.scheduler_poll,
    preview.scheduler_schedule_preview,
    timeline.scheduler_timeline,
    runs.scheduler_runs_list,
    runs.scheduler_run_get,
    runs.scheduler_run_log,
    runs.scheduler_run_cancel,
    output.scheduler_run_output,
    contexts.scheduler_contexts_list,
    contexts.scheduler_context_get,
    contexts.scheduler_context_open,
    contexts.scheduler_context_restart,
    contexts.scheduler_context_clear,
    templates.scheduler_templates_list,
    templates.scheduler_template_create,
    templates.scheduler_template_delete,
    transfer.scheduler_export,
    transfer.scheduler_import,
    notebooks.scheduler_notebooks_list,
    notebooks.scheduler_notebook_parameters,
    notifications.scheduler_notifications,
    notifications.scheduler_notifications_test,
    status.scheduler_status,
    openapi.scheduler_openapi,
)


def handlers() -> list[tuple[str, type[Any]]]:
    """Tornado's (pattern, handler) pairs, without the server's base URL."""
    by_path: dict[str, list[Endpoint]] = {}
    for one in ENDPOINTS:
        by_path.setdefault(one.path, []).append(one)
    return [
        *((f"/{PREFIX}/{pattern(path)}", handler_class(ends)) for path, ends in by_path.items()),
        (f"/{PREFIX}/api/stream", StreamHandler),
        (f"/{PREFIX}/api(?:/.*)?", NoRoute),
        (f"/{PREFIX}/", PageHandler),
        (f"/{PREFIX}", ToPageHandler),
        (f"/static/{RESOURCE}/(.*)", AssetHandler),
    ]


def pattern(path: str) -> str:
    """The regular expression of a path whose ``{names}`` each stand for one step."""
    return re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(path))
