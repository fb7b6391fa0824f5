"""What was heard in a recording."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and when it was said."""

    start_s: float
    """From the beginning of the recording."""
    end_s: float
    text: str
    """Without spaces around it, with the punctuation that follows it; a letter or two in languages without spaces."""
    probability: float
    """In [0, 1]."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence or so, and when it was said."""

    start_s: float
    """From the beginning of the recording."""
    end_s: float
    text: str
    """Without spaces around it."""
    words: tuple[Word, ...] = ()
    """In order of time; empty unless words were asked for."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one recording."""

    text: str
    """All segments, joined by spaces; empty when no speech was heard."""
    language: str | None
    """One of ``audio.LANGUAGES``: the requested or else the detected one; None if there was no speech to detect it in.
    """
    language_probability: float
    """In [0, 1]; 1 when the language was asked for, 0 when there was no speech."""
    duration_s: float
    """The recording's duration, silence included."""
    segments: tuple[Segment, ...]
    """In order of time."""
    truncated: bool = False
    """Whether the file is cut off, so that these are only the words of its first part."""

    @property
    def has_speech(self) -> bool:
        return bool(self.text)
