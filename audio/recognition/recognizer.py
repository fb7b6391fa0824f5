"""What a recognizer is."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Protocol

from audio.recognition.batch import Quality
from audio.recognition.progress import OnProgress
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

    async def transcribe(
        self,
        audio: bytes | Recording,
        *,
        language: str | None = None,
        languages: Collection[str] | None = None,
        expected_languages: Mapping[str, float] | None = None,
        translate: bool = False,
        quality: Quality | None = None,
        hints: str = "",
        words: bool = False,
        source: Hashable = None,
        progress: OnProgress | None = None,
    ) -> Transcript:
        """The words in ``audio``, a file's bytes or what ``decode`` made of them; no text when nobody speaks.

        ``language``: a BCP-47 tag; None detects which one it is.
        ``languages``: tags of those that may be detected then; None for all.
        ``expected_languages``: tags with weights of any unit, by what was spoken there before: they decide where what
        is heard is not sure.
        ``translate``: whether to write English, whatever language is spoken.
        ``quality``: another than the recognizer's own.
        ``hints``: names and jargon that may be said.
        ``words``: whether the segments have their words with times.
        ``source``: who sends it, such as a guild: those who send little need not wait for those who send much.
        ``progress``: called in the event loop with what is done so far.

        Raises a ``RecordingError`` when the bytes cannot be used, ``UnknownLanguageError``, and
        ``RecognizerFailedError`` when it cannot transcribe now: the next one is asked then.
        """
        ...

    async def close(self) -> None:
        """Stop all work. May be called twice."""
        ...
