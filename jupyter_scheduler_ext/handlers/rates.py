"""How often something may be asked for: tokens in a sliding window, costly calls of a user by a bucket that refills."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
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


class CallRates:
    """A bucket for each kind of call and user: it holds a minute's worth and refills evenly.

    `limits` are calls a minute by kind; a kind that is missing or 0 is not limited. The least recently used of more
    than `keys` buckets are forgotten: they would be full by then.
    """

    def __init__(self, limits: Mapping[str, int], monotonic: Callable[[], float], keys: int = 10_000) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._keys = keys
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()
        """(kind, user) -> what the bucket held, and when that was."""

    def take(self, kind: str, user: str) -> None:
        """Count one call. Raises TooMany, with `retry_after` in seconds, if the bucket is empty."""
        limit = self._limits.get(kind, 0)
        if limit <= 0:
            return
        now = self._monotonic()
        held, then = self._buckets.pop((kind, user), (float(limit), now))
        held = min(float(limit), held + (now - then) * limit / 60)
        if held < 1:
            self._buckets[kind, user] = held, now
            wait = max(1, ceil((1 - held) * 60 / limit))
            raise TooMany(
                f"too many calls of the kind {kind!r}: a user has {limit} a minute. Wait {wait} s, ask for less, or "
                "have SchedulerExtension.rate_limits raised",
                retry_after=wait,
                kind=kind,
            )
        self._buckets[kind, user] = held - 1, now
        if len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
