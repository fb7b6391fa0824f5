"""Files in words: their size, their age, and how full the folder is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from babel.dates import format_timedelta
from babel.units import format_unit

from bot.i18n.translation import catalogue_language
from bot.storage.files import FolderUsage

_BAR = 20
"""The length of a bar in characters."""


def size_text(size_bytes: int, locale: str) -> str:
    """``12 bytes``, ``1.5 kB``, ``3 MB``; a kB has 1024 bytes, as Discord counts."""
    language = catalogue_language(locale)
    if size_bytes < 1 << 10:
        return format_unit(size_bytes, "digital-byte", "long", locale=language)
    unit, shift = next(
        (unit, shift)
        for unit, shift in (("kilobyte", 10), ("megabyte", 20), ("gigabyte", 30))
        if size_bytes < 1000 << shift or shift == 30
    )
    return format_unit(size_bytes / (1 << shift), f"digital-{unit}", "short", format="#,##0.#", locale=language)


def age_text(when: datetime, locale: str) -> str:
    """``3 hours ago``; at least one second, because clocks differ."""
    past = min(when - datetime.now(UTC), timedelta(seconds=-1))
    return format_timedelta(past, add_direction=True, locale=catalogue_language(locale))


def bar(usage: FolderUsage) -> str:
    """The share of the quota that is used, as a bar; never empty while anything is stored."""
    full = min(_BAR, -(-usage.used_bytes * _BAR // usage.quota_bytes))
    return "▰" * full + "▱" * (_BAR - full)
