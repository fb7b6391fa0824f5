"""What is asked for with a recording."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

from audio.recognition.batch import Quality
from audio.recognition.progress import OnProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionOptions:
    """How one recording is to be transcribed. A recognizer that cannot heed one of these says so."""

    language: str | None = None
    """A BCP-47 tag; None detects which one it is."""
    languages: Collection[str] | None = None
    """Tags of those that may be detected then; None for all."""
    expected_languages: Mapping[str, float] | None = None
    """Tags with weights of any unit, by what was spoken there before: they decide where what is heard is not sure, as
    in notes of a word or two."""
    translate: bool = False
    """Whether to write English, whatever language is spoken."""
    quality: Quality | None = None
    """Another than the recognizer's own."""
    hints: str = ""
    """Names and jargon that may be said, such as "Kubernetes, Ada, Grafana"; about 400 characters count."""
    words: bool = False
    """Whether the segments have their words with times, which costs about a tenth more."""
    source: Hashable = None
    """Who sends it, such as a guild: those who send little need not wait for those who send much. None is a source of
    its own each time."""
    progress: OnProgress | None = None
    """Called in the event loop with what is done so far."""


DEFAULT_OPTIONS = TranscriptionOptions()
"""In the language that is spoken, without times of words."""
