"""Limits on the cost of decoding one recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from audio.speech_settings import SpeechSettings


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """How large, long and expensive one file may be."""

    max_bytes: int = 25 * 2**20
    max_duration_s: float = 1200
    """The longest sound, both declared by the file and decoded; Discord's own voice messages last at most 20 minutes.
    """
    max_channels: int = 8
    max_rate_hz: int = 192_000
    max_decoding_s: float = 20
    """Processor time; 10 s of Ogg Opus cost about 0.03 s."""

    @classmethod
    def of_settings(cls, settings: SpeechSettings) -> Self:
        """The limits in ``settings``, with enough processor time for the longest recording on a slow machine."""
        longest_s = settings.max_audio_s
        return cls(
            settings.max_audio_bytes, longest_s, max_decoding_s=max(DEFAULT_LIMITS.max_decoding_s, longest_s / 60)
        )


DEFAULT_LIMITS = DecodingLimits()
