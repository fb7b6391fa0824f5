"""Corrections are submitted, decided on and forgotten, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import insert

from bot.conversation.exchanges import ExchangeStore
from bot.corrections import limits
from bot.corrections.consents import ConsentMissingError, ConsentStore
from bot.corrections.correction import CorrectedAnswer, Correction, NoSuchCorrectionError
from bot.corrections.deciding import (
    AlreadyApprovedError,
    AlreadyRejectedError,
    AlreadyVotedError,
    ChangedMeanwhileError,
)
from bot.corrections.limits import TextLengthError, TooManyKeptError, TooManyPendingError, TooManyTodayError
from bot.corrections.service import CorrectionActor, Corrections, NothingApprovedError
from bot.corrections.store import CorrectionStore
from bot.datasets.dataset import DatasetLabel
from bot.datasets.store import DatasetStore
from bot.datasets.text_fingerprint import key_of_text
from bot.errors import StarlingError
from bot.preferences.preferences import Preferences
from bot.storage.database import Database
from bot.storage.tables import CorrectionRow, ExchangeRow

GUILD, OTHER_GUILD = 11, 12
ADA, BORIS, CHLOE = 1, 2, 3
MODERATOR, MEMBER = CorrectionActor(ADA, approves=True), CorrectionActor(CHLOE, approves=False)


def about(
    guild: int = GUILD, message: int = 100, question: int | None = None, asker: int | None = None
) -> CorrectedAnswer:
    return CorrectedAnswer(guild, 50, message, "The bot said this.", question, asker)


@pytest_asyncio.fixture
async def store(database: Database) -> AsyncIterator[CorrectionStore]:
    """A store in which three people have consented."""
    for user in (ADA, BORIS, CHLOE):
        await ConsentStore(database).give(user)
    yield CorrectionStore(database, DatasetStore(database))


@pytest_asyncio.fixture
async def approved_in() -> list[int]:
    """The guilds for which an approval was reported."""
    return []


@pytest_asyncio.fixture
async def corrections(database: Database, store: CorrectionStore, approved_in: list[int]) -> Corrections:
    return Corrections(store, DatasetStore(database), Preferences(database), approved_in.append)


async def test_nothing_is_kept_of_who_has_not_agreed(store: CorrectionStore) -> None:
    with pytest.raises(ConsentMissingError):
        await store.submit(about(), "q", "a", 4)
    assert await store.page(GUILD, 1, 10) == ([], 1, 0)


async def test_one_who_approves_and_one_who_rejects_at_once_leave_one_result(store: CorrectionStore) -> None:
    for number in range(6):
        one = await store.submit(about(), f"question {number}", "a", CHLOE)
        outcomes = await asyncio.gather(
            store.approve(GUILD, one.id, ADA), store.reject(GUILD, one.id, BORIS), return_exceptions=True
        )
        [refused] = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        now = await store.by_id(GUILD, one.id)
        if now.state == "approved":
            assert isinstance(refused, AlreadyApprovedError)
            assert refused.params == {"number": one.number, "who": f"<@{ADA}>"}
        else:
            assert isinstance(refused, AlreadyRejectedError)
            assert refused.params["who"] == f"<@{BORIS}>"
        assert [decision.action for decision in await store.history(one.id)] == ["submitted", now.state]


async def test_numbers_are_given_once_whoever_submits_at_once(store: CorrectionStore) -> None:
    made = await asyncio.gather(*[store.submit(about(), f"q{n}", "a", (ADA, BORIS, CHLOE)[n % 3]) for n in range(9)])
    assert sorted(one.number for one in made) == list(range(1, 10))
    await store.erasure.withdraw(GUILD, max(made, key=lambda one: one.number).id, ADA)
    assert (await store.submit(about(), "next", "a", ADA)).number == 10
    assert (await store.submit(about(OTHER_GUILD), "next", "a", ADA)).number == 1


async def test_several_have_to_approve_where_a_guild_wants_that(store: CorrectionStore) -> None:
    one = await store.submit(about(), "q", "a", CHLOE)
    assert (await store.approve(GUILD, one.id, ADA, votes=2)).missing == 1
    with pytest.raises(AlreadyVotedError):
        await store.approve(GUILD, one.id, ADA, votes=2)
    edited = await store.edit(GUILD, one.id, 1, "q", "b", CHLOE)
    assert await store.approvals(edited) == 0
    assert (await store.approve(GUILD, one.id, BORIS, votes=2)).missing == 1
    approval = await store.approve(GUILD, one.id, ADA, votes=2)
    assert (approval.missing, approval.correction.state) == (0, "approved")
    assert [(each.prompt, each.answer) for each in await store.taught.all(GUILD)] == [("q", "b")]
    assert await store.taught.all(OTHER_GUILD) == []


async def test_nobody_approves_a_text_that_they_have_not_seen(store: CorrectionStore) -> None:
    one = await store.submit(about(), "q", "a", CHLOE)
    await store.edit(GUILD, one.id, 1, "q", "something bad", CHLOE)
    for decide in (store.approve, store.reject):
        with pytest.raises(ChangedMeanwhileError):
            await decide(GUILD, one.id, ADA, revision=1)
    with pytest.raises(ChangedMeanwhileError):
        await store.edit(GUILD, one.id, 1, "q", "b", ADA)
    assert (await store.by_id(GUILD, one.id)).state == "pending"


async def test_another_guild_has_no_part_in_it(store: CorrectionStore) -> None:
    one = await store.submit(about(), "q", "a", CHLOE)
    for attempt in (
        store.by_id(OTHER_GUILD, one.id),
        store.get(OTHER_GUILD, one.number),
        store.approve(OTHER_GUILD, one.id, ADA),
        store.reject(OTHER_GUILD, one.id, ADA),
        store.erasure.withdraw(OTHER_GUILD, one.id, ADA),
        store.edit(OTHER_GUILD, one.id, 1, "x", "y", ADA),
    ):
        with pytest.raises(NoSuchCorrectionError):
            await attempt
    assert await store.search(OTHER_GUILD, "", 25) == []


@pytest.mark.parametrize(("prompt", "answer"), [("", "a"), ("q", " \n\0"), ("q", "я" * 2001)])
async def test_texts_have_a_length(store: CorrectionStore, prompt: str, answer: str) -> None:
    with pytest.raises(TextLengthError):
        await store.submit(about(), prompt, answer, CHLOE)


async def test_what_databases_cannot_keep_is_made_plain(store: CorrectionStore) -> None:
    one = await store.submit(about(), " Кто\0 там? \r\n👩‍👩‍👧 ", "half \ud83d of a pair", CHLOE)
    kept = await store.by_id(GUILD, one.id)
    assert (kept.prompt, kept.answer) == ("Кто там? \n👩‍👩‍👧", "half ? of a pair")


async def test_one_person_cannot_flood_a_guild(store: CorrectionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PENDING", 3)
    monkeypatch.setattr(limits, "MAX_PER_DAY", 5)
    made = [await store.submit(about(), f"q{n}", "a", CHLOE) for n in range(3)]
    assert await store.submit(about(), "q1", "a", CHLOE) == made[1]
    with pytest.raises(TooManyPendingError):
        await store.submit(about(), "one more", "a", CHLOE)
    await store.submit(about(), "by another", "a", BORIS)
    await store.submit(about(OTHER_GUILD), "elsewhere", "a", CHLOE)
    await store.erasure.withdraw(GUILD, made[0].id, CHLOE)
    await store.submit(about(), "one more", "a", CHLOE)
    await store.edit(GUILD, made[1].id, 1, "q1", "b", CHLOE)
    await store.erasure.withdraw(GUILD, made[2].id, CHLOE)
    with pytest.raises(TooManyTodayError):
        await store.submit(about(), "the sixth", "a", CHLOE)
    with pytest.raises(TooManyTodayError):
        await store.edit(GUILD, made[1].id, 2, "q1", "c", CHLOE)
    monkeypatch.setattr(limits, "MAX_KEPT", 3)
    with pytest.raises(TooManyKeptError):
        await store.submit(about(), "a moderator's", "a", ADA, limited=False)


async def test_duplicates_and_contradictions_are_found(store: CorrectionStore) -> None:
    first = await store.submit(about(), "Столица Франции?", "Париж.", BORIS)
    same = await store.submit(about(), "  столица   франции ", "«ПАРИЖ»!", CHLOE)
    other = await store.submit(about(), "столица Франции", "Лион", CHLOE)
    assert (await store.similar(same)).duplicates == (first.number,)
    assert (await store.similar(other)).contradictions == ()
    await store.approve(GUILD, first.id, ADA)
    assert (await store.similar(other)).contradictions == (first.number,)
    assert (
        await store.similar(await store.submit(about(OTHER_GUILD), "Столица Франции?", "Рим", ADA))
    ).duplicates == ()


@pytest.mark.parametrize(("one", "other"), [("Ёлка?", "  ёлка "), ("ﬁne", "FINE!"), ("?!", "?!"), ("a  b", "a\nb")])
def test_texts_that_say_the_same(one: str, other: str) -> None:
    assert key_of_text(one) == key_of_text(other)
    assert key_of_text(one) != key_of_text(f"{one} x")


async def test_search_finds_numbers_and_words(store: CorrectionStore) -> None:
    made = [await store.submit(about(), f"Вопрос {chr(1072 + n)}", "Ответ", CHLOE) for n in range(12)]
    await store.approve(GUILD, made[11].id, ADA)

    async def found(typed: str, author: int | None = None) -> list[int]:
        return [one.number for one in await store.search(GUILD, typed, 3, author_id=author)]

    assert await found("") == [11, 10, 9]
    assert await found("#1") == [1, 11, 10]
    assert await found("ВОПРОС Д") == [5]
    assert await found("ответ", BORIS) == []


async def test_a_moderators_own_is_approved_at_once_unless_it_contradicts(
    corrections: Corrections, approved_in: list[int]
) -> None:
    received = await corrections.submit(about(), "q", "a", MODERATOR)
    assert (received.correction.state, received.missing, approved_in) == ("approved", 0, [GUILD])
    again = await corrections.submit(about(), "q", "a", MODERATOR)
    assert (again.correction.id, again.missing) == (received.correction.id, 0)
    contradicting = await corrections.submit(about(), "Q?", "b", MODERATOR)
    assert (contradicting.correction.state, contradicting.missing) == ("pending", None)
    assert contradicting.similar.contradictions == (1,)
    edited = await corrections.edit(GUILD, received.correction.id, 1, "q", "b", MODERATOR)
    assert (edited.correction.state, edited.similar.duplicates, approved_in) == ("pending", (2,), [GUILD])


async def test_members_have_their_own_only(corrections: Corrections) -> None:
    other = (await corrections.submit(about(), "q", "a", CorrectionActor(BORIS, approves=False))).correction
    for attempt in (
        corrections.get(GUILD, other.number, MEMBER),
        corrections.edit(GUILD, other.id, 1, "q", "b", MEMBER),
        corrections.withdraw(GUILD, other.id, MEMBER),
    ):
        with pytest.raises(NoSuchCorrectionError):
            await attempt
    with pytest.raises(StarlingError, match="permission Manage Server"):
        await corrections.approve(GUILD, other.id, CorrectionActor(BORIS, approves=False))
    assert (await corrections.page(GUILD, 1, 5, MEMBER))[2] == 0
    assert (await corrections.page(GUILD, 1, 5, MODERATOR))[2] == 1


async def test_what_is_approved_goes_into_a_dataset_and_out_again(
    database: Database, corrections: Corrections, approved_in: list[int]
) -> None:
    datasets = DatasetStore(database)
    await datasets.create(GUILD, "d", ADA)
    with pytest.raises(NothingApprovedError):
        await corrections.add_to_dataset(GUILD, "d", ADA)
    pair = (await corrections.submit(about(), "q", "a", MODERATOR)).correction
    alone = (await corrections.submit(about(), "q2", "the bot said this", MODERATOR)).correction
    given = (await corrections.submit(about(), "q3", "a3", MEMBER)).correction
    await corrections.submit(about(), "not approved", "x", MEMBER)
    await corrections.approve(GUILD, given.id, MODERATOR)
    assert (await corrections.add_to_dataset(GUILD, "d", ADA)).changed == 3
    change = await corrections.add_to_dataset(GUILD, "d", ADA)
    assert (change.changed, change.unchanged) == (0, 3)

    async def kept() -> list[tuple[str | None, str | None, int, str | None]]:
        return [
            (example.answer, example.rejected, example.given_by, example.origin_id)
            for example in await datasets.examples((await datasets.get(GUILD, "d")).id)
        ]

    original = "The bot said this."
    assert await kept() == [
        ("a", original, ADA, pair.id),
        ("the bot said this", None, ADA, alone.id),
        ("a3", original, CHLOE, given.id),
    ]
    await corrections.edit(GUILD, pair.id, 1, "q", "better", MODERATOR)
    await corrections.withdraw(GUILD, given.id, MEMBER)
    assert [answer for answer, *_rest in await kept()] == ["the bot said this"]
    await corrections.add_to_dataset(GUILD, "d", ADA)
    assert [answer for answer, *_rest in await kept()] == ["the bot said this", "better"]
    await datasets.select(GUILD, "d", DatasetLabel.POSITIVE)
    await datasets.mark_trained(GUILD, (await datasets.get(GUILD, "d")).id)
    _before, removed = await corrections.withdraw(GUILD, alone.id, MODERATOR)
    assert [version.name for version in removed.learned] == ["d"]
    assert approved_in == [GUILD] * 4


async def test_withdrawn_corrections_leave_no_text(store: CorrectionStore) -> None:
    one = await store.submit(about(), "q", "a", CHLOE)
    before, _removed = await store.erasure.withdraw(GUILD, one.id, CHLOE)
    assert before.answer == "a"
    with pytest.raises(NoSuchCorrectionError):
        await store.approve(GUILD, one.id, ADA)
    assert [decision.action for decision in await store.history(one.id)] == ["submitted", "withdrawn"]
    assert await store.of_user(CHLOE) == []


async def _states(store: CorrectionStore, *ones: Correction) -> list[str]:
    found: list[str] = []
    for one in ones:
        try:
            found.append((await store.by_id(one.guild_id, one.id)).state)
        except NoSuchCorrectionError:
            found.append("gone")
    return found


async def test_what_a_person_gave_and_asked_is_forgotten_with_them(
    database: Database, corrections: Corrections, store: CorrectionStore
) -> None:
    theirs = (await corrections.submit(about(), "q", "a", MEMBER)).correction
    asked = (await corrections.submit(about(asker=CHLOE, question=7), "asked by Chloe", "a", MODERATOR)).correction
    others = (await corrections.submit(about(OTHER_GUILD), "q", "a", CorrectionActor(BORIS, approves=False))).correction
    rewritten = (await corrections.submit(about(), "q4", "a", CorrectionActor(BORIS, approves=False))).correction
    await corrections.edit(GUILD, rewritten.id, 1, "q4", "by Chloe", CorrectionActor(CHLOE, approves=True))
    await corrections.approve(OTHER_GUILD, others.id, CorrectionActor(CHLOE, approves=True))
    assert len(await store.of_user(CHLOE)) == 2
    await corrections.forget_user(CHLOE)
    await ConsentStore(database).forget_user(CHLOE)
    assert await _states(store, theirs, asked, others, rewritten) == ["gone", "gone", "approved", "gone"]
    history = await store.history(others.id)
    assert [decision.actor_id for decision in history] == [BORIS, None]
    with pytest.raises(ConsentMissingError):
        await corrections.submit(about(), "q", "a", MEMBER)
    with pytest.raises(AlreadyApprovedError, match="someone who was forgotten since"):
        await store.reject(OTHER_GUILD, others.id, ADA)


async def test_who_has_taught_very_much_is_forgotten_as_well(
    database: Database, corrections: Corrections, store: CorrectionStore
) -> None:
    now, count, answered = datetime.now(UTC), 1100, 1100
    taught = [
        {
            "id": f"{number:032}", "guild_id": GUILD, "number": number, "channel_id": 1, "author_id": CHLOE,
            "text_by": CHLOE, "prompt": "q", "answer": f"a {number}", "original": "", "prompt_key": "q",
            "answer_key": "a", "state": "approved", "revision": 1, "created_at": now, "changed_at": now,
        }
        for number in range(1, count + 1)
    ]  # fmt: skip
    replies = [
        {
            "reply_message_id": id_, "channel_id": 1, "guild_id": GUILD, "user_id": BORIS, "prompt_message_id": id_,
            "prompt": "q", "reply": "a", "model": "m", "created_at": now, "has_files": False, "recalled": f",{count},",
        }
        for id_ in range(1, answered + 1)
    ]  # fmt: skip
    async with database.sessions.begin() as session:
        await session.execute(insert(CorrectionRow), taught)
        await session.execute(insert(ExchangeRow), replies)
    assert (await corrections.forget_user(CHLOE)).rows >= count
    assert await store.of_user(CHLOE) == []
    assert await ExchangeStore(database).of_user(BORIS) == [], "these answers were given one of them"


async def test_deleted_messages_take_their_words_with_them(corrections: Corrections, store: CorrectionStore) -> None:
    own = (await corrections.submit(about(question=7, asker=CHLOE), "q", "a", MEMBER)).correction
    others = (await corrections.submit(about(question=7, asker=CHLOE), "q", "b", MODERATOR)).correction
    await corrections.forget_messages([7, 100, 999])
    assert await _states(store, own, others) == ["pending", "gone"]
    kept = await store.by_id(GUILD, own.id)
    assert (kept.original, kept.message_id, kept.question_id, kept.answer) == ("", None, None, "a")


async def test_a_guild_is_forgotten_alone(corrections: Corrections) -> None:
    one = (await corrections.submit(about(), "q", "a", MEMBER)).correction
    await corrections.submit(about(OTHER_GUILD), "q", "a", MEMBER)
    await corrections.forget_guild(GUILD)
    assert (await corrections.page(GUILD, 1, 5, MODERATOR))[2] == 0
    assert (await corrections.page(OTHER_GUILD, 1, 5, MODERATOR))[2] == 1
    assert (await corrections.shown(one)).history == ()
