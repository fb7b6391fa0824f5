"""Texts become voice messages: by the first engine that speaks the language, and never by a voice that does not."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import jiwer
import numpy as np
import pytest
import pytest_asyncio

from audio import (
    PLAIN,
    EspeakEngine,
    LanguageNotSpokenError,
    NothingToSayError,
    PiperEngine,
    Prosody,
    Sound,
    SpeechUnavailableError,
    Synthesizer,
    Transcriber,
    UnknownVoiceError,
    Voice,
    decode,
)
from audio.recognition.options import TranscriptionOptions
from audio.synthesis.voices import Gender
from tests.audio.synthesis.scripted_engine import ScriptedEngine
from tests.spoken import word_error_rate, words


@pytest_asyncio.fixture
async def offline(piper_joe: Path) -> AsyncIterator[Synthesizer]:
    synthesizer = Synthesizer([PiperEngine([piper_joe.parent]), EspeakEngine()])
    yield synthesizer
    await synthesizer.close()


async def test_what_piper_says_can_be_heard(offline: Synthesizer, transcriber: Transcriber) -> None:
    text = "The weather will be lovely tomorrow. Please remember to water the flowers in the garden."

    speech = await offline.speak(text)

    assert (speech.voice, speech.engine) == ("en_US-joe-medium", "piper")
    assert 3 < speech.duration_s < 9
    assert decode(speech.ogg).duration_s == pytest.approx(speech.duration_s, abs=0.05)
    assert 1 <= len(speech.waveform) <= 256
    heard = await transcriber.transcribe(speech.ogg)
    assert heard.language == "en"
    assert word_error_rate(text, heard.text) < 0.2


async def test_russian_is_read_by_a_russian_voice_even_when_an_english_one_was_wished(
    offline: Synthesizer, transcriber: Transcriber
) -> None:
    text = "Сегодня очень хорошая погода, и мы идём гулять в парк."

    speech = await offline.speak(text, voice="en_US-joe-medium")

    assert (speech.voice, speech.engine) == ("espeak-ru", "espeak")
    heard = await transcriber.transcribe(speech.ogg, TranscriptionOptions(language="ru"))
    assert jiwer.cer(words(text), words(heard.text)) < 0.75


async def test_piper_and_espeak_share_one_process_and_speak_at_once(offline: Synthesizer) -> None:
    speeches = await asyncio.gather(
        *(
            offline.speak(text)
            for text in ("Hello there, my friend.", "Привет, мой друг.", "Guten Morgen, schöne Welt.") * 2
        )
    )

    assert [speech.voice for speech in speeches] == ["en_US-joe-medium", "espeak-ru", "espeak-de"] * 2
    assert all(speech.duration_s > 0.5 for speech in speeches)


async def test_speaking_leaves_the_loop_free(offline: Synthesizer) -> None:
    await offline.load()
    lags_s: list[float] = []

    async def feel_the_loop() -> None:
        while True:
            began_s = time.perf_counter()
            await asyncio.sleep(0.01)
            lags_s.append(time.perf_counter() - began_s - 0.01)

    feeling = asyncio.create_task(feel_the_loop())
    await offline.speak("This sentence is said, and nobody else has to wait for it.")
    feeling.cancel()

    assert max(lags_s) < 2


async def test_a_speech_that_nobody_waits_for_stops_at_its_next_sentence(piper_joe: Path) -> None:
    synthesizer = Synthesizer([PiperEngine([piper_joe])])
    await synthesizer.load()
    speaking = asyncio.create_task(synthesizer.speak("This is one of very many long sentences, is it not? " * 70))
    await asyncio.sleep(0.3)
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking

    began_s = time.monotonic()
    await synthesizer.close()
    assert time.monotonic() - began_s < 5


async def test_the_next_engine_speaks_when_the_first_fails_and_the_first_is_left_alone_for_a_while() -> None:
    first, second = ScriptedEngine("first", ["en-US"], fails=True), ScriptedEngine("second", ["en-GB", "de-DE"])
    synthesizer = Synthesizer([first, second], pause_after_failure_s=1.5)

    assert (await synthesizer.speak("Hello", language="en-US")).engine == "second"
    assert (await synthesizer.speak("Hello", language="en-US")).engine == "second"
    assert len(first.spoken) == 1

    await asyncio.sleep(1.6)
    first.fails = False
    assert (await synthesizer.speak("Hello", language="en-US")).engine == "first"


async def test_a_text_that_no_voice_of_an_engine_can_say_is_not_held_against_them() -> None:
    first = ScriptedEngine("first", ["en-US", "en-GB"], mute_at="hieroglyphs")
    synthesizer = Synthesizer([first, ScriptedEngine("second", ["en"])])

    assert (await synthesizer.speak("Now some hieroglyphs.", language="en")).engine == "second"
    assert [voice for voice, _ in first.spoken] == ["first-en-US", "first-en-GB"]
    assert (await synthesizer.speak("Hello", language="en")).voice == "first-en-US"


async def test_an_engine_that_dawdles_counts_as_failed() -> None:
    synthesizer = Synthesizer(
        [ScriptedEngine("slow", ["en"], takes_s=60), ScriptedEngine("quick", ["en"])], timeout_s=0.1
    )
    assert (await synthesizer.speak("Hello")).engine == "quick"


async def test_a_wished_voice_picks_its_engine_and_then_its_language() -> None:
    first, second = ScriptedEngine("first", ["en-US", "de-DE"]), ScriptedEngine("second", ["de-AT", "en-GB"])
    synthesizer = Synthesizer([first, second])

    assert (await synthesizer.speak("OK", voice="second-de-AT")).voice == "second-de-AT"
    assert (await synthesizer.speak("OK", voice="SECOND-EN-GB")).voice == "second-en-GB"
    second.fails = True
    assert (await synthesizer.speak("OK", voice="second-de-AT")).voice == "first-de-DE"


async def test_the_region_is_kept_where_a_voice_has_it() -> None:
    synthesizer = Synthesizer([ScriptedEngine("one", ["pt-PT", "pt-BR"])])

    assert (await synthesizer.speak("Obrigado", language="pt-BR")).voice == "one-pt-BR"
    assert (await synthesizer.speak("Obrigado", language="pt")).voice == "one-pt-PT"
    assert (await synthesizer.speak("Obrigado", language="pt-AO")).voice == "one-pt-PT"


async def test_one_engine_alone_may_be_let_speak() -> None:
    first, second = ScriptedEngine("first", ["en"]), ScriptedEngine("second", ["en"])
    synthesizer = Synthesizer([first, second], only="second")

    assert (await synthesizer.speak("Hello")).engine == "second"
    assert {voice.engine for voice in await synthesizer.voices()} == {"second"}
    await synthesizer.close()
    assert first.closed and second.closed


async def test_when_all_fail_it_says_why() -> None:
    synthesizer = Synthesizer(
        [ScriptedEngine("first", ["en"], fails=True), ScriptedEngine("second", ["en"], fails=True)]
    )
    with pytest.raises(SpeechUnavailableError) as failed:
        await synthesizer.speak("Hello")
    assert str(failed.value) == (
        "No voice can speak right now (first: as it was told to; second: as it was told to). "
        "Please try again in a few minutes."
    )


async def test_what_cannot_be_said_is_told() -> None:
    engine = ScriptedEngine("one", ["en"])
    synthesizer = Synthesizer([engine])

    for nothing in ("", "  \n", "```py\nprint(1)\n```", "🎉 <@123456789>", "...", "---"):
        with pytest.raises(NothingToSayError, match="nothing in this text that can be said aloud"):
            await synthesizer.speak(nothing)
    with pytest.raises(LanguageNotSpokenError, match="No voice here speaks the language ru"):
        await synthesizer.speak("Привет")
    with pytest.raises(UnknownVoiceError, match="There is no voice named Nobody"):
        await synthesizer.speak("Hello", voice="Nobody")
    assert engine.spoken == []


async def test_markdown_is_not_read_out_and_a_long_text_ends_with_a_sentence() -> None:
    engine = ScriptedEngine("one", ["en"])
    await Synthesizer([engine], max_chars=60).speak(
        "**Hello** from [the docs](https://example.org/a/b)! This is a second sentence. This one is left out."
    )
    assert engine.spoken == [("one-en", "Hello from the docs!"), ("one-en", "This is a second sentence.")]


async def test_the_first_sentence_is_heard_long_before_the_last(offline: Synthesizer) -> None:
    text = "This one is said four times. " * 4
    began_s = time.perf_counter()
    heard_after_s = [time.perf_counter() - began_s async for _ in offline.clips(text)]

    assert len(heard_after_s) == 4
    assert heard_after_s[0] < heard_after_s[-1] * 3 / 4


async def test_pieces_go_on_in_another_voice_when_an_engine_fails() -> None:
    first, second = ScriptedEngine("first", ["en"], fails_at="Two"), ScriptedEngine("second", ["en"])
    clips = [clip async for clip in Synthesizer([first, second]).clips("One is here. Two is here. Three is here.")]

    assert [(clip.voice, clip.text) for clip in clips] == [
        ("first-en", "One is here."),
        ("second-en", "Two is here."),
        ("second-en", "Three is here."),
    ]


@pytest.mark.parametrize("engine_name", ["piper", "espeak"])
async def test_speed_and_pitch_are_heard_and_change_nothing_else(offline: Synthesizer, engine_name: str) -> None:
    voice = {"piper": "en_US-joe-medium", "espeak": "espeak-en"}[engine_name]
    text = "The weather will be lovely tomorrow, so remember to water the flowers."

    async def spoken(prosody: Prosody) -> tuple[float, float]:
        (clip,) = [clip async for clip in offline.clips(text, voice=voice, prosody=prosody)]
        assert clip.engine == engine_name
        return clip.duration_s, _pitch_hz(clip.sound)

    usual_s, usual_hz = await spoken(PLAIN)
    fast_s, fast_hz = await spoken(Prosody(rate=1.5))
    slow_s, slow_hz = await spoken(Prosody(rate=0.75))
    high_s, high_hz = await spoken(Prosody(pitch=5))
    low_s, low_hz = await spoken(Prosody(pitch=-5))

    assert [usual_s / fast_s, usual_s / slow_s] == pytest.approx([1.5, 0.75], rel=0.15)
    assert [high_s, low_s] == pytest.approx([usual_s, usual_s], rel=0.15)
    assert [high_hz / usual_hz, low_hz / usual_hz] == pytest.approx([2 ** (5 / 12), 2 ** (-5 / 12)], rel=0.12)
    assert [fast_hz, slow_hz] == pytest.approx([usual_hz, usual_hz], rel=0.12)


def _pitch_hz(sound: Sound) -> float:
    """The median pitch of the voiced parts, by autocorrelation."""
    step, found = sound.rate_hz // 20, list[float]()
    shortest, longest = sound.rate_hz // 350, sound.rate_hz // 55
    for start in range(0, len(sound.samples) - step, step // 2):
        part = sound.samples[start : start + step]
        if part.std() > 0.05:
            similarity = np.fft.irfft(np.abs(np.fft.rfft(part, 2 * step)) ** 2)
            lag = shortest + int(similarity[shortest:longest].argmax())
            if similarity[lag] > 0.4 * similarity[0]:
                found.append(sound.rate_hz / lag)
    return float(np.median(found))


def test_speed_and_pitch_have_bounds() -> None:
    for rate, pitch in ((0.4, 0.0), (2.1, 0.0), (1.0, -7.0), (1.0, 7.0)):
        with pytest.raises(ValueError, match="must be"):
            Prosody(rate, pitch)


async def test_what_is_asked_twice_is_spoken_once() -> None:
    engine = ScriptedEngine("one", ["en", "de"], takes_s=0.05)
    synthesizer = Synthesizer([engine], cache_bytes=1 << 20)

    first, second = await asyncio.gather(synthesizer.speak("Hello there."), synthesizer.speak("**Hello** there."))
    assert first is second is await synthesizer.speak("Hello there.")
    assert len(engine.spoken) == 1

    await synthesizer.speak("Hello there.", prosody=Prosody(rate=2))
    await synthesizer.speak("Hello there.", language="de")
    await synthesizer.speak("Hello there!")
    assert len(engine.spoken) == 4


async def test_what_was_streamed_need_not_be_spoken_again() -> None:
    engine = ScriptedEngine("one", ["en"])
    synthesizer = Synthesizer([engine], cache_bytes=1 << 20)
    async with synthesizer.stream(hint="en") as stream:
        stream.write("One is here. Two is")
        stream.write(" here.")
        speech = await stream.finish()
    assert await synthesizer.speak("One is here. Two is here.") is speech
    assert len(engine.spoken) == 2


async def test_the_cache_keeps_no_more_bytes_than_it_may() -> None:
    engine = ScriptedEngine("one", ["en"])
    size_bytes = len((await Synthesizer([engine]).speak("Hello")).ogg)
    synthesizer = Synthesizer([engine], cache_bytes=2 * size_bytes + size_bytes // 2)
    engine.spoken.clear()

    for text in ("First", "Second", "First", "Third", "First", "Second"):
        await synthesizer.speak(text, language="en")
    assert [text for _, text in engine.spoken] == ["First.", "Second.", "Third.", "Second."]


async def test_what_was_spoken_well_is_heard_again_even_while_its_engine_is_paused() -> None:
    first, second = ScriptedEngine("first", ["en"]), ScriptedEngine("second", ["en"])
    synthesizer = Synthesizer([first, second], cache_bytes=1 << 20)
    await synthesizer.speak("Hello")
    first.fails = True
    assert (await synthesizer.speak("Goodbye", language="en")).engine == "second"
    assert (await synthesizer.speak("Hello")).engine == "first"


async def test_piper_finds_its_voices_by_folder_and_by_file(piper_joe: Path, tmp_path: Path) -> None:
    (tmp_path / "xx_YY-broken-low.onnx").write_bytes(b"")
    (tmp_path / "xx_YY-broken-low.onnx.json").write_text("not json")
    joe = Voice("en_US-joe-medium", "en-US", Gender.UNKNOWN, "piper")

    assert await PiperEngine([piper_joe]).voices() == (joe,)
    assert await PiperEngine([piper_joe.parent, tmp_path, tmp_path / "nowhere"]).voices() == (joe,)
    assert await PiperEngine([]).voices() == ()


async def test_a_damaged_piper_voice_fails_and_another_engine_speaks(tmp_path: Path) -> None:
    (tmp_path / "en_US-damaged-low.onnx").write_bytes(b"damaged")
    (tmp_path / "en_US-damaged-low.onnx.json").write_text('{"audio": {"sample_rate": 16000}}')
    synthesizer = Synthesizer([PiperEngine([tmp_path]), EspeakEngine()])
    try:
        assert [voice.language for voice in await PiperEngine([tmp_path]).voices()] == ["en-US"]
        assert (await synthesizer.speak("Hello there")).engine == "espeak"
    finally:
        await synthesizer.close()


async def test_piper_reads_double_brackets_as_text(piper_joe: Path) -> None:
    engine = PiperEngine([piper_joe])
    (joe,) = await engine.voices()
    assert (await engine.speak("[[Hello]] there [[", joe)).duration_s > 0.5
    await engine.close()


async def test_espeak_speaks_a_hundred_languages_each_in_its_plain_form_first() -> None:
    engine = EspeakEngine()
    voices = await engine.voices()

    assert len({voice.language.partition("-")[0] for voice in voices}) > 100
    assert len({voice.name for voice in voices}) == len(voices)
    synthesizer = Synthesizer([engine])
    spoken = {
        language: (await synthesizer.speak("1 2 3", language=language)).voice
        for language in ("ru", "uk-UA", "en", "en-US", "pt-BR", "zh-CN", "nb", "no")
    }
    assert spoken == {
        "ru": "espeak-ru",
        "uk-UA": "espeak-uk",
        "en": "espeak-en",
        "en-US": "espeak-en-US",
        "pt-BR": "espeak-pt-BR",
        "zh-CN": "espeak-cmn",
        "nb": "espeak-nb",
        "no": "espeak-nb",
    }
    with pytest.raises(LanguageNotSpokenError):
        await synthesizer.speak("日本語の文章です。")
    await synthesizer.close()


async def test_an_engine_that_is_not_installed_has_no_voices(piper_joe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)
    assert await PiperEngine([piper_joe]).voices() == ()
