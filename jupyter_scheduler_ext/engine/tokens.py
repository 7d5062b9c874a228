"""Tokens of ad-hoc tasks: 256 random bits shown once, of which only a hash is kept (RELIABILITY 5)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from .models import AdHocTask, AnyTask, TaskToken

_NOBODY = hashlib.sha256(b"").hexdigest()


def mint(now: datetime, expires_at: datetime | None = None) -> tuple[str, TaskToken]:
    """A new token and what is kept of it."""
    secret = secrets.token_urlsafe(32)
    return secret, TaskToken(sha256=_hash(secret), last4=secret[-4:], created_at=now, expires_at=expires_at)


def matches(task: AnyTask | None, secret: str, now: datetime) -> bool:
    """Does this token open this task? As slow for a task that is missing or has no token as for a wrong token."""
    token = task.token if isinstance(task, AdHocTask) else None
    fits = secrets.compare_digest(_hash(secret), token.sha256 if token else _NOBODY)
    return fits and token is not None and (token.expires_at is None or now < token.expires_at)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
