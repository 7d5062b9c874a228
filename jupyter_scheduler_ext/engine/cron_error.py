"""The one error of schedule texts: which field is wrong, and what to write instead."""

from __future__ import annotations

from typing import Literal

CronField = Literal["minute", "hour", "day", "month", "weekday", "expression", "timezone"]


class CronError(ValueError):
    """A schedule that cannot be accepted.

    `field` names the part at fault: one of the five fields, `expression` for the text as a whole,
    or `timezone`. `message` says what is allowed and what to do; it is shown to the user as it stands.
    """

    def __init__(self, field: CronField, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field: CronField = field
        self.message = message

    def __reduce__(self) -> tuple[type[CronError], tuple[CronField, str]]:
        return type(self), (self.field, self.message)
