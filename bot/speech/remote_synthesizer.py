"""Speaking by workers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import msgspec

from audio import NothingToSayError, Prosody, Speech, StreamingSynthesis, Voice
from audio.language_tags import base_language
from audio.synthesis.script import Script
from audio.synthesis.streaming import OnBeginning
from bot.errors import StarlingError
from bot.speech.tasks import SpeakTask, VoicesTask
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Lane, WorkKind, WorkRequest

MAX_CHARS = 4000
"""Of one text, as ``Synthesizer`` has it."""
LONG_CHARS = 900
"""About a minute: who asks for more lets others go first."""
PATIENCE_S = {Lane.INTERACTIVE: 120.0, Lane.LONG: 300.0}
"""How long it may take, its place in the queue included."""
VOICES_PATIENCE_S = 2.0
"""Discord wants choices within three."""
VOICES_KEPT_S, VOICES_DOUBTED_S = 600.0, 30.0
"""How long a list of voices is believed, and how long one that lacks what is asked for."""
BEGINNING_CHARS = 20
"""A shorter beginning is not worth a message of its own."""
BEGINNING_WAIT_S = 0.5
"""A model that writes nothing further for so long is slower than a voice: its first words are spoken at once."""


class RemoteSynthesizer:
    """Has workers speak. Texts go there whole: but for the first words of an answer that is written slowly."""

    def __init__(self, bus: WorkBus, prosody: Prosody) -> None:
        """``prosody``: how everything is spoken for which nothing else is asked."""
        self._bus = bus
        self.prosody = prosody
        self._voices: tuple[Voice, ...] = ()
        self._voices_at_s: float | None = None
        """When they were last asked for."""
        self._asking = asyncio.Lock()

    async def speak(
        self,
        text: str,
        *,
        language: str | None = None,
        hint: str | None = None,
        voice: str | None = None,
        prosody: Prosody | None = None,
        source: int | None = None,
    ) -> Speech:
        """``text``, which may have Discord's markdown in it, as a voice message. ``source``: for whom, such as a guild:
        those who ask for little need not wait for those who ask for much.

        Raises:
            StarlingError: no worker can speak it, or none is there.
        """
        spoken = prosody or self.prosody
        task = SpeakTask(
            text=text, language=language, hint=hint, voice=voice, rate=spoken.rate, pitch=spoken.pitch
        )  # fmt: skip
        return await self._spoken(task, source)

    @contextlib.asynccontextmanager
    async def stream(
        self,
        *,
        hint: str,
        voice: str | None = None,
        prosody: Prosody | None = None,
        on_beginning: OnBeginning | None = None,
        source: int | None = None,
    ) -> AsyncIterator[StreamingSynthesis]:
        """As ``SpeechSynthesizer.stream``: what is written is spoken when it ends."""
        spoken = prosody or self.prosody

        async def message(script: Script, language: str) -> Speech:
            # As in the synthesizer: of a few words nobody can tell the language for sure.
            beginning = on_beginning if base_language(language) == base_language(hint) else None
            spoken_by = voice
            if beginning is not None and not script.told and (count := await _slow_beginning(script)):
                begun = await self._spoken(_plain(script.before(count), language, spoken_by, spoken), source)
                if not script.is_complete and not script.has_more(count):
                    script.told, spoken_by = count, begun.voice
                    beginning(script.before(count), begun)
            rest = [line async for line in _rest(script)]
            if not any(char.isalnum() for line in rest for char in line):
                raise NothingToSayError
            return await self._spoken(_plain("\n".join(rest), language, spoken_by, spoken), source)

        stream = StreamingSynthesis(message, Script(max_chars=MAX_CHARS), hint)
        try:
            yield stream
        finally:
            await stream.cancel()

    async def voices(self) -> tuple[Voice, ...]:
        """As ``SpeechSynthesizer.voices``: those of the worker that answers first; where none does, those that are
        known."""
        return await self._known(VOICES_KEPT_S)

    async def has_voice(self, name: str) -> bool:
        """Whether ``voice=name`` can be asked for; workers are asked once more before it is said that none has it."""
        for kept_s in (VOICES_KEPT_S, VOICES_DOUBTED_S):
            if any(voice.name.lower() == name.lower() for voice in await self._known(kept_s)):
                return True
        return False

    async def _known(self, kept_s: float) -> tuple[Voice, ...]:
        async with self._asking:
            now_s = time.monotonic()
            wait_s = kept_s if self._voices else VOICES_DOUBTED_S
            if self._voices_at_s is None or now_s - self._voices_at_s > wait_s:
                self._voices_at_s = now_s
                request = WorkRequest(
                    task=f"voices-{time.time_ns()}",
                    kind=WorkKind.SPEAK,
                    lane=Lane.INTERACTIVE,
                    source=0,
                    body=msgspec.msgpack.encode(VoicesTask()),
                    timeout_s=VOICES_PATIENCE_S,
                )
                with contextlib.suppress(StarlingError):
                    found = await self._bus.run(request)
                    self._voices = msgspec.msgpack.decode(found, type=tuple[Voice, ...])
            return self._voices

    async def _spoken(self, task: SpeakTask, source: int | None) -> Speech:
        lane = Lane.LONG if len(task.text) > LONG_CHARS else Lane.INTERACTIVE
        request = WorkRequest(
            task=f"speak-{task.fingerprint}",
            kind=WorkKind.SPEAK,
            lane=lane,
            source=source or 0,
            body=msgspec.msgpack.encode(task),
            timeout_s=PATIENCE_S[lane],
        )
        return msgspec.msgpack.decode(await self._bus.run(request), type=Speech)


def _plain(text: str, language: str, voice: str | None, prosody: Prosody) -> SpeakTask:
    return SpeakTask(
        text=text, is_plain=True, language=language, voice=voice, rate=prosody.rate, pitch=prosody.pitch
    )  # fmt: skip


async def _slow_beginning(script: Script) -> int:
    """How many sentences there are behind which nothing comes for a while, and which could be a message of their own; 0
    where more has come soon, or the text has ended."""
    count = 0
    while lines := await script.read(count, MAX_CHARS):
        count += len(lines)
        if len(script.text) < BEGINNING_CHARS:
            continue
        try:
            async with asyncio.timeout(BEGINNING_WAIT_S):
                await script.read(count, 0)
        except TimeoutError:
            return count
        return 0
    return 0


async def _rest(script: Script) -> AsyncIterator[str]:
    """Each sentence behind what was told, until the text ends."""
    count = script.told
    while lines := await script.read(count, MAX_CHARS):
        for line in lines:
            yield line
        count += len(lines)
