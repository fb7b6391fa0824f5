"""The interface of a speech synthesizer."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from audio.synthesis.prosody import Prosody
from audio.synthesis.speech import Speech
from audio.synthesis.streaming import OnBeginning, StreamingSynthesis
from audio.synthesis.voices import Voice


class SpeechSynthesizer(Protocol):
    """Turns texts into voice messages: a ``Synthesizer``, or a proxy for one elsewhere."""

    @property
    def prosody(self) -> Prosody:
        """How texts are spoken unless something else is requested."""
        ...

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
        """Turn ``text``, which may contain Discord's markdown, into a voice message; see ``Synthesizer.speak``.

        ``source``: who it is for, such as a guild, so that those who ask for little need not wait for those who ask for
        much.

        Raises: as ``Synthesizer.speak``; a ``StarlingError`` if it is to be spoken elsewhere and cannot be.
        """
        ...

    def stream(
        self,
        *,
        hint: str,
        voice: str | None = None,
        prosody: Prosody | None = None,
        on_beginning: OnBeginning | None = None,
        source: int | None = None,
    ) -> AbstractAsyncContextManager[StreamingSynthesis]:
        """Speak a text while it is being written; see ``Synthesizer.stream``."""
        ...

    async def voices(self) -> tuple[Voice, ...]:
        """Every voice that may speak. Never raises; may take seconds if the network is down."""
        ...

    async def has_voice(self, name: str) -> bool:
        """Whether ``voice=name`` may be requested. May take seconds if the network is down and ``name`` is unknown."""
        ...
