"""Cron schedules: the whole of what the rest of the engine may ask.

    >>> from datetime import UTC, datetime
    >>> [str(fire) for fire in next_fires("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC), 2)]
    ['2026-03-29 01:00:00+00:00', '2026-03-30 00:30:00+00:00']

`cron_grammar` reads the text, `cron_dates` knows the dates, `wall` the zones, `cron_fires` the instants,
`cron_words` the words, and `cron_preview` what a form shows. All are pure: no clock, no files but the tz data.
"""

from __future__ import annotations

from .cron_dates import Cron
from .cron_error import CronError
from .cron_fires import (
    SkippedFire,
    count_between,
    count_by_day,
    fires_between,
    latest_before,
    next_fire_epoch,
    next_fires,
    skipped_in_gaps,
)
from .cron_grammar import FIELDS, expand_nickname, join_fields, parse, validate_field
from .cron_preview import Preview, Warning, preview
from .cron_words import explain
from .wall import refresh_zones, zone

__all__ = [
    "FIELDS",
    "Cron",
    "CronError",
    "Preview",
    "SkippedFire",
    "Warning",
    "count_between",
    "count_by_day",
    "expand_nickname",
    "explain",
    "fires_between",
    "join_fields",
    "latest_before",
    "next_fire_epoch",
    "next_fires",
    "parse",
    "preview",
    "refresh_zones",
    "skipped_in_gaps",
    "validate_field",
    "zone",
]
