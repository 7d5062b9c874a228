"""Pages of the reference that are read out of the code whenever the documentation is built, as Markdown.

A page that holds ``<!-- from code: settings -->`` gets what `MAKERS` has under that name in the comment's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from . import agents, commands, http_api, magics, settings, shapes, telemetry, widget

MAKERS: Mapping[str, Callable[[], str]] = {
    "settings": settings.settings,
    "definitions": shapes.definitions,
    "endpoints": http_api.endpoints,
    "errors": http_api.errors,
    "shapes": http_api.api_shapes,
    "commands": commands.commands,
    "common options": commands.common_options,
    "magics": magics.magics,
    "metrics": telemetry.metrics,
    "events": telemetry.events,
    "widget": widget.widget,
    "agent tools": agents.agent_tools,
}
PLACE = re.compile(r"^<!-- from code: ([\w ]+) -->$", re.MULTILINE)


def fill(text: str) -> str:
    """A page with what it asks of the code. Raises KeyError for what nobody makes."""
    return PLACE.sub(lambda place: MAKERS[place[1]](), text)
