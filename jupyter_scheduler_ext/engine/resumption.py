"""A run that is recorded as started, while its server's lease has run out before anything of it began.

It is as good as new: no code was sent, since this look comes before. So it begins once the server has its lease again,
unless others took the server for dead meanwhile and ended the run. Who wins is the ledger's to say: to go on is a new
epoch, which refuses every verdict of before, and is itself refused after one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from .abc import Clock, SharedLedger, StoreError
from .batcher import Batcher
from .ledger import Op, Resume
from .runs import Run, RunState

log = logging.getLogger(__name__)


async def resumed(
    run: Run,
    *,
    may: Callable[[], bool],
    over: Callable[[], bool],
    ledger: Batcher[Op],
    source: SharedLedger,
    clock: Clock,
    pause: float,
    saw: Callable[[Run], None],
) -> Run | None:
    """The run in its new epoch, as soon as it `may` begin; None once it is `over`, or somebody has ended the run."""
    log.warning("run %s is recorded as started, but the lease may have run out: it waits, nothing has begun", run.id)
    while not over():
        await clock.sleep(pause)
        if not may():
            continue
        with suppress(StoreError):
            known = await ledger.call(partial(source.run, run.id))
            if known is None or (known.state, known.owner) != (RunState.RUNNING, run.owner):
                return None
            resume = Resume(run_id=run.id, owner=run.owner or "", epoch=known.epoch, at=clock.now())
            begun = await ledger.run(resume)
            if isinstance(begun, Run):
                saw(begun)
                return begun
    return None
