"""Forgetting what is older than the settings allow."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.conversation.exchanges import ExchangeStore
from bot.preferences.preferences import Preferences
from bot.storage.database import Database
from bot.training.evaluating.comparisons import ComparisonStore
from bot.usage.store import UsageStore
from bot.work.job_store import JobStore

log = structlog.get_logger()

INTERVAL_S = 6 * 3600.0
USAGE_DAYS = 400
"""How long the amounts that were used are kept: a year, and what a comparison with the same month needs."""


async def forget_old(database: Database, retention_days: int) -> int:
    """Delete prompts, replies, comparisons and jobs that are older than ``retention_days``, or those with prompts than
    their guild wants, and what was used more than ``USAGE_DAYS`` ago; says how many rows."""
    now = datetime.now(UTC)
    limit = now - timedelta(days=retention_days)
    exchanges, comparisons = ExchangeStore(database), ComparisonStore(database)
    gone = await exchanges.forget_before(limit) + await JobStore(database).forget_before(limit)
    gone += await comparisons.forget_before(limit)
    for guild, days in (await Preferences(database).retention_days()).items():
        if days < retention_days:
            sooner = now - timedelta(days=days)
            gone += await exchanges.forget_before(sooner, guild_id=guild)
            gone += await comparisons.forget_before(sooner, guild_id=guild)
    return gone + await UsageStore(database).forget_before(now.date() - timedelta(days=USAGE_DAYS))


async def keep_forgetting(database: Database, retention_days: int) -> None:
    """Forget at once and every ``INTERVAL_S``; ends by being cancelled. A failure is logged, and tried again then."""
    while True:
        try:
            gone = await forget_old(database, retention_days)
            if gone:
                log.info("forgot what is old", rows=gone, days=retention_days)
        except SQLAlchemyError:
            log.exception("could not forget what is old")
        await asyncio.sleep(INTERVAL_S)
