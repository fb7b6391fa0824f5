"""Discord's ids: 64 bits that begin with the time of creation."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.json_codec import Json

EPOCH_MS = 1_420_070_400_000
"""The first instant of 2015, from which snowflakes count."""


class SnowflakeClock:
    """Issues ids that always increase, even within one millisecond and when the system's clock steps back."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """A new id, greater than all earlier ones."""
        now = (int(time.time() * 1000) - EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last


def created_at(snowflake: int) -> datetime:
    """The time of creation that the id contains, in UTC."""
    # Exact arithmetic: a float of milliseconds would round to another microsecond.
    return datetime(2015, 1, 1, tzinfo=UTC) + timedelta(milliseconds=snowflake >> 22)


def parse(value: object, field: str) -> int:
    """The id in ``value``, which may be a number or a decimal string.

    Raises:
        DiscordError: it is neither; the error tree names ``field``.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    problem: Json = {"code": "NUMBER_TYPE_COERCE", "message": f'Value "{value}" is not snowflake.'}
    raise DiscordError(400, 50035, "Invalid Form Body", {field: {"_errors": [problem]}})
