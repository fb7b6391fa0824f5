"""A voice note once it is decoded, and sound that voice engines produce."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono sound, shape (n,), in [-1, 1]."""

RECORDING_RATE_HZ = 16_000
"""The sampling rate that Whisper and the voice activity detection expect."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Mono sound at ``RECORDING_RATE_HZ``."""

    samples: Samples
    """Shape (n,), float32, in [-1, 1]."""
    truncated: bool = False
    """Whether the file is cut off, so that these samples are only its first part."""
    rendering: int = 0
    """Which of the file's ``renderings`` this is: its first sound track, another track, or one channel of two."""
    renderings: int = 1
    """In how many ways the file can be rendered as mono sound; somebody may speak in another one than this."""

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RECORDING_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Mono sound at any sampling rate, as voice engines return it."""

    samples: Samples
    """Shape (n,), float32, in [-1, 1]."""
    rate_hz: int

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz
