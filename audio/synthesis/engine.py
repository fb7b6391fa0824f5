"""The interface of a voice engine."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from audio.recording import Sound
from audio.synthesis.prosody import PLAIN, Prosody
from audio.synthesis.voices import Voice


class Engine(Protocol):
    """Turns text into sound."""

    name: str
    """One word, shown to users and logged."""

    batch_chars: int
    """Sentences that are ready are passed to ``speak`` together, up to this many characters; 0: always one by one."""

    async def voices(self, *, ask_network: bool = True) -> tuple[Voice, ...]:
        """The voices of this engine, the best of each language first; empty if it is not installed.

        Never raises, and takes seconds at most. Without ``ask_network`` it answers at once from what it already knows.
        """
        ...

    async def speak(self, text: str, voice: Voice, prosody: Prosody = PLAIN) -> Sound:
        """Speak ``text``, one sentence or a few, plain and in the language of ``voice``, which is one of ``voices``.

        Raises ``EngineFailedError``, or ``VoiceFailedError`` if only this voice failed. Stops soon after it is
        cancelled.
        """
        ...

    async def close(self) -> None:
        """Release threads and connections. May be called twice."""
        ...


@runtime_checkable
class LoadsVoices(Protocol):
    """An engine whose voices are loaded when they are first needed."""

    async def load(self, voice: Voice) -> None:
        """Load ``voice``. Never raises."""
        ...
