"""Delivery through Apprise: mail, Slack, Teams, webhooks and a hundred more, by the address alone.

Apprise is an extra (``pip install jupyter-scheduler-ext[notify]``), imported at the first delivery, and it blocks: it
works in threads of its own, few of them, so that targets that hang hold up neither the server nor its other threads.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from ..engine.abc import NotDelivered, Notifier
from ..engine.notices import Message

THREADS = 4
MISSING = "notifications need the package 'apprise': pip install 'jupyter-scheduler-ext[notify]'"
QUIET = ("apprise", "urllib3")
"""Loggers that may write addresses: heard only from `WARNING` on, and the first one not at all."""


class AppriseNotifier(Notifier):
    """One address, of any scheme that Apprise knows. Raises NotDelivered for one that it does not."""

    def __init__(self, address: str, timeout: float = 30.0) -> None:
        self._apprise, self._types = _made(address)
        self._timeout = timeout

    async def send(self, message: Message) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                accepted = await loop.run_in_executor(_threads(), self._notify, message)
        except TimeoutError:
            raise NotDelivered(f"the target did not answer within {self._timeout:g} s") from None
        except Exception as error:  # its words may hold the address
            raise NotDelivered(f"the target could not be reached ({type(error).__name__})") from None
        if not accepted:
            raise NotDelivered("the target did not accept the message, or could not be reached")

    def _notify(self, message: Message) -> bool:
        kind = self._types[message.level.upper()]
        return bool(self._apprise.notify(message.body or message.title, message.title, kind, "text"))


def _made(address: str) -> tuple[Any, Any]:
    try:
        import apprise
    except ImportError:
        raise NotDelivered(MISSING) from None
    for name in QUIET:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    logging.getLogger(QUIET[0]).disabled = True
    asset = apprise.AppriseAsset(app_id="Jupyter scheduler", async_mode=False, http_redirects=False)
    made = apprise.Apprise(asset=asset)
    try:
        known = made.add(address)
    except Exception:
        known = False
    if not known:
        raise NotDelivered("the address of this target is none that Apprise knows")
    return made, apprise.NotifyType


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="notify")
