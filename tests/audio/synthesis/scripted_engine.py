"""A voice engine for tests, which behaves as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from audio import PLAIN, EngineFailedError, Prosody, Sound, Voice, VoiceFailedError
from audio.synthesis.voices import Gender


class ScriptedEngine:
    """An engine with a few voices that counts, fails or dawdles on request."""

    def __init__(
        self,
        name: str,
        languages: Sequence[str],
        *,
        fails: bool = False,
        fails_at: str | None = None,
        mute_at: str | None = None,
        takes_s: float = 0,
        batch_chars: int = 0,
    ) -> None:
        self.name = name
        self.batch_chars = batch_chars
        self.fails_at = fails_at
        """It fails when asked for a text with these words."""
        self.mute_at = mute_at
        """None of its voices can say a text with these words."""
        self.fails = fails
        self.takes_s = takes_s
        self.spoken: list[tuple[str, str]] = []
        self.closed = False
        self._voices = tuple(Voice(f"{name}-{language}", language, Gender.UNKNOWN, name) for language in languages)

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        return self._voices

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        self.spoken.append((voice.name, text))
        await asyncio.sleep(self.takes_s)
        if self.mute_at is not None and self.mute_at in text:
            raise VoiceFailedError(self.name, "no sound")
        if self.fails or (self.fails_at is not None and self.fails_at in text):
            raise EngineFailedError(self.name, "as it was told to")
        return Sound(np.full(2400, 0.1, np.float32), 24_000)

    async def close(self) -> None:
        self.closed = True
