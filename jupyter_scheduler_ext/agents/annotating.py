"""Marks the scheduler's tools as reading, changing or running, in the list that MCP clients get.

jupyter-server-mcp registers functions as they are, without annotations; this middleware, by its entry point, adds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastmcp.server.middleware import Middleware
from mcp.types import ToolAnnotations

from .catalogue import CATALOGUE, hints


class Annotating(Middleware):  # type: ignore[misc,unused-ignore]
    """Adds MCP's hints to the tools of the catalogue, and leaves all others alone."""

    async def on_list_tools(self, context: Any, call_next: Any) -> Sequence[Any]:
        tools = await call_next(context)
        return [_annotated(tool) if tool.name in CATALOGUE else tool for tool in tools]


def _annotated(tool: Any) -> Any:
    title = tool.name.replace("_", " ").capitalize()
    told = ToolAnnotations.model_validate({"title": title, **hints(CATALOGUE[tool.name])})
    return tool.model_copy(update={"annotations": told})
