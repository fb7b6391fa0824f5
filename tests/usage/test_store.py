"""What is counted, day by day."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.preferences.preferences import Preferences
from bot.privacy.retention import delete_expired
from bot.storage.database import Database
from bot.usage.store import UsageAmounts, UsageStore
from tests.usage.amounts import used_on

DAY = date(2026, 11, 23)


class Calendar:
    """A clock that stands at noon of a day."""

    def __init__(self, day: date = DAY) -> None:
        self.day = day

    def __call__(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 12, tzinfo=UTC)


async def written(usage: UsageStore) -> None:
    """Write the counts to the database, as happens when a job ends."""
    async with usage._database.sessions.begin() as session:
        await usage.write(session)


GUILD, OTHER_GUILD, ADA, BORIS = 1_300_000_000_000_000_000, 4, 5, 6


async def test_many_at_once_are_counted_exactly(url: str) -> None:
    """Two processes, each with many tasks at a time."""
    opened = [await Database.open(url), await Database.open(url)]
    stores = [UsageStore(database, clock=Calendar()) for database in opened]
    once = UsageAmounts(prompt_tokens=3, reply_tokens=2, heard_s=0.5, spoken_characters=7, cost=0.25)

    async def count(store: UsageStore, begin: int) -> None:
        for n in range(begin, 60, 6):
            store.add(guild_id=GUILD, user_id=(ADA, BORIS)[n % 3 == 0], model="m", amounts=once)
        await written(store)

    await asyncio.gather(*(count(stores[n % 2], n) for n in range(6)))
    assert await used_on(stores[0], DAY, guild_id=GUILD) == UsageAmounts(180, 120, 30.0, 420, 15.0)
    assert await used_on(stores[1], DAY, user_id=BORIS) == UsageAmounts(60, 40, 10.0, 140, 5.0)
    for database in opened:
        await database.close()


async def test_what_is_asked_for_is_summed_and_nothing_else(database: Database) -> None:
    calendar = Calendar()
    usage = UsageStore(database, clock=calendar)
    for user, guild, model, day, tokens in (
        (ADA, GUILD, "small", DAY, 1),
        (ADA, GUILD, "large", DAY, 2),
        (ADA, OTHER_GUILD, "small", DAY, 4),
        (ADA, None, "small", DAY, 8),
        (BORIS, GUILD, "small", DAY, 16),
        (ADA, GUILD, "small", DAY - timedelta(days=1), 32),
        (ADA, GUILD, "small", DAY - timedelta(days=9), 64),
    ):
        calendar.day = day
        usage.add(guild_id=guild, user_id=user, model=model, amounts=UsageAmounts(prompt_tokens=tokens))
        if tokens == 2:
            await written(usage)
    assert (await used_on(usage, DAY, user_id=ADA)).tokens == 15
    assert (await used_on(usage, DAY, guild_id=GUILD)).tokens == 19
    assert (await used_on(usage, DAY, guild_id=GUILD, user_id=ADA)).tokens == 3
    assert await used_on(usage, DAY + timedelta(days=1), guild_id=GUILD) == UsageAmounts()
    days = await usage.by_day(DAY - timedelta(days=6), guild_id=GUILD)
    assert {day: amounts.tokens for day, amounts in days.items()} == {DAY: 19, DAY - timedelta(days=1): 32}
    assert all(isinstance(amounts.prompt_tokens, int) for amounts in days.values())


async def test_amounts_may_be_larger_than_32_bits(database: Database) -> None:
    calendar = Calendar()
    usage = UsageStore(database, clock=calendar)
    for _time in range(2):
        usage.add(guild_id=None, user_id=ADA, model="m" * 300, amounts=UsageAmounts(prompt_tokens=1 << 40))
        await written(usage)
    assert (await used_on(usage, DAY, user_id=ADA)).prompt_tokens == 1 << 41


async def test_a_guild_that_was_left_and_old_days_are_forgotten(database: Database) -> None:
    calendar = Calendar()
    usage = UsageStore(database, clock=calendar)
    today = datetime.now(UTC).date()
    for guild, days in ((GUILD, 0), (OTHER_GUILD, 0), (OTHER_GUILD, 399), (OTHER_GUILD, 401)):
        calendar.day = today - timedelta(days=days)
        usage.add(guild_id=guild, user_id=ADA, model="m", amounts=UsageAmounts(heard_s=1.5))
    await written(usage)
    usage.add(guild_id=GUILD, user_id=ADA, model="m", amounts=UsageAmounts(heard_s=1.5))
    assert await usage.forget_guild(GUILD) == 1
    assert await used_on(usage, today, guild_id=GUILD) == UsageAmounts()
    assert await delete_expired([usage], Preferences(database).retention_days, timedelta(days=30)) == 1
    kept = await usage.by_day(today - timedelta(days=500), user_id=ADA)
    assert sorted(kept) == [today - timedelta(days=399), today]


async def test_what_is_counted_in_a_transaction_that_fails_is_counted_once_all_the_same(database: Database) -> None:
    usage = UsageStore(database, clock=Calendar())
    usage.add(guild_id=GUILD, user_id=ADA, model="m", amounts=UsageAmounts(prompt_tokens=3))
    with pytest.raises(RuntimeError):
        async with database.sessions.begin() as session:
            await usage.write(session)
            raise RuntimeError
    assert (await used_on(usage, DAY, user_id=ADA)).tokens == 3
    await written(usage)
    assert (await used_on(usage, DAY, user_id=ADA)).tokens == 3
    assert (await used_on(UsageStore(database, clock=Calendar()), DAY, user_id=ADA)).tokens == 3


async def test_what_no_job_ends_with_is_written_soon_and_at_the_stop(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = UsageStore(database, clock=Calendar())
    for after_s in (0.01, 60.0):
        monkeypatch.setattr("bot.usage.store.WRITTEN_AFTER_S", after_s)
        usage = UsageStore(database, clock=Calendar())
        usage.add(guild_id=GUILD, user_id=ADA, model="m", amounts=UsageAmounts(prompt_tokens=3))
        if after_s > 1:
            await usage.close()
        async with asyncio.timeout(30):
            while (await used_on(other, DAY, user_id=ADA)).tokens != (3 if after_s < 1 else 6):
                await asyncio.sleep(0.01)
