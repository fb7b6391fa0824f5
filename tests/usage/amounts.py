"""The counted amounts, as tests query them."""

from __future__ import annotations

from datetime import date

from bot.usage.store import UsageAmounts, UsageStore


async def used_on(
    usage: UsageStore, day: date, *, guild_id: int | None = None, user_id: int | None = None
) -> UsageAmounts:
    """The usage on ``day`` in that guild, by that user, or by that user in that guild."""
    [found] = await usage.of_places(day, [(guild_id, user_id)])
    return found
