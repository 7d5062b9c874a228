"""An error as a notebook shows it: the lines of whoever called, and what to do, without the ways of this package."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

PACKAGE = __name__.partition(".")[0]


def shown(error: BaseException) -> list[str]:
    """What IPython asks of an exception (``_render_traceback_``): lines, in its own colours where it is there."""
    trace = outside(error.__traceback__)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or trace is None:
        return "".join(traceback.format_exception(type(error), error, trace)).splitlines()
    return list(shell.InteractiveTB.structured_traceback(type(error), error, trace))


def outside(trace: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that leads up to this package."""
    kept = []
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] != PACKAGE:
        kept.append(trace)
        trace = trace.tb_next
    shortened: TracebackType | None = None
    for one in reversed(kept):
        shortened = TracebackType(shortened, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return shortened
