"""What can be given to the widget, and set on it afterwards."""

from __future__ import annotations

import inspect

from jupyter_scheduler_ext import SchedulerWidget

from .markdown import fenced, table


def widget() -> str:
    """The call that makes one, and its traits."""
    parameters = list(inspect.signature(SchedulerWidget.__init__).parameters.values())[1:]
    lines = [f"{one.name}: {one.annotation} = {one.default!r}" for one in parameters if one.kind is not one.VAR_KEYWORD]
    lines.insert(sum(one.kind is one.POSITIONAL_OR_KEYWORD for one in parameters), "*")
    call = "".join(f"    {line},\n" for line in [*lines, "**traits"])
    traits = SchedulerWidget.class_own_traits(sync=True)
    rows = [
        (f"`{name}`", f"`{traits[name].default()!r}`", str(traits[name].help))
        for name in vars(SchedulerWidget)
        if name in traits
    ]
    return fenced("python", f"SchedulerWidget(\n{call})") + "\n" + table(("Trait", "Default", "Meaning"), rows)
