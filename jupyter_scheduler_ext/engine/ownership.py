"""May the owner of a task still do what it does? Asked at each of its runs, by a function that an administrator gives.

Closed by default: only a clear yes lets a run start. A function that raises, takes too long or answers anything else
refuses it, and the reason stands in the run's record. Each call has a thread of its own (or is awaited, if it is a
coroutine function), and a task whose last question still hangs is not asked about again: one that never returns costs
one thread and holds up no other task.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias

from .abc import Admission
from .models import AnyTask
from .runs import Run

ASKED_AT_ONCE = 16
"""Questions under way at a time; each may be a thread."""
LONGEST_REASON = 500

OwnerQuestion: TypeAlias = Callable[[str, AnyTask, Run], bool | str | Awaitable[bool | str]]
"""(owner, task, run) -> True if it may run, False or a sentence for people if not."""

log = logging.getLogger(__name__)


class OwnerCheck(Admission):
    """Asks `question` about the owner of each run's task, and takes no answer within `timeout` seconds for a no."""

    def __init__(self, question: OwnerQuestion, timeout: float) -> None:
        self._question = question
        self._timeout = timeout
        self._places = asyncio.Semaphore(ASKED_AT_ONCE)
        self._hanging: set[str] = set()
        """Tasks whose question has not been answered yet."""

    async def refusal(self, task: AnyTask, run: Run) -> str | None:
        why = await self._why_not(task, run)
        who = repr(task.owner) if task.owner else "nobody"
        return None if why is None else f"not started: its owner is {who}, and {why}"

    async def _why_not(self, task: AnyTask, run: Run) -> str | None:
        async with self._places:
            if task.uuid in self._hanging:
                return "the check of an earlier run has not answered yet"
            self._hanging.add(task.uuid)
            asking = asyncio.ensure_future(self._ask(task, run))
            done, _ = await asyncio.wait({asking}, timeout=self._timeout)
        if not done:
            asking.cancel()
            log.warning("task %s: the owner check did not answer within %g s", task.uuid, self._timeout)
            return f"the check of the owner did not answer within {self._timeout:g} s"
        if asking.cancelled() or asking.exception() is not None:
            problem = None if asking.cancelled() else asking.exception()
            log.error("task %s: the owner check failed", task.uuid, exc_info=problem)
            return "the check of the owner failed; the server's log tells more"
        return _read(asking.result())

    async def _ask(self, task: AnyTask, run: Run) -> Any:
        question = self._question
        if inspect.iscoroutinefunction(question) or inspect.iscoroutinefunction(type(question).__call__):
            try:
                return await question(task.owner, task, run)  # type: ignore[misc]
            except (KeyboardInterrupt, SystemExit) as error:
                raise _harmless(error) from error
            finally:
                self._hanging.discard(task.uuid)
        return await self._in_thread(task, run)

    def _in_thread(self, task: AnyTask, run: Run) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Any] = loop.create_future()

        def settle(answer: Any, problem: BaseException | None) -> None:
            self._hanging.discard(task.uuid)
            if answered.done():
                return
            if problem is None:
                answered.set_result(answer)
            else:
                answered.set_exception(problem)

        def work() -> None:
            answer: Any = None
            problem: BaseException | None = None
            try:
                answer = self._question(task.owner, task, run)
            except BaseException as error:
                problem = _harmless(error)
            with suppress(RuntimeError):  # the loop is gone: nobody waits any more
                loop.call_soon_threadsafe(settle, answer, problem)

        threading.Thread(target=work, name="scheduler owner check", daemon=True).start()
        return answered


def _harmless(problem: BaseException) -> BaseException:
    """The problem as one that ends neither the loop nor the wait: SystemExit and its like are not for us."""
    if isinstance(problem, Exception) and not isinstance(problem, StopIteration):
        return problem
    return RuntimeError(f"{type(problem).__name__}: {problem}")


def _read(answer: Any) -> str | None:
    """Why not, or None for yes."""
    if answer is True:
        return None
    if answer is False:
        return "the check of the owner refused it"
    if isinstance(answer, str) and answer.strip():
        plain = "".join(character if character.isprintable() else " " for character in answer.strip())
        return f"the check of the owner refused it: {plain[:LONGEST_REASON]}"
    return f"the check of the owner answered neither yes nor no, but {type(answer).__name__}"
