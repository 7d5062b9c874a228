"""api/templates: tasks to start from, built in and the user's own."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from ..engine.models import Name
from .base import ApiHandler
from .endpoint import endpoint
from .shapes import Deleted, Shape


class NewTemplate(Shape):
    model_config = ConfigDict(extra="forbid")

    name: Name
    """What it is called."""
    description: Annotated[str, Field(max_length=10_000)] = ""
    """What it is for."""
    task: Annotated[dict[str, Any], Field(description="Members of a task, as many as the template gives")]


class Template(Shape):
    id: str
    """What `DELETE` names."""
    name: str
    """What it is called."""
    description: str
    """What it is for."""
    builtin: bool
    """Does it come with a package? Only the user's own can be deleted."""
    task: dict[str, Any]
    """Members of a task."""


class TemplateList(Shape):
    templates: list[Template]
    """In the order to show."""


class SavedTemplate(Shape):
    template: Template
    """As it was kept."""


@endpoint("GET", "api/templates", "read", replies={200: TemplateList})
async def scheduler_templates_list(request: ApiHandler) -> None:
    """List templates, built-in ones first."""
    request.reply({"templates": await asyncio.to_thread(request.extension.templates.all)})


@endpoint("POST", "api/templates", "write", body=NewTemplate, replies={201: SavedTemplate})
async def scheduler_template_create(request: ApiHandler) -> None:
    """Save a template."""
    body = request.body_as(NewTemplate)
    made = await asyncio.to_thread(request.extension.templates.add, body.name, body.description, body.task)
    request.reply({"template": made}, 201)


@endpoint("DELETE", "api/templates/{template_id}", "write", replies={200: Deleted})
async def scheduler_template_delete(request: ApiHandler, template_id: str) -> None:
    """Delete a template of the user's own."""
    await asyncio.to_thread(request.extension.templates.remove, template_id)
    request.reply({"deleted": template_id})
