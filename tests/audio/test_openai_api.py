"""Transcribing and speaking through a service with OpenAI's audio API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from audio import EspeakEngine, PiperEngine, Prosody, Synthesizer, Transcriber, TranscriptionProgress, decode
from audio.errors import NotAudioError, RecognizerFailedError
from audio.recognition.fallback import FallbackRecognizer
from audio.recognition.openai_recognizer import OpenAIRecognizer
from audio.recognition.options import TranscriptionOptions
from audio.synthesis.openai_engine import OpenAIEngine
from tests.audio.speech_server import KEY, SpeechServer
from tests.harness import RECORDINGS
from tests.spoken import AMERICANS, PISETS, is_heard

pytestmark = pytest.mark.asyncio(loop_scope="session")
"""All of these tests use one server."""

SENTENCE = "The bird sings in the garden every morning."


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def server(whisper_base: Path, piper_joe: Path) -> AsyncIterator[SpeechServer]:
    transcriber, engine = Transcriber(whisper_base), PiperEngine([piper_joe])
    async with SpeechServer(transcriber, engine) as running:
        yield running
    await transcriber.close()
    await engine.close()


@pytest.fixture(autouse=True)
def _willing(server: SpeechServer) -> None:
    server.trouble, server.plain = None, False
    server.heard.clear()
    server.spoken.clear()


@pytest_asyncio.fixture(loop_scope="session")
async def recognizer(server: SpeechServer) -> AsyncIterator[OpenAIRecognizer]:
    made = OpenAIRecognizer(server.base_url, KEY, "whisper-1")
    yield made
    await made.close()


async def test_a_recording_is_heard_by_a_service_that_gets_its_sound_alone(
    server: SpeechServer, recognizer: OpenAIRecognizer, americans: bytes
) -> None:
    told: list[TranscriptionProgress] = []
    transcript = await recognizer.transcribe(
        americans, TranscriptionOptions(hints="Kennedy", words=True, progress=told.append)
    )
    assert is_heard(AMERICANS, transcript.text)
    assert "watching" not in transcript.text  # the service itself marks this as no speech
    assert transcript.language == "en"
    assert transcript.duration_s == pytest.approx(2.9, abs=0.5)
    assert told == [TranscriptionProgress(transcript.duration_s, transcript.duration_s, transcript.text)]
    assert is_heard(AMERICANS, " ".join(word.text for segment in transcript.segments for word in segment.words))
    asked = server.heard[0]
    assert asked["file"] == b"fLaC"
    assert (asked["model"], asked["prompt"]) == ("whisper-1", "Kennedy")


async def test_the_language_that_is_said_or_found_is_told(server: SpeechServer, recognizer: OpenAIRecognizer) -> None:
    russian = (RECORDINGS / "pisets-ru.ogg").read_bytes()
    found = await recognizer.transcribe(russian)
    said = await recognizer.transcribe(russian, TranscriptionOptions(languages=["ru-RU"]))
    assert is_heard(PISETS, found.text) and is_heard(PISETS, said.text)
    assert (found.language, said.language) == ("ru", "ru")
    assert [asked.get("language") for asked in server.heard] == [None, "ru"]
    english = await recognizer.transcribe(russian, TranscriptionOptions(translate=True))
    assert english.text.isascii() and english.has_speech


async def test_a_model_that_tells_no_segments_is_asked_for_its_text(
    server: SpeechServer, recognizer: OpenAIRecognizer
) -> None:
    server.plain = True
    for _time in range(2):
        transcript = await recognizer.transcribe((RECORDINGS / "pisets-ru.ogg").read_bytes())
        assert is_heard(PISETS, transcript.text)
        assert transcript.language == "ru"
    assert [asked["response_format"] for asked in server.heard] == ["verbose_json", "json", "json"]


@pytest.mark.parametrize("trouble", [401, 413, 429, 500])
async def test_a_service_that_refuses_is_told_of(
    server: SpeechServer, recognizer: OpenAIRecognizer, americans: bytes, trouble: int
) -> None:
    server.trouble = trouble
    with pytest.raises(RecognizerFailedError, match=r"openai failed: the service"):
        await recognizer.transcribe(americans)


async def test_whisper_here_stands_in_when_the_service_refuses(
    server: SpeechServer, recognizer: OpenAIRecognizer, transcriber: Transcriber, americans: bytes
) -> None:
    server.trouble = 500
    assert is_heard(AMERICANS, (await FallbackRecognizer([recognizer, transcriber]).transcribe(americans)).text)


async def test_a_service_that_is_not_there_is_told_of_and_what_is_no_recording_never_leaves(
    server: SpeechServer, recognizer: OpenAIRecognizer, americans: bytes
) -> None:
    with pytest.raises(NotAudioError):
        await recognizer.transcribe(b"hello " * 100)
    assert server.heard == []
    nowhere = OpenAIRecognizer("http://127.0.0.1:9/v1", None, "whisper-1")
    with pytest.raises(RecognizerFailedError, match="cannot be reached"):
        await nowhere.transcribe(americans)
    await nowhere.close()


async def test_a_service_speaks_and_is_understood(server: SpeechServer, transcriber: Transcriber) -> None:
    synthesizer = Synthesizer([OpenAIEngine(server.base_url, KEY, "tts-1", "alloy, af_heart=en"), EspeakEngine()])
    try:
        assert [(voice.label, voice.language) for voice in (await synthesizer.voices())[:2]] == [
            ("alloy", "mul"), ("af_heart", "en"),
        ]  # fmt: skip
        speech = await synthesizer.speak(SENTENCE)
        assert (speech.engine, speech.voice) == ("openai", "openai-af_heart")  # the voice for English
        assert is_heard(SENTENCE, (await transcriber.transcribe(speech.ogg)).text, 0.3)
        asked = server.spoken[0]
        assert (asked["model"], asked["voice"], asked["input"], asked["speed"]) == ("tts-1", "af_heart", SENTENCE, 1.0)
        high = await synthesizer.speak(SENTENCE, voice="openai-alloy", prosody=Prosody(rate=1.2, pitch=3))
        assert server.spoken[1]["voice"] == "alloy"
        assert server.spoken[1]["speed"] == pytest.approx(1.2 / 2 ** (3 / 12), abs=0.01)
        assert decode(high.ogg).duration_s < speech.duration_s
    finally:
        await synthesizer.close()


async def test_an_offline_voice_stands_in_when_the_service_refuses(server: SpeechServer) -> None:
    server.trouble = 500
    synthesizer = Synthesizer([OpenAIEngine(server.base_url, KEY, "tts-1", "alloy"), EspeakEngine()])
    try:
        assert (await synthesizer.speak(SENTENCE)).engine == "espeak"
    finally:
        await synthesizer.close()
