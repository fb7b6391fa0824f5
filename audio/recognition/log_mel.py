"""The input of Whisper's encoder: the spectrum of a sound, in a window no longer than necessary."""

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
"""The window that Whisper was trained on: 30 s, which the encoder turns into 1500 states."""


def window_frames(duration_s: float, *, padding_s: float, shortest_s: float) -> int:
    """How many frames are enough for a sound of ``duration_s``: an even number, because the encoder halves it.

    ``padding_s``: silence after the sound, by which Whisper recognises that nothing follows.
    ``shortest_s``: shorter windows are filled up to this.

    The encoder's cost grows faster than the window: 10 s cost a seventh of 30 s.
    """
    frames = math.ceil((duration_s + padding_s) * FRAMES_PER_S / 2) * 2
    return min(max(frames, round(shortest_s * FRAMES_PER_S)), FULL_WINDOW_FRAMES)


class LogMel:
    """Computes windows; may be used from several threads at once.

    Once an instance exists, BLAS uses a single thread in this whole process.
    """

    def __init__(self, bands: int) -> None:
        """``bands``: the number of mel bands that the model takes, 80 or (large-v3) 128."""
        from faster_whisper.feature_extractor import FeatureExtractor

        # BLAS threads save no time here, and spin while they wait for the next product: a fifth of the work.
        threadpool_limits(limits=1, user_api="blas")
        self._extractor: FeatureExtractor = FeatureExtractor(feature_size=bands, sampling_rate=RECORDING_RATE_HZ)

    def window(self, samples: Samples, frames: int) -> Features:
        """``samples``, shape (n,), as a window, shape (bands, frames); longer sound is cut off.

        The window is filled up with the lowest energy in the sound: the zeros that faster-whisper uses are louder than
        many a voice, because these logarithms are scaled to about [-1, 1].
        """
        spectrum = np.asarray(self._extractor(samples), np.float32)[:, :frames]
        window = np.empty((len(spectrum), frames), np.float32)
        fill_up(window, spectrum)
        return window


def fill_up(window: Features, spectrum: Features) -> None:
    """Copy ``spectrum``, which must not have more frames, into ``window``, and fill the rest with its lowest energy."""
    length = spectrum.shape[1]
    window[:, :length] = spectrum
    window[:, length:] = spectrum.min()
