"""The options with which a recording is transcribed."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

from audio.recognition.batch import Quality
from audio.recognition.progress import OnProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionOptions:
    """How one recording is to be transcribed. A recognizer that cannot honour one of these documents that."""

    language: str | None = None
    """A BCP-47 tag; None to detect the language."""
    languages: Collection[str] | None = None
    """The tags of the languages that may be detected; None for all."""
    expected_languages: Mapping[str, float] | None = None
    """Tags with weights in any unit, from what was spoken there before: they help to decide when the sound alone leaves
    doubt, as in notes of a word or two."""
    translate: bool = False
    """Whether to write English, whatever language is spoken."""
    quality: Quality | None = None
    """Overrides the recognizer's own quality; None to keep that."""
    hints: str = ""
    """Names and jargon that may be said, such as "Kubernetes, Ada, Grafana"; only about 400 characters are used."""
    words: bool = False
    """Whether the segments list their words with times, which takes about a tenth more time."""
    source: Hashable = None
    """Who sends the recording, such as a guild: sources that send little do not wait for those that send much. Each
    recording with None counts as a separate source."""
    progress: OnProgress | None = None
    """Called in the event loop with the progress so far."""


DEFAULT_OPTIONS = TranscriptionOptions()
"""Detects the language, and gives no times of words."""
