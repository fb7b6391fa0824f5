"""What reading one recording may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """What one file may cost."""

    max_bytes: int = 25 * 2**20
    max_duration_s: float = 1200
    """Of the sound, as declared by the file and as decoded; Discord's own voice messages last 20 minutes at most."""
    max_channels: int = 8
    max_rate_hz: int = 192_000
    max_decoding_s: float = 20
    """Processor time; 10 s of Ogg Opus cost about 0.03 s."""


DEFAULT_LIMITS = DecodingLimits()
