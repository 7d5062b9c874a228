"""Ids of runs: UUIDs of version 7, which begin with the time, so that the ledger's index grows at its end only."""

from __future__ import annotations

import secrets

from .instants import Instant


def new_run_id(now: Instant) -> str:
    """A fresh id for a run that is made at `now` (RFC 9562, 5.7)."""
    random = secrets.randbits(74)
    bits = now << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
