"""Edge: Microsoft's neural voices, spoken over the network without a key."""

from __future__ import annotations

import asyncio
import logging
import time
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from audio.decoding.decoding import decode_at
from audio.decoding.limits import DecodingLimits
from audio.errors import EngineFailedError, RecordingError, VoiceFailedError
from audio.recording import Sound
from audio.registry import Registration
from audio.synthesis.edge_voices import WELL_KNOWN, edge_voice
from audio.synthesis.engines import ENGINES
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.voices import Gender, Voice

if TYPE_CHECKING:
    import aiohttp

_LOG = logging.getLogger(__name__)

RATE_HZ = 24_000
"""The sampling rate of the MP3 that the service sends."""

CATALOGUE_RETRY_S = 600
"""How long after a failure the catalogue is asked for again; only the choice of voices depends on it."""

SPOKEN_SHARE = 0.95
"""The share of the requested letters that the service's boundary messages must repeat for the text to count as
spoken."""

_SPOKEN_LIMITS = DecodingLimits(max_duration_s=3600)
"""The text is already bounded; this only keeps a misbehaving server from filling the memory."""

_USUAL_HZ = {Gender.FEMALE: 200, Gender.MALE: 120, Gender.UNKNOWN: 160}
"""The usual pitch of speaking voices: the pitch is sent as hertz to add, because a share of the voice's own is not
accepted."""

_GENDERS: dict[str, Gender] = {"Female": Gender.FEMALE, "Male": Gender.MALE}


class EdgeEngine:
    """Speaks with the voices of Microsoft Edge's "read aloud".

    The service is not documented and sometimes refuses (403 if the clocks differ or its checks change, 429, 503),
    stalls, or drops the connection in a way that looks like an end: each of these raises ``EngineFailedError``.
    """

    name = "edge"
    batch_chars = 1000
    """Each batch takes a connection, which is slow to open, and the service refuses clients that open many."""

    def __init__(
        self,
        *,
        connector_factory: Callable[[], aiohttp.BaseConnector] | None = None,
        proxy: str | None = None,
        connect_timeout_s: int = 10,
        message_timeout_s: float = 15,
        speech_timeout_s: float = 60,
        catalogue_timeout_s: float = 5,
    ) -> None:
        """Connect to nothing yet.

        ``connector_factory``: gives the connector for each speech; None uses the default one. edge-tts closes a
        connector after its first connection and yet uses it again for retries and for the rest of texts above 4096
        bytes, so such a connector should ignore ``close``.
        ``proxy``: the URL of an HTTP proxy; without it, the environment's.
        ``message_timeout_s``: the longest silence of the server in the middle of a speech.
        ``speech_timeout_s``: for one text in total.
        ``catalogue_timeout_s``: for the list of voices.
        """
        self._connector_factory = connector_factory
        self._proxy = proxy
        self._connect_timeout_s = connect_timeout_s
        self._message_timeout_s = message_timeout_s
        self._speech_timeout_s = speech_timeout_s
        self._catalogue_timeout_s = catalogue_timeout_s
        self._catalogue: tuple[Voice, ...] = WELL_KNOWN
        self._ask_after_s = 0.0
        self._asking = asyncio.Lock()

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        """The service's catalogue, fetched once; until that succeeds, the well-known voices of each language."""
        if ask_network:
            async with self._asking:
                if time.monotonic() >= self._ask_after_s:
                    await self._ask_catalogue()
        return self._catalogue

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        """Opens one connection per 4096 bytes of ``text``."""
        # Importing this, and aiohttp with it, takes a third of a second, which only users of this engine should pay.
        from edge_tts.exceptions import NoAudioReceived

        try:
            async with asyncio.timeout(self._speech_timeout_s):
                mp3 = await self._receive(text, voice, prosody)
        except EngineFailedError:
            raise
        except NoAudioReceived as error:
            # The service does this for a voice that it does not know, or one that cannot read the text's script.
            raise VoiceFailedError(self.name, f"the service sent no sound for {voice.name}") from error
        except Exception as error:
            # edge-tts parses an undocumented protocol, and what it meets there may end in errors of any kind.
            raise EngineFailedError(self.name, _reason(error)) from error
        try:
            sound, _ = await asyncio.to_thread(decode_at, mp3, RATE_HZ, _SPOKEN_LIMITS)
        except RecordingError as error:
            raise EngineFailedError(self.name, f"its sound cannot be decoded ({error})") from error
        return sound

    async def close(self) -> None:
        """Nothing is kept open between texts."""

    async def _receive(self, text: str, voice: Voice, prosody: Prosody) -> bytes:
        from edge_tts import Communicate

        communicate = Communicate(
            text,
            voice.name,
            rate=f"{round((prosody.rate - 1) * 100):+d}%",
            pitch=f"{round(_USUAL_HZ[voice.gender] * (prosody.frequency_ratio - 1)):+d}Hz",
            connector=self._connector(),
            proxy=self._proxy,
            connect_timeout=self._connect_timeout_s,
        )
        mp3 = bytearray()
        spoken: list[str] = []
        messages = communicate.stream()
        try:
            while True:
                try:
                    message = await asyncio.wait_for(anext(messages), self._message_timeout_s)
                except StopAsyncIteration:
                    break
                if message["type"] == "audio":
                    mp3 += message["data"]
                else:
                    spoken.append(message["text"])
        finally:
            await messages.aclose()
        # A dropped connection ends the stream as its last message would. The client counts the bytes of finished turns
        # for its timestamps, so bytes missing from that count belong to a turn that never ended.
        if communicate.state["cumulative_audio_bytes"] != len(mp3):
            raise EngineFailedError(self.name, "the connection was dropped")
        heard, asked = _letters(" ".join(spoken)), _letters(text)
        if spoken and len(heard) < SPOKEN_SHARE * len(asked):
            raise EngineFailedError(self.name, f"it spoke {len(heard)} of {len(asked)} letters")
        return bytes(mp3)

    async def _ask_catalogue(self) -> None:
        from edge_tts import list_voices

        try:
            async with asyncio.timeout(self._catalogue_timeout_s):
                listed = await list_voices(connector=self._connector(), proxy=self._proxy)
            offered = {
                entry["ShortName"]: edge_voice(
                    entry["ShortName"], entry["Locale"], _GENDERS.get(entry["Gender"], Gender.UNKNOWN)
                )
                for entry in listed
            }
        except Exception as error:
            _LOG.warning("Edge's list of voices cannot be had (%s): the well-known ones are offered", _reason(error))
            self._ask_after_s = time.monotonic() + CATALOGUE_RETRY_S
            return
        first = [voice for voice in WELL_KNOWN if voice.name in offered]
        self._catalogue = tuple(dict.fromkeys([*first, *offered.values()])) or WELL_KNOWN
        self._ask_after_s = float("inf")

    def _connector(self) -> aiohttp.BaseConnector | None:
        return self._connector_factory() if self._connector_factory else None


def _letters(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isalnum())


def _reason(error: Exception) -> str:
    import aiohttp

    if isinstance(error, aiohttp.WSServerHandshakeError | aiohttp.ClientResponseError):
        return f"the service answered {error.status}"
    if isinstance(error, TimeoutError):
        return "the service did not answer in time"
    if isinstance(error, aiohttp.ClientConnectionError):
        return "the service cannot be reached"
    return f"{type(error).__name__}: {error}".rstrip(".")


ENGINES.register(
    Registration(
        name=EdgeEngine.name,
        label="Microsoft Edge",
        preference=50,
        build=lambda _settings, _find: EdgeEngine(),
        recipient=lambda _settings: "Microsoft",
    )
)
