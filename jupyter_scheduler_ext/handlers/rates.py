"""How often something may be asked for: so many calls a key in a sliding window."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil

from .problems import TooMany


class Rate:
    """Counts calls by key, whether or not the key means anything, so that a refusal tells nothing about it.

    The least recently used of more than `keys` keys are forgotten.
    """

    def __init__(self, calls: int, seconds: float, monotonic: Callable[[], float], keys: int = 10_000) -> None:
        self._calls = calls
        self._seconds = seconds
        self._monotonic = monotonic
        self._keys = keys
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Count one call. Raises TooMany, with `retry_after` in seconds, if it is one too many."""
        now = self._monotonic()
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if len(times) >= self._calls:
            wait = max(1, ceil(times[0] + self._seconds - now))
            raise TooMany(f"at most {self._calls} calls in {self._seconds:g} seconds", retry_after=wait)
        times.append(now)
        if len(self._seen) > self._keys:
            self._seen.popitem(last=False)
