"""Speech synthesis by workers."""

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
"""Per text, as in ``Synthesizer``."""
LONG_CHARS = 900
"""About a minute of speech: longer texts let others go first."""
PATIENCE_S = {Lane.INTERACTIVE: 120.0, Lane.LONG: 300.0}
"""How long a task may take, including its time in the queue."""
VOICES_PATIENCE_S = 2.0
"""Discord expects autocomplete choices within three seconds."""
VOICES_KEPT_S, VOICES_DOUBTED_S = 600.0, 30.0
"""How long a list of voices is used, and how long one that is empty or lacks the voice that is asked for."""
BEGINNING_CHARS = 20
"""A shorter beginning is not worth a message of its own."""
BEGINNING_WAIT_S = 0.5
"""A model that writes nothing more for this long is slower than a voice, so its first sentences are spoken at once."""


class RemoteSynthesizer:
    """Has workers speak. Texts are sent to them whole, except that the beginning of an answer that is written slowly is
    sent first."""

    def __init__(self, bus: WorkBus, prosody: Prosody) -> None:
        """``prosody``: the default for everything that is spoken."""
        self._bus = bus
        self.prosody = prosody
        self._voices: tuple[Voice, ...] = ()
        self._voices_at_s: float | None = None
        """When the voices were last requested."""
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
        """Speak ``text``, which may contain Discord's markdown, as a voice message. ``source``: on whose behalf, such
        as a guild; those who ask for little need not wait for those who ask for much.

        Raises:
            StarlingError: no worker could speak it, or there is none.
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
        """As ``SpeechSynthesizer.stream``, but the text is spoken once it is complete, apart from a slow beginning."""
        spoken = prosody or self.prosody

        async def message(script: Script, language: str) -> Speech:
            # As in the synthesizer: the language of a few words is uncertain.
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
        """As ``SpeechSynthesizer.voices``: the voices of the worker that answers first or, if none does, those known
        from before."""
        return await self._known(VOICES_KEPT_S)

    async def has_voice(self, name: str) -> bool:
        """Whether ``voice=name`` can be asked for. If a list older than ``VOICES_DOUBTED_S`` lacks it, the workers are
        asked again."""
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
    """The number of sentences after which nothing comes for ``BEGINNING_WAIT_S``, if they are enough for a message of
    their own; 0 if more came soon, or the text has ended."""
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
    """Each sentence after those that were already spoken (``script.told``), until the text ends."""
    count = script.told
    while lines := await script.read(count, MAX_CHARS):
        for line in lines:
            yield line
        count += len(lines)
