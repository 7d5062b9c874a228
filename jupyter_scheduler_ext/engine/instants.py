"""Instants as the engine counts them: whole milliseconds since 1970-01-01 UTC, exact and cheap to compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

Instant: TypeAlias = int
"""Milliseconds since the Unix epoch, UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)
_MILLISECOND = timedelta(milliseconds=1)


def to_instant(moment: datetime) -> Instant:
    """The instant of an aware datetime, rounded down to the millisecond. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a zone is not an instant")
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(instant: Instant) -> datetime:
    """The instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(milliseconds=instant)


@lru_cache(maxsize=4096)
def to_rfc3339(instant: Instant | None) -> str | None:
    """``2026-03-12T02:30:00.000Z``; None stays None. Remembered: herds and lists ask for few instants many times."""
    if instant is None:
        return None
    return (_NAIVE_EPOCH + timedelta(milliseconds=instant)).isoformat(timespec="milliseconds") + "Z"
