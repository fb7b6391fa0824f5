"""Every table with an id of a person, a guild or a message has a holder that empties it, on both databases."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import BigInteger, select

from bot.app.learning import build_personal_data_alone
from bot.app.stores import stores_in
from bot.preferences.preferences import Preferences
from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, LearnedVersion
from bot.privacy.personal_data import PersonalData
from bot.privacy.retention import delete_expired
from bot.settings import read_settings
from bot.storage.database import Database
from bot.storage.tables import Base, DatasetRow
from bot.storage.tables.snowflake import GuildId, MessageId, UserId
from extensions.privacy.card import STORED
from tests.conftest import ROOT
from tests.privacy.stored import BY_SCOPE, ROWS, SECRET, Ids, fill, holding, sizes, telling

ADA = Ids(user=1_300_000_000_000_000_005, guild=1_300_000_000_000_000_006, message=1_300_000_000_000_000_100, key="ada")
BORIS = Ids(user=7, guild=8, message=200, key="boris")
NUMBERS = {"prompt_tokens", "reply_tokens", "spoken_characters", "id"}
KEPT_FOR_DAYS = ("jobs", "exchanges", "comparisons", "model_tests", "usage")
PARTS = {"CorrectionErasure", "TrainingStore", "ModelStore"}
"""Holders that ``Corrections`` and ``Trainings`` call."""
CLASS = re.compile(r"(?m)^class (\w+)\(([^)]*)\):")
"""A class and its bases."""


@pytest_asyncio.fixture
async def data(database: Database, tmp_path: Path) -> PersonalData:
    """The holders as the bot composes them, with a row of Ada's and one of Boris's in every table."""
    for ids in (ADA, BORIS):
        await fill(database, ids)
    settings = read_settings(data_folder=tmp_path)
    return build_personal_data_alone(settings, stores_in(database, settings, clock=lambda: datetime.now(UTC)))


def test_the_rows_of_this_test_are_of_every_table_and_say_what_they_are_ids_of() -> None:
    without = set(Base.metadata.tables) - set(ROWS)
    assert not without, f"Give {sorted(without)} a row in tests/privacy/stored.py, as it is when it was used."
    assert set(ROWS) <= set(Base.metadata.tables)
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, BigInteger):
                assert column.name in NUMBERS, f"{table.name}.{column.name} is an id: use a Snowflake that says of what"


def _holders() -> set[str]:
    """The names of all existing holders, except those that others derive from."""
    bases = {
        name: {base.strip() for base in of.split(",")}
        for path in (ROOT / "bot").rglob("*.py")
        for name, of in CLASS.findall(path.read_text(encoding="utf-8"))
    }
    found, wave = set[str](), {"DataHolder"}
    while wave:
        wave = {name for name, of in bases.items() if of & wave}
        found |= wave
    return found - {base for name in found for base in bases[name]}


async def test_every_holder_is_in_the_list(data: PersonalData) -> None:
    unlisted = _holders() - PARTS - {type(holder).__name__ for holder in data.holders}
    assert not unlisted, f"{sorted(unlisted)} are asked for nothing: name them in bot/app/personal_data.py."


async def test_a_person_who_is_forgotten_is_in_no_table(database: Database, data: PersonalData) -> None:
    forgotten = await data.forget_user(ADA.user)
    assert forgotten.examples == 1
    assert forgotten.learned == (LearnedVersion(ADA.guild, "ada", "d", 1),)
    # The time of the withdrawal is kept, so that no archive restores the examples.
    assert await holding(database, UserId, ADA.user) == ["withdrawals.user_id"]
    await data.forget_user(BORIS.user)
    assert set(await telling(database, SECRET)) == {"preferences"}, "what guilds have chosen is theirs"
    assert (await data.forget_user(ADA.user)) == ErasureResult()


async def test_what_a_model_learned_and_lost_is_a_count_and_a_hash(database: Database, data: PersonalData) -> None:
    await data.forget_user(ADA.user)
    async with database.sessions() as session:
        row = await session.scalar(select(DatasetRow).where(DatasetRow.id == "ada"))
    assert row is not None
    assert (row.withdrawn_examples, row.content_hash, row.created_by) == (1, "0", None)


async def test_a_guild_that_was_left_is_in_no_table(database: Database, data: PersonalData) -> None:
    before = await sizes(database)
    await data.forget_guild(ADA.guild)
    assert await holding(database, GuildId, ADA.guild) == []
    peoples_own = {"consents", "memories", "taken_back", "withdrawals"}
    left = {name: 3 if name in BY_SCOPE else 2 if name in peoples_own else 1 for name in before}
    assert await sizes(database) == left


async def test_a_message_that_was_deleted_is_in_no_table(database: Database, data: PersonalData) -> None:
    await data.forget_messages([ADA.message, ADA.message + 1])
    for message in (ADA.message, ADA.message + 1):
        assert await holding(database, MessageId, message) == []
    assert len(await holding(database, MessageId, BORIS.message)) == 6


async def test_the_words_of_a_question_leave_with_its_message(database: Database, data: PersonalData) -> None:
    assert "jobs" in await telling(database, SECRET)
    await data.forget_messages([ADA.message, BORIS.message])
    assert set(await telling(database, SECRET)).isdisjoint({"jobs", "exchanges", "comparisons"})


async def test_what_a_guild_wants_to_be_forgotten_sooner_is(database: Database, data: PersonalData) -> None:
    [preferences] = [holder for holder in data.holders if isinstance(holder, Preferences)]
    await preferences.change_guild(ADA.guild, lambda chosen: replace(chosen, retention_days=1))
    years = timedelta(days=36500)
    assert await delete_expired(data.holders, preferences.retention_days, years) == 4
    kept = {table.partition(".")[0] for table in await holding(database, GuildId, ADA.guild)}
    assert kept.isdisjoint({"jobs", "exchanges", "comparisons", "model_tests"})
    assert "corrections" in kept
    elsewhere = {table.partition(".")[0] for table in await holding(database, GuildId, BORIS.guild)}
    assert elsewhere >= {"jobs", "exchanges", "comparisons"}


async def test_what_the_host_wants_to_be_forgotten_is_forgotten_everywhere(
    database: Database, data: PersonalData
) -> None:
    [preferences] = [holder for holder in data.holders if isinstance(holder, Preferences)]
    await delete_expired(
        data.holders, preferences.retention_days, datetime.now(UTC) - datetime(2026, 11, 24, tzinfo=UTC)
    )
    assert [(await sizes(database))[name] for name in KEPT_FOR_DAYS] == [0, 0, 0, 0, 2]


async def test_a_person_is_given_all_that_is_stored_on_them(data: PersonalData) -> None:
    summary = await data.summary(ADA.user)
    told = {field for _, field, _, _ in string.Formatter().parse(STORED) if field}
    untold = {kind for kind, count in summary.items() if kind is not DataKind.AGREEMENTS and kind not in told}
    assert not untold, f"{sorted(untold)} are counted, but extensions/privacy/card.py does not tell of them."
    assert summary == {
        DataKind.EXCHANGES: 2, DataKind.CORRECTIONS: 1, DataKind.EXAMPLES: 1, DataKind.VOTES: 2, DataKind.FEEDBACK: 1,
        DataKind.AGREEMENTS: 1, DataKind.MEMORIES: 1, DataKind.TESTS: 1, DataKind.FILES: 1,
    }  # fmt: skip
    exported = json.loads(await data.export(ADA.user))
    assert exported["user_id"] == str(ADA.user)
    assert exported["questions_and_answers"][0]["prompt"] == SECRET
    assert exported["examples_in_datasets"][0]["answer"] == SECRET
    assert exported["settings"]["voice"] == SECRET
    assert exported["agreed_that_corrections_are_kept"] is True
    assert not any("vector" in name for name in exported)
    empty = [name for name, value in exported.items() if value in ([], {}, None)]
    assert empty == []


class Failing(DataHolder):
    """A store whose database is unavailable."""

    async def forget_user(self, user_id: int) -> ErasureResult:
        raise OSError("away")


async def test_a_store_that_fails_keeps_no_other_from_forgetting(database: Database, data: PersonalData) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await PersonalData([Failing(), *data.holders]).forget_user(ADA.user)
    assert [str(error) for error in failed.value.exceptions] == ["away"]
    assert await holding(database, UserId, ADA.user) == ["withdrawals.user_id"]
