"""Deleting what is older than the host's settings allow, or than guilds want to be remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.privacy.data_holder import DataHolder
from bot.privacy.personal_data import PersonalData

log = structlog.get_logger()

INTERVAL_S = 6 * 3600.0

GuildDays = Callable[[], Awaitable[Mapping[int, int]]]
"""After how many days guilds want to be forgotten, by their ids."""


async def delete_expired(holders: Sequence[DataHolder], guild_days: GuildDays, retention: timedelta) -> int:
    """Delete what is older than ``retention``, or than a guild wants where that is sooner; says how many rows."""
    now = datetime.now(UTC)
    sooner = {
        guild: timedelta(days=days) for guild, days in (await guild_days()).items() if timedelta(days=days) < retention
    }
    gone = 0
    for holder in holders:
        gone += await holder.delete_before(now - (holder.kept_for or retention))
        if holder.kept_for is None:
            for guild, wanted in sooner.items():
                gone += await holder.delete_before(now - wanted, guild)
    return gone


async def run_retention(data: PersonalData, guild_days: GuildDays, retention: timedelta) -> None:
    """Delete what has expired at once and every ``INTERVAL_S``; ends by being cancelled. A failure is logged, and
    tried again then."""
    while True:
        try:
            gone = await delete_expired(data.holders, guild_days, retention)
            if gone:
                await data.scrub()
                log.info("deleted what has expired", rows=gone, days=retention.days)
        except SQLAlchemyError:
            log.exception("could not delete what has expired")
        await asyncio.sleep(INTERVAL_S)
