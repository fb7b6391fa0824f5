"""What a recognizer is."""

from __future__ import annotations

from typing import Protocol

from audio.recognition.options import DEFAULT_OPTIONS, TranscriptionOptions
from audio.recognition.transcript import Transcript
from audio.recording import Recording


class Recognizer(Protocol):
    """Turns recordings into words."""

    @property
    def name(self) -> str:
        """One word, logged."""
        ...

    async def load(self) -> None:
        """Do now what the first recording would have to wait for."""
        ...

    async def transcribe(self, audio: bytes | Recording, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """The words in ``audio``, a file's bytes or what ``decode`` made of them; no text when nobody speaks.

        Raises a ``RecordingError`` when the bytes cannot be used, ``UnknownLanguageError``, and
        ``RecognizerFailedError`` when it cannot transcribe now: the next one is asked then.
        """
        ...

    async def close(self) -> None:
        """Stop all work. May be called twice."""
        ...
