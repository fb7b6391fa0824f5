"""What a voice engine is."""

from __future__ import annotations

from typing import Protocol

from audio.recording import Sound
from audio.voices import Voice


class Engine(Protocol):
    """Turns text into sound."""

    name: str
    """One word, shown to users and logged."""

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        """What this engine can speak with, the best voice of each language first; empty when it is not installed.

        Never raises and takes seconds at most. Without ``ask_network`` it answers at once from what it knows.
        """
        ...

    async def speak(self, text: str, voice: Voice) -> Sound:
        """``text``, plain and in the language of ``voice``, said by it: one of ``voices``.

        Raises ``EngineFailedError``. Stops soon after it is cancelled.
        """
        ...

    async def close(self) -> None:
        """Let go of threads and connections. May be called twice."""
        ...
