"""Comparisons and people's votes on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.storage.database import Database
from bot.training.evaluating.comparisons import (
    Comparison,
    ComparisonGoneError,
    ComparisonRevealedError,
    ComparisonStore,
    Tally,
)

GUILD, OTHER = 1_300_000_000_000_000_001, 1_300_000_000_000_000_002


async def added(store: ComparisonStore, guild: int = GUILD, asked_by: int = 5) -> Comparison:
    return await store.add(
        guild_id=guild, channel_id=3, asked_by=asked_by, prompt="Кто ты? 🐦", models=("one", "two"),
        answers=("a", "b"),
    )  # fmt: skip


async def test_one_vote_a_person_until_the_names_are_known(database: Database) -> None:
    store = ComparisonStore(database)
    asked = await added(store)
    await store.vote(GUILD, asked.id, 7, "a")
    await store.vote(GUILD, asked.id, 8, "alike")
    _asked, tally = await store.vote(GUILD, asked.id, 7, "b")
    assert tally == Tally(0, 1, 1)
    for guild, id_, choice in ((OTHER, asked.id, "a"), (GUILD, "0" * 32, "a"), (GUILD, asked.id, "c")):
        with pytest.raises(ComparisonGoneError):
            await store.vote(guild, id_, 7, choice)
    revealed, tally = await store.reveal(GUILD, asked.id)
    assert revealed.revealed_at is not None and tally.count == 2
    with pytest.raises(ComparisonRevealedError):
        await store.vote(GUILD, asked.id, 9, "a")


async def test_they_are_forgotten_with_people_messages_guilds_and_time(database: Database) -> None:
    store = ComparisonStore(database)
    first, second, third = await added(store), await added(store, asked_by=6), await added(store, OTHER)
    for one in (first, second):
        await store.vote(GUILD, one.id, 5, "a")
    await store.posted(second.id, 99)
    await store.forget_user(5)
    assert await store.of_user(5) == ([], [])
    assert (await store.get(GUILD, second.id))[1].count == 0
    with pytest.raises(ComparisonGoneError):
        await store.get(GUILD, first.id)
    await store.forget_messages([99, 100])
    with pytest.raises(ComparisonGoneError):
        await store.get(GUILD, second.id)
    last = await added(store, OTHER)
    await store.forget_guild(GUILD)
    assert (await store.get(OTHER, last.id))[0].prompt == "Кто ты? 🐦"
    assert await store.delete_before(datetime.now(UTC) - timedelta(days=1)) == 0
    assert await store.delete_before(datetime.now(UTC) + timedelta(days=1), guild_id=OTHER) == 1
    assert third.asked_by == 5
