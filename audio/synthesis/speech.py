"""Speech that is ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Speech:
    """A spoken text, ready for a voice message."""

    ogg: bytes = field(repr=False)
    """An Ogg Opus file: 48 kHz, mono, about 32 kbit/s."""
    duration_s: float
    waveform: bytes = field(repr=False)
    """The outline that a player draws: 1 to 256 unsigned bytes, one per 100 ms at most, 255 for the loudest."""
    voice: str
    """The name of the voice that spoke."""
    engine: str
    """The name of its engine."""
