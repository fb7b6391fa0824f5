"""One sentence, or a few, as they are heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audio.recording import Sound
from audio.synthesis.encoding import OPUS_RATE_HZ, resampled
from audio.synthesis.loudness import evened

PAUSE_S = 0.25
"""After each clip. Engines leave from nothing to almost a second of silence, which is cut off."""

_QUIET = 10 ** (-45 / 20)
"""Of the peak: what is softer, at the ends of a clip, is silence."""
_MARGIN_S = 0.03
"""Kept before the first and after the last sound, so that no consonant loses its beginning."""


@dataclass(frozen=True, slots=True)
class SynthesizedClip:
    """A part of a text, spoken."""

    text: str
    sound: Sound
    """At 48 kHz and at the loudness that all clips have; it ends with the pause before the next."""
    voice: str
    """The name of the voice that spoke."""
    engine: str
    """The name of its engine."""
    sentences: int = 1
    """How many sentences of the text it has."""

    @property
    def duration_s(self) -> float:
        return self.sound.duration_s


def finished(sound: Sound) -> Sound:
    """What an engine gave, made ready to follow any other clip. Blocks for about 3 ms a second of sound."""
    ready = evened(resampled(_trimmed(sound), OPUS_RATE_HZ))
    return Sound(np.concatenate([ready.samples, np.zeros(round(PAUSE_S * OPUS_RATE_HZ), np.float32)]), OPUS_RATE_HZ)


def _trimmed(sound: Sound) -> Sound:
    levels = np.abs(sound.samples)
    heard = np.flatnonzero(levels > _QUIET * levels.max(initial=0))
    if not len(heard):
        return sound
    margin = round(_MARGIN_S * sound.rate_hz)
    return Sound(sound.samples[max(0, heard[0] - margin) : heard[-1] + margin + 1], sound.rate_hz)
