"""The window in which a chunk of a recording is heard."""

from __future__ import annotations

import numpy as np

from audio.recognition.chunking import SpeechChunk
from audio.recognition.log_mel import Features, LogMel, window_frames
from audio.recording import Samples

PADDING_S = 3.0
"""Silence behind the sound, by which Whisper tells that nothing follows."""

SHORTEST_WINDOW_S = 11.0
"""In shorter windows Whisper repeats itself: without this bound it has ten points more of WER."""

FAINT_LEVEL, RAISED_LEVEL = 0.003, 0.05
"""Chunks below -50 dB are raised to -26 dB: their spectrum would reach below what Whisper's logarithms tell apart."""


def frames_of(chunk: SpeechChunk) -> int:
    """How many frames are enough for ``chunk``."""
    return window_frames(chunk.duration_s, padding_s=PADDING_S, shortest_s=SHORTEST_WINDOW_S)


def audible_sound(chunk: SpeechChunk, samples: Samples) -> Samples:
    """The sound of ``chunk``, shape (m,), out of its recording's ``samples``, shape (n,), raised where it is faint."""
    sound = chunk.samples_from(samples)
    level = float(np.sqrt(np.mean(np.square(sound), dtype=np.float64)))
    if not 0 < level < FAINT_LEVEL:
        return sound
    raised: Samples = np.clip(sound * np.float32(RAISED_LEVEL / level), -1, 1)
    return raised


def spectrum_of(chunk: SpeechChunk, samples: Samples, log_mel: LogMel) -> Features:
    """What the encoder takes of ``chunk``, in its window."""
    return log_mel.window(audible_sound(chunk, samples), frames_of(chunk))
