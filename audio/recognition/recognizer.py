"""The interface of a recognizer."""

from __future__ import annotations

from typing import Protocol

from audio.recognition.options import DEFAULT_OPTIONS, TranscriptionOptions
from audio.recognition.transcript import Transcript
from audio.recording import Recording


class Recognizer(Protocol):
    """Turns recordings into words."""

    @property
    def name(self) -> str:
        """One word, which appears in logs."""
        ...

    async def load(self) -> None:
        """Do the preparation for which the first recording would otherwise have to wait."""
        ...

    async def transcribe(self, audio: bytes | Recording, options: TranscriptionOptions = DEFAULT_OPTIONS) -> Transcript:
        """The words in ``audio``, a file's bytes or a decoded recording; no text when nobody speaks.

        Raises a ``RecordingError`` when the bytes cannot be used, ``UnknownLanguageError``, and
        ``RecognizerFailedError`` when this recognizer cannot transcribe now: the next one is tried then.
        """
        ...

    async def close(self) -> None:
        """Stop all work. May be called twice."""
        ...
