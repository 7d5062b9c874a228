"""A task that asks a language model: what is sent, and how much of the conversation so far goes with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from ..engine.actions import Action

RESERVED = frozenset({"model", "messages", "stream"})
"""Members of a request that follow from the other fields."""


class PromptAction(Action):
    """Send a prompt, with the task's attachments, to an endpoint of the server's settings (`PromptSettings`).

    In `system` and `prompt`, ``{{ name }}`` stands for a parameter or a built-in such as ``{{ fire_date }}``. The last
    `memory` exchanges in the context's transcript are sent along: delete their cells, and they are forgotten.
    """

    kind: Literal["prompt"] = "prompt"
    """Tells actions apart."""
    prompt: Annotated[str, Field(min_length=1, max_length=500_000)]
    """What is asked."""
    system: Annotated[str, Field(max_length=100_000)] = ""
    """What the model is told beforehand."""
    endpoint: Annotated[str, Field(min_length=1, max_length=64)] = "default"
    """One of the endpoints in the server's settings, by its name."""
    model: Annotated[str, Field(max_length=256)] | None = None
    """The model; null: the endpoint's."""
    memory: Annotated[int, Field(ge=0, le=100)] = 10
    """How many earlier exchanges go along."""
    options: dict[str, Any] = {}
    """Further members of the request, such as ``temperature``."""
    parameters: dict[str, Any] = {}
    """Values for the names in braces."""

    @field_validator("options")
    @classmethod
    def _without_reserved(cls, options: dict[str, Any]) -> dict[str, Any]:
        if taken := RESERVED.intersection(options):
            raise ValueError(f"{', '.join(sorted(taken))} cannot be an option: the other fields say it")
        return options

    @property
    def label(self) -> str:
        return next((line.strip() for line in self.prompt.splitlines() if line.strip()), "")
