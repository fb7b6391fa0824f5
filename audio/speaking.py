"""Speaking a text with the first engine that can."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from audio.encoding import encode
from audio.engines import Engine
from audio.errors import (
    EngineFailedError,
    LanguageNotSpokenError,
    NothingToSayError,
    SpeechUnavailableError,
    UnknownVoiceError,
)
from audio.language import detect_language
from audio.sentences import shortened
from audio.speakable import speakable
from audio.speech import Speech
from audio.voices import Voice, best_voice

_LOG = logging.getLogger(__name__)


class Speaker:
    """Speaks with several engines: the first that has a voice for the language, or else the next.

    An engine that failed is left alone for a while. No voice is ever given a text in a language that it does not
    speak.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        *,
        pause_after_failure_s: float = 300,
        timeout_s: float = 120,
        max_chars: int = 4000,
        only: str | None = None,
    ) -> None:
        """Ask nothing of the engines yet.

        ``engines``: the best first. Each belongs to the speaker, which closes it.
        ``pause_after_failure_s``: for how long an engine is skipped once it has failed, unless every engine that
        speaks the language has.
        ``timeout_s``: the longest that one engine may take for one text.
        ``max_chars``: what is longer is cut at the end of a sentence; 4000 characters take about five minutes to say.
        ``only``: the name of the one engine that may speak; None lets all.
        """
        self._engines = [engine for engine in engines if only in (None, engine.name)]
        self._all_engines = tuple(engines)
        self._pause_after_failure_s = pause_after_failure_s
        self._timeout_s = timeout_s
        self._max_chars = max_chars
        self._paused_until_s: dict[str, float] = {}

    async def load(self) -> None:
        """Load now what the first text would have to wait half a second for: the telling of languages."""
        await asyncio.to_thread(detect_language, "hello")

    async def speak(self, text: str, *, language: str | None = None, voice: str | None = None) -> Speech:
        """``text``, which may have Discord's markdown in it, as a voice message.

        ``language``: the text's, as a BCP-47 tag; None tells it from the text.
        ``voice``: the name of the wished voice. When it does not speak the text's language, or its engine fails, the
        most alike of the others speaks.

        Raises ``NothingToSayError``, ``UnknownVoiceError``, ``LanguageNotSpokenError``, and
        ``SpeechUnavailableError`` when every engine that speaks the language failed.
        """
        plain = shortened(await asyncio.to_thread(speakable, text), self._max_chars)
        if not any(char.isalnum() for char in plain):
            raise NothingToSayError
        wished = None if voice is None else await self._voice_named(voice)
        if language is None:
            language = await asyncio.to_thread(detect_language, plain, wished.language if wished else "en")
        reasons: list[str] = []
        for engine, speaking in await self._candidates(language, wished):
            try:
                async with asyncio.timeout(self._timeout_s):
                    sound = await engine.speak(plain, speaking)
            except (EngineFailedError, TimeoutError) as error:
                reason = error.reason if isinstance(error, EngineFailedError) else "it took too long"
                _LOG.warning("The voice engine %s failed with %s: %s", engine.name, speaking.name, reason)
                self._paused_until_s[engine.name] = time.monotonic() + self._pause_after_failure_s
                reasons.append(f"{engine.name}: {reason}")
                continue
            self._paused_until_s.pop(engine.name, None)
            return await asyncio.to_thread(encode, sound, voice=speaking.name, engine=engine.name)
        if not reasons:
            raise LanguageNotSpokenError(language)
        raise SpeechUnavailableError("; ".join(reasons))

    async def voices(self) -> tuple[Voice, ...]:
        """Every voice of every engine that may speak. Never raises; may take seconds when a network is down."""
        return await self._voices(ask_network=True)

    async def close(self) -> None:
        """Close the engines. May be called twice."""
        for engine in self._all_engines:
            await engine.close()

    async def _voices(self, *, ask_network: bool) -> tuple[Voice, ...]:
        catalogues = await asyncio.gather(*(engine.voices(ask_network=ask_network) for engine in self._engines))
        return tuple(voice for catalogue in catalogues for voice in catalogue)

    async def _voice_named(self, name: str) -> Voice:
        # The network is asked only for a voice that is not known without it: speaking should not wait for a list.
        for ask_network in (False, True):
            for voice in await self._voices(ask_network=ask_network):
                if voice.name.lower() == name.lower():
                    return voice
        raise UnknownVoiceError(name)

    async def _candidates(self, language: str, wished: Voice | None) -> list[tuple[Engine, Voice]]:
        """Who may speak ``language``, in the order in which they are asked."""
        found: list[tuple[Engine, Voice]] = []
        for engine in self._engines:
            if wished and wished.engine == engine.name and wished.speaks(language):
                found.insert(0, (engine, wished))
            elif voice := best_voice(await engine.voices(ask_network=False), language, wished):
                found.append((engine, voice))
        now_s = time.monotonic()
        rested = [entry for entry in found if self._paused_until_s.get(entry[0].name, 0) <= now_s]
        return rested or found
