"""What Whisper's encoder takes: the spectrum of a sound, no longer than it must be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from audio.recording import RECORDING_RATE_HZ, Samples

if TYPE_CHECKING:
    from faster_whisper.feature_extractor import FeatureExtractor

Features = npt.NDArray[np.float32]
"""Logarithms of the energies in mel bands, shape (bands, frames), ``FRAMES_PER_S`` frames a second."""

FRAMES_PER_S = 100
"""Whisper's frames are 10 ms apart."""

FULL_WINDOW_FRAMES = 3000
"""What Whisper was trained on: 30 s, of which the encoder makes 1500 states."""


def window_frames(duration_s: float, *, padding_s: float, shortest_s: float) -> int:
    """How many frames are enough for a sound of ``duration_s``: an even number, as the encoder halves it.

    ``padding_s``: silence behind the sound, by which Whisper tells that nothing follows.
    ``shortest_s``: what is shorter is filled up to this.

    The encoder's cost grows faster than the window: 10 s cost a seventh of 30 s.
    """
    frames = math.ceil((duration_s + padding_s) * FRAMES_PER_S / 2) * 2
    return min(max(frames, round(shortest_s * FRAMES_PER_S)), FULL_WINDOW_FRAMES)


class LogMel:
    """Computes windows; may be used from several threads at once.

    From then on products of matrices take one thread in this process.
    """

    def __init__(self, bands: int) -> None:
        """``bands``: as the model wants it, 80 or (large-v3) 128."""
        from faster_whisper.feature_extractor import FeatureExtractor

        # NumPy's own threads save nothing here, and spin while they wait for another product: a fifth of the work.
        threadpool_limits(limits=1, user_api="blas")
        self._extractor: FeatureExtractor = FeatureExtractor(feature_size=bands, sampling_rate=RECORDING_RATE_HZ)

    def window(self, samples: Samples, frames: int) -> Features:
        """``samples``, shape (n,), as a window of ``frames``, shape (bands, frames); cut off when it is longer.

        It is filled up with the lowest energy in the sound: the zeros that faster-whisper takes are louder than many
        a voice, since these logarithms are scaled to [-1, 1] or so.
        """
        spectrum = np.asarray(self._extractor(samples), np.float32)[:, :frames]
        window = np.empty((len(spectrum), frames), np.float32)
        fill_up(window, spectrum)
        return window


def fill_up(window: Features, spectrum: Features) -> None:
    """Write ``spectrum``, which has no more frames, into ``window``, with the lowest of its energies behind it."""
    length = spectrum.shape[1]
    window[:, :length] = spectrum
    window[:, length:] = spectrum.min()
