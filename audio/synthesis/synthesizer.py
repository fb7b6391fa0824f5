"""Speaking a text with the first engine that can."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from audio.errors import (
    EngineFailedError,
    LanguageNotSpokenError,
    NothingToSayError,
    SpeechUnavailableError,
    UnknownVoiceError,
    VoiceFailedError,
)
from audio.language import detect_language
from audio.language_tags import base_language
from audio.synthesis.clips import SynthesizedClip, finished
from audio.synthesis.encoding import VoiceMessageEncoder
from audio.synthesis.engine import Engine, LoadsVoices
from audio.synthesis.normalization import normalize_for_speech
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.script import Script
from audio.synthesis.sentences import sentences
from audio.synthesis.speech import Speech
from audio.synthesis.speech_cache import SpeechCache
from audio.synthesis.streaming import OnBeginning, StreamingSynthesis
from audio.synthesis.voices import ANY_LANGUAGE, Voice, best_voice

_LOG = logging.getLogger(__name__)

BEGINNING_S = 1.2
"""The shortest beginning that is worth a message of its own, unlike "Yes." alone."""
REST_S = 0.8
"""A beginning is sent ahead if the rest is estimated to take longer to synthesize than this, judging by the first clip;
half of this while the text is still being written."""


class Synthesizer:
    """Speaks with several engines: the first that has a voice for the language, or the next if that fails.

    An engine or a voice that failed is skipped for a while. No voice is ever given a text in a language that it does
    not speak. One answer has one voice.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        *,
        pause_after_failure_s: float = 300,
        timeout_s: float = 120,
        max_chars: int = 4000,
        only: str | None = None,
        prosody: Prosody = PLAIN,
        cache_bytes: int = 0,
    ) -> None:
        """Ask nothing of the engines yet.

        ``engines``: the best first. Each belongs to the synthesizer, which closes it.
        ``pause_after_failure_s``: for how long an engine is skipped once it has failed, unless every engine that speaks
        the language has.
        ``timeout_s``: the longest that one engine may take for one text, not counting the time spent waiting for the
        text.
        ``max_chars``: longer texts are cut at the end of a sentence; 4000 characters take about five minutes to say.
        ``only``: the name of the only engine that may speak; None allows all.
        ``prosody``: how texts are spoken unless something else is requested.
        ``cache_bytes``: how much recent speech is kept in memory.
        """
        self._engines = [engine for engine in engines if only in (None, engine.name)]
        self._all_engines = tuple(engines)
        self._pause_after_failure_s = pause_after_failure_s
        self._timeout_s = timeout_s
        self._max_chars = max_chars
        self.prosody = prosody
        """How texts are spoken unless something else is requested."""
        self._cache = SpeechCache(cache_bytes)
        self._paused_until_s: dict[str, float] = {}

    async def load(self) -> None:
        """Load language detection now, for which the first text would have to wait half a second."""
        await asyncio.to_thread(detect_language, "hello")

    async def speak(
        self,
        text: str,
        *,
        language: str | None = None,
        hint: str | None = None,
        voice: str | None = None,
        prosody: Prosody | None = None,
        source: int | None = None,
        is_plain: bool = False,
    ) -> Speech:
        """Turn ``text``, which may contain Discord's markdown, into a voice message.

        ``language``: the text's, as a BCP-47 tag; None detects it, and in doubt takes ``hint``, or else the voice's.
        ``voice``: the name of the preferred voice. If it does not speak the text's language, or its engine fails, the
        most similar of the others speaks.
        ``prosody``: None for the synthesizer's own.
        ``source``: who it is for; ignored here, because nobody waits for others.
        ``is_plain``: whether ``text`` has no markdown, and one sentence per line.

        Raises ``NothingToSayError``, ``UnknownVoiceError``, ``LanguageNotSpokenError``, and ``SpeechUnavailableError``
        if every engine that speaks the language failed.
        """
        wished, language, script = await self._prepared(text, language, hint, voice, is_plain=is_plain)
        async with self._cache.lock(script.text):
            return await self._message(script, language, wished, prosody or self.prosody)

    async def clips(
        self,
        text: str,
        *,
        language: str | None = None,
        hint: str | None = None,
        voice: str | None = None,
        prosody: Prosody | None = None,
    ) -> AsyncGenerator[SynthesizedClip, None]:
        """Speak ``text`` clip by clip, the first sentence alone, each clip given as soon as it is ready; arguments as
        for ``speak``.

        If an engine fails, the next one continues from there, in another voice.

        Raises: as ``speak``.
        """
        wished, language, script = await self._prepared(text, language, hint, voice)
        spoken = self._clips(script, language, wished, prosody or self.prosody)
        async with contextlib.aclosing(spoken):
            async for clip in spoken:
                yield clip

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
        """Speak a text while it is being written. What is unfinished when the block ends is abandoned.

        ``hint``: the text's likely language; other arguments as for ``speak``.
        ``on_beginning``: called at most once, with the speech so far, if the next sentence is still being written or
        the rest takes long to speak; the final speech then leaves that beginning out. Not called for a text that is
        spoken soon after it is written, nor for one that seems to be in another language than ``hint``.

        Raises: ``UnknownVoiceError``.
        """
        wished = None if voice is None else await self._voice_named(voice)

        async def message(script: Script, language: str) -> Speech:
            # The language of a few words is uncertain, and the rest would have to be spoken in it as well.
            is_sure = base_language(language) == base_language(hint)
            beginning = on_beginning if is_sure else None
            return await self._message(script, language, wished, prosody or self.prosody, beginning)

        stream = StreamingSynthesis(message, Script(max_chars=self._max_chars), hint)
        # Load the voice while the first sentence is written, which takes about as long.
        loading = asyncio.create_task(self._load(hint, wished))
        try:
            yield stream
        finally:
            loading.cancel()
            await asyncio.wait({loading})
            await stream.cancel()

    async def voices(self) -> tuple[Voice, ...]:
        """Every voice of every engine that may speak. Never raises; may take seconds if the network is down."""
        return await self._voices(ask_network=True)

    async def has_voice(self, name: str) -> bool:
        """Whether ``voice=name`` may be requested. May take seconds if the network is down and ``name`` is unknown."""
        try:
            await self._voice_named(name)
        except UnknownVoiceError:
            return False
        return True

    async def close(self) -> None:
        """Close the engines. May be called twice."""
        for engine in self._all_engines:
            await engine.close()

    async def _prepared(
        self, text: str, language: str | None, hint: str | None, voice: str | None, *, is_plain: bool = False
    ) -> tuple[Voice | None, str, Script]:
        plain = text if is_plain else await asyncio.to_thread(normalize_for_speech, text)
        if not any(char.isalnum() for char in plain):
            raise NothingToSayError
        wished = None if voice is None else await self._voice_named(voice)
        if language is None:
            doubtful = hint or (wished.language if wished and wished.language != ANY_LANGUAGE else "en")
            language = await asyncio.to_thread(detect_language, plain, doubtful)
        script = Script(max_chars=self._max_chars)
        script.add(plain.splitlines() if is_plain else await asyncio.to_thread(sentences, plain, language))
        script.complete()
        return wished, language, script

    async def _message(
        self,
        script: Script,
        language: str,
        wished: Voice | None,
        prosody: Prosody,
        on_beginning: OnBeginning | None = None,
    ) -> Speech:
        """Speak ``script`` as a voice message in one voice, or take it from the cache; the beginning is left out if
        ``on_beginning`` was given it.

        Raises:
            NothingToSayError: nothing follows the beginning.
        """
        if script.is_complete and (known := await self._known(script.text, language, wished, prosody)):
            return known
        encoder, voice, count, spoken_s = VoiceMessageEncoder(), None, 0, 0.0
        began_s, pace_s = time.monotonic(), 0.0
        spoken = self._clips(script, language, wished, prosody, one_voice=True)
        async with contextlib.aclosing(spoken):
            async for clip in spoken:
                if clip.voice != voice:
                    encoder, voice, count, spoken_s = VoiceMessageEncoder(), clip.voice, script.told, 0.0
                # Time spent waiting for the text is not included: the first sentence was there.
                pace_s = pace_s or (time.monotonic() - began_s) / max(len(clip.text), 1)
                await asyncio.to_thread(encoder.add, clip.sound)
                count += clip.sentences
                spoken_s += clip.duration_s
                is_waiting = not script.is_complete and not script.has_more(count)
                patience_s = REST_S if script.is_complete else REST_S / 2
                is_far = is_waiting or pace_s * script.chars_from(count) > patience_s
                if on_beginning is not None and not script.told and is_far and spoken_s >= BEGINNING_S:
                    begun = await asyncio.to_thread(encoder.finish, voice=clip.voice, engine=clip.engine)
                    encoder, script.told = VoiceMessageEncoder(), count
                    on_beginning(script.before(count), begun)
        if script.told == count:
            raise NothingToSayError
        speech = await asyncio.to_thread(encoder.finish, voice=clip.voice, engine=clip.engine)
        if script.told:
            return speech
        self._cache.keep(script.text, speech.engine, speech.voice, prosody, speech)
        return speech

    async def _known(self, text: str, language: str, wished: Voice | None, prosody: Prosody) -> Speech | None:
        """Cached speech, in the voice that would speak now or in a better one that is paused; None if there is none."""
        for engine, voice in await self._candidates(language, wished):
            if kept := self._cache.get(text, engine.name, voice.name, prosody):
                return kept
            if not self._is_paused(engine, voice):
                break
        return None

    async def _clips(
        self, script: Script, language: str, wished: Voice | None, prosody: Prosody, *, one_voice: bool = False
    ) -> AsyncGenerator[SynthesizedClip, None]:
        """Speak ``script`` as it grows. After a failure the next voice continues, or with ``one_voice`` starts over
        after the beginning that was already heard, if any."""
        candidates = await self._candidates(language, wished)
        rested = [candidate for candidate in candidates if not self._is_paused(*candidate)]
        reasons: list[str] = []
        failed: list[Engine] = []
        doubted: list[Voice] = []
        start = 0
        for engine, voice in rested or candidates:
            if engine in failed:
                continue
            start = script.told if one_voice else start
            left_s = self._timeout_s
            try:
                while lines := await script.read(start, engine.batch_chars if start else 0):
                    text, began_s = " ".join(lines), time.monotonic()
                    async with asyncio.timeout(left_s):
                        sound = await engine.speak(text, voice, prosody)
                    left_s -= time.monotonic() - began_s
                    start += len(lines)
                    yield SynthesizedClip(
                        text, await asyncio.to_thread(finished, sound), voice.name, engine.name, len(lines)
                    )
            except (EngineFailedError, TimeoutError) as error:
                reason = error.reason if isinstance(error, EngineFailedError) else "it took too long"
                _LOG.warning("The voice engine %s failed with %s: %s", engine.name, voice.name, reason)
                reasons.append(f"{engine.name}: {reason}")
                if isinstance(error, VoiceFailedError):
                    doubted.append(voice)
                else:
                    failed.append(engine)
                    self._pause(engine.name)
                continue
            self._paused_until_s.pop(engine.name, None)
            self._paused_until_s.pop(voice.name, None)
            # The voice is at fault, and not the text, only if another voice of the engine can say the text.
            for other in doubted:
                if other.engine == engine.name:
                    self._pause(other.name)
            return
        if not reasons:
            raise LanguageNotSpokenError(language)
        raise SpeechUnavailableError("; ".join(reasons))

    async def _load(self, language: str, wished: Voice | None) -> None:
        """Load the voice that will probably speak."""
        for engine, voice in (await self._candidates(language, wished))[:1]:
            if isinstance(engine, LoadsVoices):
                await engine.load(voice)

    async def _voices(self, *, ask_network: bool) -> tuple[Voice, ...]:
        catalogues = await asyncio.gather(*(engine.voices(ask_network=ask_network) for engine in self._engines))
        return tuple(voice for catalogue in catalogues for voice in catalogue)

    async def _voice_named(self, name: str) -> Voice:
        # The network is asked only for a voice that is not known without it: speaking should not wait for a catalogue.
        for ask_network in (False, True):
            for voice in await self._voices(ask_network=ask_network):
                if voice.name.lower() == name.lower():
                    return voice
        raise UnknownVoiceError(name)

    async def _candidates(self, language: str, wished: Voice | None) -> list[tuple[Engine, Voice]]:
        """The engines and voices that may speak ``language``, in the order in which they are tried: of each engine its
        best voice and, in case only that voice fails, its next best; the engine of the ``wished`` voice first."""
        found: list[tuple[Engine, Voice]] = []
        for engine in self._engines:
            offered = await engine.voices(ask_network=False)
            chosen: list[Voice] = []
            if wished and wished.engine == engine.name and wished.speaks(language):
                chosen.append(wished)
            for _ in range(2 - len(chosen)):
                if voice := best_voice((other for other in offered if other not in chosen), language, wished):
                    chosen.append(voice)
            entries = [(engine, voice) for voice in chosen]
            found = entries + found if wished in chosen[:1] else found + entries
        return found

    def _pause(self, name: str) -> None:
        self._paused_until_s[name] = time.monotonic() + self._pause_after_failure_s

    def _is_paused(self, engine: Engine, voice: Voice) -> bool:
        now_s = time.monotonic()
        return any(self._paused_until_s.get(name, 0) > now_s for name in (engine.name, voice.name))
