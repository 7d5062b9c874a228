"""GET api/export and POST api/import: tasks as JSON or YAML, out and in."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ..engine.errors import Invalid
from .base import ApiHandler, to_json
from .body import MEGABYTE, parse_tasks
from .endpoint import endpoint
from .shapes import Shape

MOST_TASKS = 100_000


class ExportQuery(Shape):
    format: Literal["json", "yaml"] = "json"
    """As JSON or as YAML."""
    ids: Annotated[str | None, Field(description="Some tasks only: their ids, separated by commas")] = None


class ImportQuery(Shape):
    dry_run: Annotated[bool, Field(description="Only tell what would happen")] = False
    on_conflict: Annotated[
        Literal["skip", "replace", "copy"], Field(description="What to do with a task that is there already")
    ] = "skip"


class Exported(Shape):
    format: int
    """The number of the format."""
    tasks: list[dict[str, Any]]
    """Definitions, without secrets."""


class ImportBody(Shape):
    """`{"tasks": [...]}`, as an export gives it, or the same as YAML text in `yaml`."""

    model_config = ConfigDict(extra="allow")

    tasks: list[dict[str, Any]] | None = None
    """Definitions, as an export has them."""
    yaml: str | None = None
    """A whole export as YAML."""


class ImportReport(Shape):
    """What became, or on a dry run would become, of each task."""

    dry_run: bool
    """Was it only asked what would happen?"""
    created: int
    """How many are new."""
    replaced: int
    """How many took the place of one that was there."""
    skipped: int
    """How many were there already, and stayed."""
    failed: int
    """How many cannot be."""
    items: list[dict[str, Any]]
    """One a task: its `index`, `uuid`, `name`, the `result`, and an `error` or a `warning`."""


@endpoint(
    "GET",
    "api/export",
    "read",
    query=ExportQuery,
    replies={200: Exported},
    media=("application/yaml",),
    gives={"Content-Disposition": "A name to save it under"},
    rate="export",
)
async def scheduler_export(request: ApiHandler) -> None:
    """Give tasks away, without secrets and without history."""
    query = request.query_as(ExportQuery)
    ids = [one.strip() for one in query.ids.split(",") if one.strip()] if query.ids is not None else None
    exported = await request.scheduler.export(ids)
    request.set_header("Content-Disposition", f'attachment; filename="scheduler-tasks.{query.format}"')
    if query.format == "json":
        await request.reply_long(await asyncio.to_thread(to_json, exported))
        return
    from ..engine import yaml_text

    text = await asyncio.to_thread(yaml_text.dump, exported)
    await request.reply_long(text.encode(), media="application/yaml")


@endpoint(
    "POST",
    "api/import",
    "execute",
    query=ImportQuery,
    body=ImportBody,
    takes=("application/yaml",),
    headers={"Content-Type": "`application/yaml` for a body of YAML, `text/yaml` as well; else it is JSON"},
    replies={200: ImportReport},
    limit=64 * MEGABYTE,
    rate="import",
)
async def scheduler_import(request: ApiHandler) -> None:
    """Take tasks in, from JSON or YAML; a dry run names the conflicts."""
    query = request.query_as(ImportQuery)
    data = await asyncio.to_thread(read_tasks, request)
    report = await request.scheduler.import_tasks(data, query.dry_run, query.on_conflict, request.owner)
    request.reply(report)


def read_tasks(request: ApiHandler) -> dict[str, Any]:
    """``{"tasks": [...]}`` from whichever form the body has. Raises Invalid."""
    from ..engine import yaml_text

    media = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media in ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"):
        data = yaml_text.load(request.body_text())
    else:
        data = parse_tasks(request.body_bytes())
        if isinstance(data, dict) and isinstance(data.get("yaml"), str):
            data = yaml_text.load(data["yaml"])
    if isinstance(data, list):
        data = {"tasks": data}
    if not isinstance(data, dict) or not isinstance(data.get("tasks"), list):
        raise Invalid('an import is an object with a list of tasks: {"tasks": [...]}', field="tasks")
    if len(data["tasks"]) > MOST_TASKS:
        raise Invalid(f"an import has at most {MOST_TASKS} tasks", field="tasks")
    return data
