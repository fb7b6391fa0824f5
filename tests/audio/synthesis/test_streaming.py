"""An answer is spoken while it is still being written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from audio import (
    EspeakEngine,
    NothingToSayError,
    PiperEngine,
    Speech,
    SpeechUnavailableError,
    Synthesizer,
    Voice,
    decode,
)
from audio.synthesis import synthesizer
from tests.audio.synthesis.scripted_engine import ScriptedEngine

ANSWER = "Paris is the capital of France. It lies on the Seine. About two million people live there. Go and see it!"


@pytest_asyncio.fixture
async def offline(piper_joe: Path) -> AsyncIterator[Synthesizer]:
    synthesizer = Synthesizer([PiperEngine([piper_joe]), EspeakEngine()])
    await synthesizer.load()
    yield synthesizer
    await synthesizer.close()


async def test_the_voice_message_is_ready_soon_after_the_last_word(offline: Synthesizer) -> None:
    await offline.speak("Warm up.")
    waited_shares = []
    for _attempt in range(3):  # the machine may be busy with something else during an attempt
        began_s = time.perf_counter()
        whole = await offline.speak(ANSWER)
        afterwards_s = time.perf_counter() - began_s
        async with offline.stream(hint="en") as stream:
            words = ANSWER.split(" ")
            for word in words:
                stream.write(f"{word} ")
                await asyncio.sleep(1.5 * afterwards_s / len(words))
            ended_s = time.perf_counter()
            speech = await stream.finish()
            waited_shares.append((time.perf_counter() - ended_s) / afterwards_s)
        assert speech.voice == "en_US-joe-medium"
        assert speech.duration_s == pytest.approx(whole.duration_s, rel=0.2)
        assert decode(speech.ogg).duration_s == pytest.approx(speech.duration_s, abs=0.05)
        if waited_shares[-1] < 3 / 4:
            return
    raise AssertionError(f"the wait for the end, as shares of a whole synthesis: {waited_shares}")


async def test_the_first_sentence_is_spoken_before_the_second_is_written() -> None:
    engine = ScriptedEngine("one", ["en"])
    async with Synthesizer([engine]).stream(hint="en") as stream:
        stream.write("The first sentence. And")
        await asyncio.sleep(0.2)
        assert engine.spoken == [("one-en", "The first sentence.")]
        stream.write(" the second one.")
        await asyncio.sleep(0.2)
        assert len(engine.spoken) == 1, "3. may become 3.14"
        speech = await stream.finish()
    assert [text for _, text in engine.spoken] == ["The first sentence.", "And the second one."]
    assert speech.voice == "one-en"


class LoadingEngine(ScriptedEngine):
    """An engine that records which voices it was told to load."""

    async def load(self, voice: Voice) -> None:
        self.spoken.append((voice.name, "loaded"))


async def test_the_voice_is_loaded_before_there_is_anything_to_say() -> None:
    engine = LoadingEngine("one", ["en", "de"])
    async with Synthesizer([engine, LoadingEngine("two", ["de"])]).stream(hint="de"):
        await asyncio.sleep(0.01)
    assert engine.spoken == [("one-de", "loaded")]


async def test_first_words_are_given_while_the_rest_is_written_and_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesizer, "BEGINNING_S", 0.0)
    first, second = ScriptedEngine("first", ["en"], fails_at="Seine"), ScriptedEngine("second", ["en"])
    begun: asyncio.Queue[tuple[str, Speech]] = asyncio.Queue()

    def begin(text: str, speech: Speech) -> None:
        begun.put_nowait((text, speech))

    async with Synthesizer([first, second]).stream(hint="en", on_beginning=begin) as stream:
        stream.write("Paris is the capital. And")
        text, speech = await begun.get()
        assert (text, speech.voice) == ("Paris is the capital.", "first-en")
        stream.write(" it lies on the Seine. Go and see it!")
        rest = await stream.finish()
    assert rest.voice == "second-en"
    assert [said for _, said in second.spoken] == ["And it lies on the Seine.", "Go and see it!"]
    assert begun.empty()
    async with Synthesizer([ScriptedEngine("third", ["en", "ru"])]).stream(hint="en", on_beginning=begin) as stream:
        stream.write("Париж — столица Франции, и это знают все. А ещё")
        await asyncio.sleep(0.1)
        stream.write(" там течёт Сена.")
        await stream.finish()
    assert begun.empty(), "what was taken for another language may be taken for a third one when there is more of it"
    async with Synthesizer([second]).stream(hint="en", on_beginning=begin) as stream:
        stream.write("That was all. \n")
        await begun.get()
        with pytest.raises(NothingToSayError):
            await stream.finish()


async def test_what_was_written_is_spoken_before_anybody_asks_for_it_and_its_beginning_is_given_where_the_rest_is_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(synthesizer, "BEGINNING_S", 0.0)
    monkeypatch.setattr(synthesizer, "REST_S", 0.1)
    engine = ScriptedEngine("one", ["en"], takes_s=0.3)
    begun: asyncio.Queue[str] = asyncio.Queue()
    async with Synthesizer([engine]).stream(hint="en", on_beginning=lambda text, _: begun.put_nowait(text)) as stream:
        stream.write(ANSWER)
        await stream.end()
        assert await begun.get() == "Paris is the capital of France."
        assert stream.goes_on
        await stream.finish()
    monkeypatch.setattr(synthesizer, "REST_S", 60.0)
    async with Synthesizer([engine]).stream(hint="en", on_beginning=lambda text, _: begun.put_nowait(text)) as stream:
        stream.write(ANSWER)
        await stream.finish()
    assert begun.empty()


async def test_sentences_that_come_faster_than_they_are_spoken_are_joined_where_the_engine_likes_it() -> None:
    engine = ScriptedEngine("one", ["en"], takes_s=0.2, batch_chars=1000)
    async with Synthesizer([engine]).stream(hint="en") as stream:
        for sentence in ANSWER.split(". "):
            stream.write(f"{sentence}. ")
            await asyncio.sleep(0.01)
        await stream.finish()
    assert [text for _, text in engine.spoken] == [
        "Paris is the capital of France.",
        "It lies on the Seine. About two million people live there. Go and see it!.",
    ]


async def test_the_voice_goes_by_the_language_of_the_whole_text_even_if_it_began_in_another() -> None:
    engine = ScriptedEngine("one", ["en", "ru"])
    async with Synthesizer([engine]).stream(hint="en") as stream:
        stream.write("Hello everyone. ")
        stream.write("А теперь я скажу всё то же самое по-русски, ")
        await asyncio.sleep(0.1)
        stream.write("потому что все здесь понимают только по-русски.")
        speech = await stream.finish()
    assert engine.spoken[0] == ("one-en", "Hello everyone.")
    assert speech.voice == "one-ru"
    assert next(text for voice, text in engine.spoken if voice == "one-ru") == "Hello everyone."


async def test_when_the_engine_fails_in_the_middle_one_other_voice_says_it_all() -> None:
    first, second = ScriptedEngine("first", ["en"], fails_at="Seine"), ScriptedEngine("second", ["en"])
    async with Synthesizer([first, second]).stream(hint="en") as stream:
        stream.write(ANSWER)
        speech = await stream.finish()
    assert speech.voice == "second-en"
    assert " ".join(text for _, text in second.spoken) == ANSWER


async def test_an_answer_that_is_given_up_is_spoken_no_further() -> None:
    engine = ScriptedEngine("one", ["en"], takes_s=0.2)
    with pytest.raises(ZeroDivisionError):
        async with Synthesizer([engine]).stream(hint="en") as stream:
            stream.write(ANSWER)
            await asyncio.sleep(0.1)
            raise ZeroDivisionError
    await asyncio.sleep(0.5)
    assert len(engine.spoken) == 1
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_an_endless_answer_is_spoken_up_to_the_bound() -> None:
    engine = ScriptedEngine("one", ["en"], takes_s=0.001)
    async with Synthesizer([engine], max_chars=200).stream(hint="en") as stream:
        for number in range(2000):
            stream.write(f"This is sentence number {number}. ")
        await stream.finish()
    said = [text for _, text in engine.spoken]
    assert sum(map(len, said)) <= 200
    assert said[-1] == f"This is sentence number {len(said) - 1}."


async def test_what_cannot_be_spoken_is_told_at_the_end() -> None:
    async with Synthesizer([ScriptedEngine("one", ["en"])]).stream(hint="en") as stream:
        stream.write("```\nx = 1\n```")
        with pytest.raises(NothingToSayError):
            await stream.finish()
    async with Synthesizer([ScriptedEngine("one", ["en"], fails=True)]).stream(hint="en") as stream:
        stream.write("Hello there. And")
        await asyncio.sleep(0.05)
        with pytest.raises(SpeechUnavailableError):
            await stream.finish()
