"""Discord's timestamps as words: Discord shows them in each reader's own time zone, which speech cannot do."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import babel
from babel.dates import format_date, format_time, format_timedelta

# https://discord.com/developers/docs/reference#message-formatting-timestamp-styles
TIMESTAMP = re.compile(r"<t:(-?\d{1,13})(?::([tTdDfFRsS]))?>")


def spoken_time(match: re.Match[str], language: str, now: datetime) -> str:
    """A match of ``TIMESTAMP`` as words in ``language``: how long ago or from now, or the date and the time in UTC.

    Empty if the date is out of range, or babel does not know ``language``.
    """
    try:
        moment = datetime.fromtimestamp(int(match[1]), UTC)
        locale = babel.Locale.parse(language, sep="-")
    except (ValueError, OverflowError, OSError, babel.UnknownLocaleError):
        return ""
    style = match[2] or "f"
    if style == "R":
        # Rounded to the largest unit: two hours and three minutes are two hours.
        return str(format_timedelta(moment - now, add_direction=True, threshold=0.99, locale=locale))
    parts: list[str] = []
    if style not in "tT":
        parts.append(format_date(moment, "long", locale=locale))
    if style not in "dD":
        parts.append(f"{format_time(moment, 'short', tzinfo=UTC, locale=locale)} UTC")
    return ", ".join(parts)
