"""Deletes data that is older than the settings of the host, or of its guild, allow."""

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
"""Gives the number of days for which guilds want their data kept, by guild id."""


async def delete_expired(holders: Sequence[DataHolder], guild_days: GuildDays, retention: timedelta) -> int:
    """Delete what is older than ``retention``, or than a guild's own, shorter setting; returns how many rows. A
    holder's ``kept_for`` overrides both."""
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
    """Delete what has expired now and every ``INTERVAL_S``, until cancelled. A failure of the database is logged, and
    deletion is retried after ``INTERVAL_S``."""
    while True:
        try:
            gone = await delete_expired(data.holders, guild_days, retention)
            if gone:
                await data.scrub()
                log.info("deleted what has expired", rows=gone, days=retention.days)
        except SQLAlchemyError:
            log.exception("could not delete what has expired")
        await asyncio.sleep(INTERVAL_S)
