"""The language models that prompts may be sent to: ``c.PromptSettings...`` in the server's configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from traitlets import Dict, Float, Unicode
from traitlets.config import Configurable

from ..engine.errors import Invalid


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint, ready to be called. `api_key` is secret: it goes into a header and nowhere else."""

    url: str
    model: str
    api_key: str = field(default="", repr=False)


class PromptSettings(Configurable):
    """Where prompts go. Tasks name an endpoint; its address and key are the server's own affair."""

    endpoints = Dict(
        value_trait=Dict(),
        key_trait=Unicode(),
        help="""Name -> {"base_url", "model", "api_key"} of an OpenAI-compatible service, such as
        {"default": {"base_url": "http://127.0.0.1:11434/v1", "model": "llama3"}}. `api_key` is where the key is kept:
        ``env:NAME`` or ``file:/path``; it may be left out.""",
    ).tag(config=True)
    silence = Float(
        120.0,
        min=1,
        help="Seconds without a word after which an endpoint is given up. The task's timeout holds as well.",
    ).tag(config=True)

    def check(self, name: str) -> Mapping[str, Any]:
        """What the settings say of an endpoint. Raises Invalid if they say nothing, or not enough."""
        if name not in self.endpoints:
            known = ", ".join(self.endpoints) or "none is set up (PromptSettings.endpoints)"
            raise Invalid(f"there is no endpoint {name!r}; there are: {known}", field="action.endpoint")
        found: Mapping[str, Any] = self.endpoints[name]
        parts = urlsplit(str(found.get("base_url", "")))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid(f"the endpoint {name!r} has no base_url that begins with http", field="action.endpoint")
        return found

    def offered(self) -> list[dict[str, str | None]]:
        """``{"name", "model", "problem"}`` of each endpoint, for who chooses one: never its address, nor where its key
        is. `problem` is what is wrong with its settings, or None."""
        return [
            {"name": name, "model": str(found.get("model") or "") or None, "problem": self._problem(name)}
            for name, found in self.endpoints.items()
        ]

    def _problem(self, name: str) -> str | None:
        try:
            self.check(name)
        except Invalid as error:
            return str(error)
        return None

    def endpoint(self, name: str, model: str | None) -> Endpoint:
        """An endpoint with its key. Reads files: not on the loop. Raises Invalid."""
        found = self.check(name)
        chosen = model or str(found.get("model", ""))
        if not chosen:
            raise Invalid(f"neither the task nor the endpoint {name!r} names a model", field="action.model")
        url = str(found["base_url"]).rstrip("/") + "/chat/completions"
        return Endpoint(url, chosen, _key(str(found.get("api_key", "")), name))


def _key(reference: str, endpoint: str) -> str:
    kind, _, name = reference.partition(":")
    if not reference:
        return ""
    if kind == "env" and os.environ.get(name):
        return os.environ[name].strip()
    if kind == "file":
        try:
            return Path(name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            pass
    where = f"{kind}:{name}" if kind in ("env", "file") else "its settings: write env:NAME or file:/path"
    raise Invalid(f"the key of the endpoint {endpoint!r} is not in {where}", field="action.endpoint")
