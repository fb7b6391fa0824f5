"""Festival's Russian voice, if it is installed."""

from __future__ import annotations

import pytest

from audio import Prosody, Synthesizer, Transcriber
from audio.synthesis.espeak import EspeakEngine
from audio.synthesis.festival import RUSSIAN, FestivalEngine, readable
from tests.spoken import is_heard


async def test_russian_is_spoken_so_that_it_is_understood(transcriber: Transcriber) -> None:
    engine = FestivalEngine()
    if not await engine.voices():
        pytest.skip("no Russian voice of Festival on this machine; on Debian: apt-get install festival festvox-ru")
    synthesizer = Synthesizer([engine, EspeakEngine()])
    try:
        speech = await synthesizer.speak("Завтра в 10 утра у нас собрание, приходите вовремя.")
        fast = await synthesizer.speak("Завтра в 10 утра у нас собрание.", prosody=Prosody(2.0, 3.0))
        heard = await transcriber.transcribe(speech.ogg)
    finally:
        await synthesizer.close()
    assert (speech.engine, speech.voice) == ("festival", RUSSIAN.name)
    assert fast.duration_s < 0.6 * speech.duration_s
    assert heard.language == "ru"
    assert is_heard("завтра в 10 утра у нас собрание", heard.text.lower().replace("десять", "10"), 0.35)


async def test_signs_that_the_voice_has_no_rule_for_do_not_silence_it() -> None:
    if not await FestivalEngine().voices():
        pytest.skip("no Russian voice of Festival on this machine; on Debian: apt-get install festival festvox-ru")
    text = "«Столица» Франции — Париж… Кафе «café», Київ, № 5, ½ <да> a/b 🙂 | _ * — и всё."
    sound = await FestivalEngine().speak(text, RUSSIAN)
    assert sound.duration_s > 4
    assert readable("Столица — Париж.") == readable("Столица, Париж.")
