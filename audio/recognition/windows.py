"""The window in which Whisper takes a chunk of a recording."""

from __future__ import annotations

import numpy as np

from audio.recognition.chunking import SpeechChunk
from audio.recognition.log_mel import Features, LogMel, window_frames
from audio.recording import Samples

PADDING_S = 3.0
"""Silence after the sound, by which Whisper recognises that nothing follows."""

SHORTEST_WINDOW_S = 11.0
"""In shorter windows Whisper repeats itself: without this bound, the WER is ten points higher."""

FAINT_LEVEL, RAISED_LEVEL = 0.003, 0.05
"""Chunks with an RMS level below -50 dB are amplified to -26 dB: their spectrum would be too low for Whisper's
logarithms to resolve."""


def frames_of(chunk: SpeechChunk) -> int:
    """The length of the window, in frames, that is enough for ``chunk``."""
    return window_frames(chunk.duration_s, padding_s=PADDING_S, shortest_s=SHORTEST_WINDOW_S)


def audible_sound(chunk: SpeechChunk, samples: Samples) -> Samples:
    """The sound of ``chunk``, shape (m,), from its recording's ``samples``, shape (n,), amplified if it is faint."""
    sound = chunk.samples_from(samples)
    level = float(np.sqrt(np.mean(np.square(sound), dtype=np.float64)))
    if not 0 < level < FAINT_LEVEL:
        return sound
    raised: Samples = np.clip(sound * np.float32(RAISED_LEVEL / level), -1, 1)
    return raised


def spectrum_of(chunk: SpeechChunk, samples: Samples, log_mel: LogMel) -> Features:
    """The encoder's input for ``chunk``, in its window."""
    return log_mel.window(audible_sound(chunk, samples), frames_of(chunk))
