"""Guilds' and people's choices are stored, changed and deleted, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import JSON, ColumnClause, Connection, column, insert, select, table

from bot.conversation.exchanges import Exchange, ExchangeStore
from bot.preferences.choices import (
    Access,
    DailyLimits,
    GuildPreferences,
    RoleLimit,
    SpeakMode,
    SpokenLength,
    TeachingRoles,
    TranscriptStyle,
    UserPreferences,
)
from bot.preferences.preferences import Preferences
from bot.preferences.store import PreferenceStore, Scope
from bot.storage.database import Database, alembic_config
from bot.storage.tables import PreferenceRow, UtcDateTime, WithdrawalRow
from bot.work.shards import ShardShare

GUILD, OTHER_GUILD, ADA = 1_300_000_000_000_000_000, 12, 5
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERYTHING = GuildPreferences(
    speak=SpeakMode.ALWAYS,
    spoken_length=SpokenLength.OFF,
    transcript_style=TranscriptStyle.TIMES,
    transcript_languages={GUILD + 1: ("de", "fr"), 7: ("en",)},
    transcribed_channels=frozenset({GUILD + 1, 7}),
    joined_channels={GUILD + 2: SpeakMode.NEVER, 8: SpeakMode.VOICE},
    retention_days=7,
    languages=("ru", "en"),
    names=("Скворец", "Birdie"),
    vocabulary="Штирлиц, Müller",
    voice="piper-joe",
    chat_model="small",
    roles=TeachingRoles(correct=5, approve=6, votes=3, train=7),
    review_channel=GUILD + 4,
    limits=DailyLimits(1000, 600, 100, 60),
    role_limits={GUILD + 5: RoleLimit(500, 30)},
    access=Access(frozenset({1}), frozenset({GUILD + 6}), frozenset({2}), frozenset({3}), frozenset({GUILD + 7})),
    instruction="Поэт 🪶",
    channel_instructions={GUILD + 3: "terse"},
)


async def rows(database: Database) -> list[tuple[str, int]]:
    async with database.sessions() as session:
        return [(row.scope, row.scope_id) for row in await session.scalars(select(PreferenceRow))]


def test_the_example_chooses_everything_that_there_is() -> None:
    default = GuildPreferences()
    assert all(getattr(EVERYTHING, one.name) != getattr(default, one.name) for one in fields(EVERYTHING))


async def test_what_a_guild_chose_is_there_after_a_restart(database: Database) -> None:
    await Preferences(database).change_guild(GUILD, lambda _before: EVERYTHING)
    again = Preferences(database)
    assert await again.guild(GUILD) == EVERYTHING
    assert await again.guild(OTHER_GUILD) == GuildPreferences()
    assert await again.guild(None) == GuildPreferences()


async def test_what_a_person_chose_is_there_after_a_restart(database: Database) -> None:
    chosen = UserPreferences(voice="piper-joe", locale="ru", credited=True)
    await Preferences(database).change_user(ADA, lambda _before: chosen)
    assert await Preferences(database).user(ADA) == chosen
    assert await Preferences(database).guild(ADA) == GuildPreferences()


async def test_a_change_is_seen_at_once_and_leaves_the_rest(database: Database) -> None:
    preferences = Preferences(database)
    assert (await preferences.guild(GUILD)).speak is None
    await preferences.change_guild(GUILD, lambda before: replace(before, speak=SpeakMode.NEVER))
    changed = await preferences.change_guild(GUILD, lambda before: replace(before, languages=("ru",)))
    assert changed == GuildPreferences(speak=SpeakMode.NEVER, languages=("ru",))
    assert await preferences.guild(GUILD) == changed


async def test_what_is_left_to_the_host_again_leaves_no_row(database: Database) -> None:
    preferences = Preferences(database)
    await preferences.change_guild(GUILD, lambda _before: EVERYTHING)
    await preferences.change_guild(GUILD, lambda _before: GuildPreferences())
    assert await rows(database) == []


async def test_of_changes_at_once_all_count(database: Database) -> None:
    preferences = Preferences(database)

    async def join(channel: int) -> None:
        await preferences.change_guild(
            GUILD,
            lambda before: replace(before, joined_channels={**before.joined_channels, channel: SpeakMode.VOICE}),
        )

    await asyncio.gather(*[join(channel) for channel in range(20)])
    assert set((await Preferences(database).guild(GUILD)).joined_channels) == set(range(20))


async def test_nothing_of_a_guild_or_a_person_stays_when_they_are_forgotten(database: Database) -> None:
    preferences = Preferences(database)
    await preferences.change_guild(GUILD, lambda _before: EVERYTHING)
    await preferences.change_user(ADA, lambda before: replace(before, credited=True))
    await preferences.change_guild(OTHER_GUILD, lambda before: replace(before, voice="x"))
    await preferences.forget_guild(GUILD)
    await preferences.forget_user(ADA)
    assert await preferences.guild(GUILD) == GuildPreferences()
    assert await preferences.user(ADA) == UserPreferences()
    assert await rows(database) == [("guild", OTHER_GUILD)]


async def test_only_guilds_that_chose_it_have_days_of_their_own(database: Database) -> None:
    preferences = Preferences(database)
    await preferences.change_guild(GUILD, lambda before: replace(before, retention_days=3))
    await preferences.change_guild(OTHER_GUILD, lambda before: replace(before, voice="x"))
    assert await preferences.retention_days() == {GUILD: 3}


@pytest.mark.parametrize("stored", ["loud", 3, {"a": 1}])
async def test_a_stored_value_that_means_nothing_is_as_if_it_were_not_there(database: Database, stored: object) -> None:
    await PreferenceStore(database).write(Scope.GUILD, GUILD, {"speak": stored, "voice": "x", "unknown": 1})
    assert await Preferences(database).guild(GUILD) == GuildPreferences(voice="x")


async def test_choices_of_an_older_version_are_taken_over(database: Database) -> None:
    old = [
        ("guild", GUILD, "speak", "always"),
        ("guild", GUILD, "corrections", {"correct": 5, "approve": None, "votes": 2}),
        ("guild", GUILD, "instruction", "Поэт 🪶"),
        ("guild", GUILD, "instructions_of_channels", {str(GUILD + 3): "terse"}),
        ("guild", GUILD, "transcribed_channels", [GUILD + 1, 7]),
        ("guild", GUILD, "transcript_languages", ["de", "fr"]),
        ("guild", GUILD, "member_audio_s_a_day", 60),
        ("guild", GUILD, "told_of_budget_tokens", "2026-11-23"),
        ("channel", GUILD + 2, "joined", "never"),
        ("channel", 99, "joined", "voice"),
        ("user", ADA, "locale", "ru"),
        ("user", ADA, "withdrew_examples_at", "2026-11-23T12:00:00+00:00"),
    ]

    def upgrade(connection: Connection) -> None:
        command.downgrade(alembic_config(connection), "0011")
        names: list[ColumnClause[Any]] = [column(name) for name in ("scope", "scope_id", "name")]
        settings = table("settings", *names, column("value", JSON), column("updated_at", UtcDateTime))
        for scope, id_, name, value in old:
            row = {"scope": scope, "scope_id": id_, "name": name, "value": value, "updated_at": NOW}
            connection.execute(insert(settings).values(row))
        command.upgrade(alembic_config(connection), "head")

    await ExchangeStore(database).remember(Exchange(1, GUILD + 2, GUILD, ADA, 2, "q", "a", None, None, "m", NOW))
    async with database.engine.begin() as connection:
        await connection.run_sync(upgrade)
    preferences = Preferences(database)
    assert await preferences.guild(GUILD) == GuildPreferences(
        speak=SpeakMode.ALWAYS,
        transcribed_channels=frozenset({GUILD + 1, 7}),
        transcript_languages={GUILD + 1: ("de", "fr"), 7: ("de", "fr")},
        joined_channels={GUILD + 2: SpeakMode.NEVER},
        roles=TeachingRoles(correct=5, votes=2),
        limits=DailyLimits(member_audio_s_a_day=60),
        instruction="Поэт 🪶",
        channel_instructions={GUILD + 3: "terse"},
    )
    assert await preferences.user(ADA) == UserPreferences(locale="ru")
    assert len(await rows(database)) == 9
    async with database.sessions() as session:
        [withdrawn] = await session.scalars(select(WithdrawalRow))
    assert (withdrawn.user_id, withdrawn.withdrawn_at) == (ADA, NOW)


async def test_what_a_person_chooses_in_one_process_holds_in_every_other(database: Database) -> None:
    here, elsewhere = (Preferences(database, ShardShare(gateway, gateways=2, shards=2)) for gateway in range(2))
    for seen in (here, elsewhere):
        assert await seen.user(ADA) == UserPreferences()
    await here.change_user(ADA, lambda before: replace(before, voice="piper-joe"))
    assert (await elsewhere.user(ADA)).voice == "piper-joe"
    await elsewhere.change_user(ADA, lambda before: replace(before, voice=None, locale="ru"))
    assert await here.user(ADA) == UserPreferences(locale="ru")
    await elsewhere.forget_user(ADA)
    assert await here.user(ADA) == UserPreferences()


async def test_what_a_guild_chooses_holds_where_it_is_only_looked_at(database: Database) -> None:
    shares = [ShardShare(gateway, gateways=2, shards=2) for gateway in range(2)]
    there, elsewhere = (Preferences(database, share) for share in sorted(shares, key=lambda one: not one.owns(GUILD)))
    assert await elsewhere.guild(GUILD) == GuildPreferences()
    await there.change_guild(GUILD, lambda before: replace(before, joined_channels={7: SpeakMode.NEVER}))
    assert await elsewhere.guild(GUILD) == await there.guild(GUILD)
    await there.change_guild(OTHER_GUILD, lambda before: replace(before, transcribed_channels=frozenset({8, 9})))
    assert await elsewhere.channels() == {GUILD: {7}, OTHER_GUILD: {8, 9}}
