"""How far the hearing of a recording is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TranscriptionProgress:
    """What is done of one recording."""

    transcribed_s: float
    """Seconds of the recording, of ``duration_s``, in proportion to the work that is done; silence takes none."""
    duration_s: float
    text: str = ""
    """What was heard from the beginning on, without a gap."""


OnProgress = Callable[[TranscriptionProgress], None]
"""Called in the event loop, now and then."""
