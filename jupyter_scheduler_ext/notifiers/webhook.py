"""Webhooks that the receiver can trust: JSON by HTTPS, signed, and sent only where `outbound` lets the server speak.

An address is ``webhook://host[:port]/path?query#key``. The key, which never leaves the server, signs
``<timestamp>.<body>`` by HMAC-SHA256; the receiver checks ``X-Scheduler-Signature: sha256=<hex>`` and that
``X-Scheduler-Timestamp`` (seconds since 1970) is not long ago.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json

from .. import outbound
from ..engine.abc import NotDelivered, Notifier
from ..engine.clock import SystemClock
from ..engine.notices import Message

SCHEME = "webhook"


class Webhook(Notifier):
    """One receiver. Raises NotDelivered for an address that nothing is sent to."""

    def __init__(self, address: str, rules: outbound.Rules = outbound.Rules()) -> None:  # noqa: B008 - frozen
        rest, _, key = address.partition(":")[2].partition("#")
        scheme = "https" if "https" in rules.schemes else "http"
        self._url, self._key, self._rules = f"{scheme}:{rest}", key.encode(), rules
        if not key:
            raise NotDelivered("a webhook's address ends with # and the key that signs its messages")
        try:
            outbound.check(self._url, rules)
        except outbound.Refused as error:
            raise NotDelivered(str(error)) from None

    async def send(self, message: Message) -> None:
        told: dict[str, object] = {"title": message.title, "body": message.body, "level": message.level}
        if message.news:
            told["news"] = [one.to_json() for one in message.news]
        body = json.dumps(told).encode()
        try:
            status = await asyncio.to_thread(outbound.post, self._url, body, self._headers(body), self._rules)
        except outbound.Refused as error:
            raise NotDelivered(str(error)) from None
        except (OSError, http.client.HTTPException) as error:  # its words may hold the address
            raise NotDelivered(f"the receiver could not be reached ({type(error).__name__})") from None
        if not 200 <= status < 300:
            raise NotDelivered(f"the receiver answered with {status}")

    def _headers(self, body: bytes) -> dict[str, str]:
        sent = str(SystemClock().now() // 1000)
        signature = hmac.new(self._key, sent.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Scheduler-Timestamp": sent,
            "X-Scheduler-Signature": f"sha256={signature}",
        }
