"""The tools of AI agents, from the functions that they are."""

from __future__ import annotations

from importlib import import_module

from pydantic import TypeAdapter

from jupyter_scheduler_ext.agents.catalogue import CATALOGUE, hints

from .markdown import anchored, prose
from .shapes import members

EFFECTS = {
    "reads": "Reads only.",
    "adds": "Adds something.",
    "changes": "Changes or ends what is there.",
    "runs": "Runs code.",
}


def agent_tools() -> str:
    """A section a tool: what an agent is told of it."""
    return "\n".join(_tool(name) for name in CATALOGUE)


def _tool(name: str) -> str:
    function = getattr(import_module("jupyter_scheduler_ext.agents.tools"), name)
    effect = CATALOGUE[name]
    told = ", ".join(f"`{hint}`" for hint, holds in hints(effect).items() if holds)
    effects = f"*{EFFECTS[effect]}*" + (f" Annotated {told}." if told else "")
    schema = TypeAdapter(function).json_schema()
    return "\n".join(
        [anchored(f"tool-{name}", 2, f"`{name}`"), prose(function.__doc__), "", effects, "", members(schema)]
    )
