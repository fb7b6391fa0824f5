"""What reading one recording may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from audio.speech_settings import SpeechSettings


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

    @classmethod
    def of_settings(cls, settings: SpeechSettings) -> Self:
        """With as much time as the longest recording that is taken needs on a slow machine."""
        longest_s = settings.max_audio_s
        return cls(
            settings.max_audio_bytes, longest_s, max_decoding_s=max(DEFAULT_LIMITS.max_decoding_s, longest_s / 60)
        )


DEFAULT_LIMITS = DecodingLimits()
