"""Runs as they were last seen, for readers who ask what changed: a whole herd for a moment, a few for longer.

Nobody needs more: who was away for longer reads the list again, and the history is the ledger's. A run is up to 100 kB
of result and traceback, so that a day's runs would be most of a server's memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from .abc import Clock
from .runs import ACTIVE, Run

MOST = 20_000
STAYS = 30_000
"""Milliseconds after its end for which a run is remembered whatever else there is: who counts, logs and tells of ends
looks every half second."""
KEPT = 400
"""Runs remembered for longer than that."""
TEXTS = 2_000_000
"""Characters of results and errors that they may have together."""
AT_ONCE = 20
"""Forgotten at a time, at most: a herd is not forgotten in one go either."""


class RecentRuns:
    """The newest changed last. `forget` is called with the id of each run that is not remembered any more."""

    def __init__(self, clock: Clock, forget: Callable[[str], None]) -> None:
        self._clock = clock
        self._forget = forget
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._texts = 0

    def __len__(self) -> int:
        return len(self._runs)

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._runs

    def __getitem__(self, run_id: str) -> Run:
        return self._runs[run_id]

    def get(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def see(self, run: Run) -> None:
        """A run is so now."""
        before = self._runs.pop(run.id, None)
        self._runs[run.id] = run
        if run.state not in ACTIVE:
            self._texts += _texts(run) - (0 if before is None else _texts(before))
        if len(self._runs) > KEPT or self._texts > TEXTS:
            self._shed()

    def _shed(self) -> None:
        long_ago = self._clock.now() - STAYS
        for _ in range(AT_ONCE):
            run = next(iter(self._runs.values()))
            old = (run.finished_at or run.queued_at) < long_ago
            if not (len(self._runs) > (KEPT if old else MOST) or (old and self._texts > TEXTS)):
                return
            del self._runs[run.id]
            self._texts -= _texts(run)
            self._forget(run.id)


def _texts(run: Run) -> int:
    error = run.error
    return len(run.result or "") + (0 if error is None else len(error.message) + len(error.traceback))
