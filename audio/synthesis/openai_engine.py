"""Voices of a service with OpenAI's audio API: OpenAI, a Kokoro server, speaches, another machine of one's own."""

from __future__ import annotations

import asyncio

from audio.decoding.decoding import decode_at
from audio.decoding.limits import DecodingLimits
from audio.errors import EngineFailedError, RecordingError
from audio.openai_service import build_client, host_of, reason_of
from audio.recording import Sound
from audio.registry import FindWeights, Registration
from audio.speech_settings import SpeechSettings
from audio.synthesis.engines import ENGINES
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.voices import ANY_LANGUAGE, Gender, Voice

RATE_HZ = 24_000
"""The sampling rate of such services."""
TIMEOUT_S = 60.0
MAX_BYTES = 32 << 20
"""The limit of one response: more than an hour of MP3 means that the server misbehaves."""
SLOWEST, FASTEST = 0.25, 4.0
"""The range of speeds that the API accepts."""


class OpenAIEngine:
    """Speaks through a service. The API does not list its voices, so they are named in the settings."""

    name = "openai"
    batch_chars = 1000
    """Each batch is a request, which takes time to begin; the API accepts 4096 characters."""

    def __init__(self, base_url: str | None, api_key: str | None, model: str, voices: str) -> None:
        """Connect to nothing yet.

        ``base_url``: None for OpenAI's own; ``api_key``: None if none is needed.
        ``voices``: names separated by commas, the best first; ``name=language`` for a voice that speaks only one
        language.
        """
        self._client = build_client(base_url, api_key, timeout_s=TIMEOUT_S)
        self._model = model
        self._names: dict[Voice, str] = {}
        for entry in filter(None, (part.strip() for part in voices.split(","))):
            own_name, _, language = (part.strip() for part in entry.partition("="))
            voice = Voice(f"{self.name}-{own_name}", language or ANY_LANGUAGE, Gender.UNKNOWN, self.name, own_name)
            self._names[voice] = own_name

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        """Never uses the network."""
        return tuple(self._names)

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        """The API has no pitch control: for a higher pitch the text is said slower and played faster."""
        speed = min(max(prosody.rate / prosody.frequency_ratio, SLOWEST), FASTEST)
        mp3 = bytearray()
        try:
            async with self._client.audio.speech.with_streaming_response.create(
                model=self._model, voice=self._names[voice], input=text, response_format="mp3", speed=round(speed, 3)
            ) as response:
                async for part in response.iter_bytes():
                    mp3 += part
                    if len(mp3) > MAX_BYTES:
                        raise EngineFailedError(self.name, "it does not stop speaking")
        except EngineFailedError:
            raise
        except Exception as error:
            # Services answer in many ways, and the client raises various errors for what it cannot read.
            raise EngineFailedError(self.name, reason_of(error)) from error
        try:
            sound, _ = await asyncio.to_thread(decode_at, bytes(mp3), RATE_HZ, DecodingLimits(max_duration_s=3600))
        except RecordingError as error:
            raise EngineFailedError(self.name, f"its sound cannot be decoded ({error})") from error
        return Sound(sound.samples, round(RATE_HZ * prosody.frequency_ratio))

    async def close(self) -> None:
        await self._client.close()


def build_openai_engine(settings: SpeechSettings, _find: FindWeights) -> OpenAIEngine:
    """The engine that the settings ask for."""
    key = settings.tts_api_key
    return OpenAIEngine(
        settings.tts_base_url,
        None if key is None else key.get_secret_value(),
        settings.tts_model,
        settings.tts_voice,
    )


ENGINES.register(
    Registration(
        name=OpenAIEngine.name,
        label="OpenAI's audio API",
        preference=20,
        build=build_openai_engine,
        recipient=lambda settings: host_of(settings.tts_base_url),
        model=lambda settings: settings.tts_model,
        needs_one_of=("tts_base_url", "tts_api_key"),
    )
)
