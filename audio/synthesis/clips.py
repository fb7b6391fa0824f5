"""The speech of one sentence, or of a few, as one clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audio.recording import Sound
from audio.synthesis.encoding import OPUS_RATE_HZ, resampled
from audio.synthesis.loudness import evened

PAUSE_S = 0.25
"""The silence after each clip. Engines leave from nothing to almost a second, which is cut off."""

_QUIET = 10 ** (-45 / 20)
"""As a share of the peak: anything softer, at the ends of a clip, counts as silence."""
_MARGIN_S = 0.03
"""Kept before the first and after the last sound, so that no consonant loses its beginning."""


@dataclass(frozen=True, slots=True)
class SynthesizedClip:
    """A part of a text, spoken."""

    text: str
    sound: Sound
    """At 48 kHz and at the loudness of all clips; it ends with the pause before the next."""
    voice: str
    """The name of the voice that spoke."""
    engine: str
    """The name of its engine."""
    sentences: int = 1
    """How many sentences of the text it contains."""

    @property
    def duration_s(self) -> float:
        return self.sound.duration_s


def finished(sound: Sound) -> Sound:
    """The sound of an engine, trimmed, resampled and evened so that it can follow any other clip. Blocks for about 3 ms
    per second of sound."""
    ready = evened(resampled(_trimmed(sound), OPUS_RATE_HZ))
    return Sound(np.concatenate([ready.samples, np.zeros(round(PAUSE_S * OPUS_RATE_HZ), np.float32)]), OPUS_RATE_HZ)


def _trimmed(sound: Sound) -> Sound:
    levels = np.abs(sound.samples)
    heard = np.flatnonzero(levels > _QUIET * levels.max(initial=0))
    if not len(heard):
        return sound
    margin = round(_MARGIN_S * sound.rate_hz)
    return Sound(sound.samples[max(0, heard[0] - margin) : heard[-1] + margin + 1], sound.rate_hz)
