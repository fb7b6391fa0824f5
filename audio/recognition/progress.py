"""How far the transcription of a recording has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TranscriptionProgress:
    """How much of one recording is transcribed."""

    transcribed_s: float
    """``duration_s`` times the share of the work that is done; silence counts as no work."""
    duration_s: float
    text: str = ""
    """The text from the beginning on, up to the first part that is not transcribed yet."""


OnProgress = Callable[[TranscriptionProgress], None]
"""A callback, called in the event loop now and then."""
