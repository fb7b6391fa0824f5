"""A further voice engine, recognizer or trainer is one file: here it is this one, used through Discord."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audio import PLAIN, Prosody, Recording, Sound, Transcript, Voice, decode
from audio.recognition.recognizers import RECOGNIZERS
from audio.registry import Registration
from audio.synthesis.engines import ENGINES
from bot.sandbox.server import Sandbox
from tests.harness import RECORDINGS, hear, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import JFK, is_heard


class ParrotEngine:
    """Says the same whatever it is given."""

    name = "parrot"
    batch_chars = 0

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        return (Voice("polly", "en-US", "unknown", self.name, "Polly"),)

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        recording = decode((RECORDINGS / "jfk.ogg").read_bytes())
        return Sound(recording.samples, 16_000)

    async def close(self) -> None:
        """Nothing is open."""


class Stenographer:
    """Writes the same whatever is said."""

    name = "stenographer"

    async def load(self) -> None:
        """Nothing is loaded."""

    async def transcribe(
        self, audio: bytes | Recording, *, progress: Callable[[float, float], None] | None = None, **options: object
    ) -> Transcript:
        return Transcript("Where do parrots come from?", "en", 1.0, 3.0, ())

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    ENGINES.register(
        Registration("parrot", "Parrot", 300, lambda _settings, _find: ParrotEngine(), recipient=lambda _: "the zoo")
    )
    RECOGNIZERS.register(Registration("stenographer", "A stenographer", 300, lambda _settings, _find: Stenographer()))
    yield
    ENGINES.withdraw("parrot")
    RECOGNIZERS.withdraw("stenographer")


async def test_a_further_engine_speaks_and_a_further_recognizer_hears(tmp_path: Path, whisper_base: Path) -> None:
    settings = {"tts_engine": "parrot", "stt_engine": "stenographer"}
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        endpoint = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **endpoint, **settings), populated(sandbox, chat) as harness:
            offered = await harness.member.autocomplete("say", {"text": "", "voice": "po"}, "voice", channel="general")
            assert [choice["name"] for choice in offered] == ["Polly — English (United States)"]
            options = {"text": "Anything at all.", "voice": "polly"}
            said = await (await harness.member.slash("say", options, channel="general")).response(30)
            spoken = await hear(whisper_base, await harness.member.download(said["attachments"][0]))
            assert is_heard(JFK, spoken.text)

            about = await (await harness.member.slash("about", {}, channel="general")).response()
            assert "goes to a speech service (the zoo)." in about["content"]
            assert "written down on the machine that I run on, by A stenographer" in about["content"]

            harness.chat.answer = "From the forests of the south."
            asked = await harness.member.send(await harness.dm(harness.member), voice=voice("jfk.ogg"))
            answer = await harness.answer_to(asked, lambda text: "of the south." in text)
            assert "Where do parrots come from?" in answer["content"]
