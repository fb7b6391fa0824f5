"""Engines and recognizers are found, ordered and chosen by what they declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audio.errors import (
    EngineNotConfiguredError,
    RecognitionUnavailableError,
    RecognizerFailedError,
    UnknownEngineError,
)
from audio.recognition.fallback import FallbackRecognizer
from audio.recognition.options import DEFAULT_OPTIONS, TranscriptionOptions
from audio.recognition.transcript import Transcript
from audio.registry import Registration
from audio.synthesis.engines import ENGINES
from audio.synthesis.festival import has_russian
from bot.app.check import CheckResult
from bot.app.doctor import examine
from bot.settings import read_settings
from bot.weights.needed import needed_models
from tests.audio.synthesis.scripted_engine import ScriptedEngine

HERE = ["festival"] if has_russian() else []
"""Festival calls a program of the system, and is chosen if that is installed."""


@pytest.fixture
def parrot() -> Iterator[Registration[object]]:
    """An engine that is preferred to all others, and needs a network, a setting and bundled weights."""
    registration: Registration[object] = Registration(
        name="parrot",
        label="Parrot",
        preference=1,
        build=lambda _settings, _find: ScriptedEngine("parrot", ["en"]),
        recipient=lambda _settings: "the zoo",
        weights=lambda _settings: ("smollm2-135m", "no-such-weights"),
        package="no_such_package",
        needs_one_of=("piper_voices",),
    )
    ENGINES.register(registration)  # type: ignore[arg-type]
    yield registration
    ENGINES.withdraw("parrot")


def test_the_best_that_is_configured_comes_first_and_those_without_a_network_stand_in(
    parrot: Registration[object], tmp_path: Path
) -> None:
    settings = read_settings(piper_voices=tmp_path)
    assert [one.name for one in ENGINES.chosen("auto", settings)] == ["parrot", "edge", "piper", *HERE, "espeak"]
    assert [one.name for one in ENGINES.chosen("auto", read_settings())] == ["edge", "piper", *HERE, "espeak"]
    assert [one.name for one in ENGINES.chosen("offline", settings)] == ["piper", *HERE, "espeak"]
    assert ENGINES.chosen("parrot", settings) == [parrot]


def test_what_is_not_there_or_lacks_a_setting_is_named(parrot: Registration[object]) -> None:
    with pytest.raises(
        UnknownEngineError, match=r"TTS_ENGINE cannot be nightingale.* auto, offline, parrot, openai, edge, pip"
    ):
        ENGINES.chosen("nightingale", read_settings())
    with pytest.raises(EngineNotConfiguredError, match="TTS_ENGINE cannot be parrot without PIPER_VOICES"):
        ENGINES.chosen("parrot", read_settings())
    with pytest.raises(ValueError, match="parrot"):
        ENGINES.register(parrot)  # type: ignore[arg-type]


def test_the_weights_of_what_is_chosen_are_needed(parrot: Registration[object], tmp_path: Path) -> None:
    assert needed_models(read_settings(tts_engine="espeak")) == ["whisper-base", "smollm2-135m", "bge-small-en"]
    endpoint = {"openai_base_url": "http://127.0.0.1:9/v1", "chat_model": "m"}
    chosen = {"tts_engine": "parrot", "piper_voices": tmp_path, "whisper_model": "small"}
    assert needed_models(read_settings(**endpoint, **chosen)) == ["smollm2-135m", "bge-small-en"]


async def test_doctor_tells_where_it_goes_and_what_is_missing(parrot: Registration[object], tmp_path: Path) -> None:
    settings = read_settings(piper_voices=tmp_path, tts_engine="parrot", data_folder=tmp_path)
    told = {(check.what, check.finding, check.detail) for check in await examine(settings)}
    assert ("recordings", CheckResult.GOOD, "Whisper (whisper-base), on this machine") in told
    assert ("voices", CheckResult.WARNING, "Parrot is not installed") in told
    wrong = await examine(read_settings(stt_engine="parrot", data_folder=tmp_path))
    assert any(one.finding is CheckResult.BAD and "STT_ENGINE cannot be parrot" in one.detail for one in wrong)


class ScriptedRecognizer:
    """Hears what it is told to hear, or fails."""

    def __init__(self, name: str, text: str | None) -> None:
        self.name = name
        self.text = text
        self.asked = 0

    async def load(self) -> None: ...

    async def close(self) -> None: ...

    async def transcribe(self, audio: object, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        self.asked += 1
        if self.text is None:
            raise RecognizerFailedError(self.name, "it is asleep")
        return Transcript(self.text, "en", 1.0, 1.0, ())


async def test_the_next_recognizer_hears_what_the_first_could_not_and_goes_on_for_a_while() -> None:
    first, second = ScriptedRecognizer("first", None), ScriptedRecognizer("second", "ask not")
    both = FallbackRecognizer([first, second])
    assert (await both.transcribe(b"")).text == "ask not"
    first.text = "ask"
    assert (await both.transcribe(b"")).text == "ask not"
    assert first.asked == 1
    second.text = None
    with pytest.raises(RecognitionUnavailableError, match="second: it is asleep"):
        await both.transcribe(b"")
    assert (await both.transcribe(b"")).text == "ask"  # all have failed, so all are tried
