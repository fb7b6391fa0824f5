"""One loudness for all voices."""

from __future__ import annotations

import math

import numpy as np

from audio.recording import Samples, Sound
from audio.synthesis.filtering import filtered

TARGET_LUFS = -18.0
"""The loudness of speech that AES TD1008 recommends for streams."""

PEAK = 0.8
"""Full scale is 1; Opus at 32 kbit/s overshoots its input by about a tenth."""

_TOLERANCE_LU = 0.5
_MAX_PASSES = 4
"""Limiting peaks makes a sound softer again, so the gain is found in a few steps."""

_SILENCE_LUFS = -69.0
"""EBU R128 gates at -70: anything softer has no loudness."""

_INTEGRATED = "lavfi.r128.I"

_SHORTEST_S = 0.4
"""One gating block of EBU R128, which cannot measure anything shorter."""


def loudness_lufs(sound: Sound) -> float:
    """The integrated loudness of ``sound`` by EBU R128; minus infinity for silence.

    A sound shorter than a gating block is measured as if it were repeated. Blocks for half a millisecond per second of
    sound.
    """
    if not len(sound.samples):
        return -math.inf
    times = math.ceil(2 * _SHORTEST_S / sound.duration_s) if sound.duration_s < _SHORTEST_S else 1
    frames = filtered(Sound(np.tile(sound.samples, times), sound.rate_hz), ("ebur128", "metadata=1"))
    # The filter measures every tenth of a second, and ignores what is left over.
    measured = [float(frame.metadata[_INTEGRATED]) for frame in frames[-2:] if _INTEGRATED in frame.metadata]
    return measured[-1] if measured and measured[-1] > _SILENCE_LUFS else -math.inf


def evened(sound: Sound) -> Sound:
    """``sound`` at ``TARGET_LUFS``, with peaks limited to ``PEAK``; silence stays as it is.

    All of it gets the same gain, so that what was said softly stays softer. Blocks for a few milliseconds per second of
    sound.
    """
    ready, gain_db = _limited(sound), 0.0
    for _ in range(_MAX_PASSES):
        missing_db = TARGET_LUFS - loudness_lufs(ready)
        if math.isinf(missing_db) or abs(missing_db) < _TOLERANCE_LU:
            break
        gain_db += missing_db
        ready = _limited(Sound(sound.samples * np.float32(10 ** (gain_db / 20)), sound.rate_hz))
    return ready


def _limited(sound: Sound) -> Sound:
    if np.abs(sound.samples).max() <= PEAK:
        return sound
    limiter = ("alimiter", f"limit={PEAK}:level=0:attack=5:release=50:latency=1")
    packed = ("aformat", "sample_fmts=flt:channel_layouts=mono")
    parts: list[Samples] = [
        np.asarray(frame.to_ndarray(), np.float32).reshape(-1) for frame in filtered(sound, limiter, packed)
    ]
    return Sound(np.clip(np.concatenate(parts), -PEAK, PEAK), sound.rate_hz)
