"""Finding where in a recording somebody speaks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from audio.recording import RECORDING_RATE_HZ, Samples

if TYPE_CHECKING:
    from faster_whisper.vad import SileroVADModel

Probabilities = npt.NDArray[np.float32]
"""Probabilities of speech, in [0, 1], one for each ``FRAME_SAMPLES`` samples of a recording, shape (frames,)."""

FRAME_SAMPLES = 512
"""32 ms: the frame that Silero's detector takes at once."""

SURE = 0.5
"""From this probability on, somebody starts to speak (Silero's default)."""

STILL = SURE - 0.15
"""Below this probability, somebody who was speaking has stopped (Silero's default)."""

SHORTEST_PAUSE_S = 0.3
"""Pauses between words are shorter; those between sentences and clauses are not."""

LONGEST_UTTERANCE_S = 25.0
"""Longer speech without a pause is cut where the voice is weakest: Whisper takes 30 s at once, see ``chunking``."""

MARGIN_S = 0.4
"""How much sound is kept around speech, because the detector misses quiet first and last sounds (faster-whisper's
``speech_pad_ms``)."""

BEGINNING = 0.05
"""Frames of at least this probability just before the first sure one belong to the utterance too: the detector becomes
sure of a whisper only half way through."""

LONGEST_BEGINNING_S = 1.2

_WINDOW_S, _WARM_UP_S = 4.0, 1.0
"""The detector starts afresh for each window, because after music or a loud voice it misses a quiet voice for seconds.
It needs some sound before the window to warm up."""

_LEVEL = 0.05
"""The RMS level, -26 dB, to which quiet windows are amplified: the detector takes a faint voice for silence."""

_MAX_GAIN = 1000.0
"""Voices that would need more gain are too faint for 16 bits to hold."""

_DIGITAL_SILENCE = 1e-6

LIKELY = 0.2
SHORTEST_LIKELY_S = 0.2
"""Sound that reaches ``LIKELY`` for at least ``SHORTEST_LIKELY_S`` may be speech: noise and key tones reach it for two
or three frames, whispers for longer."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in samples at ``RECORDING_RATE_HZ``."""

    start: int
    """Its first sample."""
    end: int
    """The sample after its last one."""

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech between one pause and the next."""

    spoken: Span
    around: Span
    """``spoken`` with the sound before and after it that may belong to it; may overlap with that of its neighbours."""


def speech_probabilities(samples: Samples, progress: Callable[[float], None] | None = None) -> Probabilities:
    """The probability that somebody speaks in each frame of ``samples``, shape (n,).

    Takes about 3 ms of processor time for a second of sound. ``progress``: called every four seconds of sound with how
    many seconds are searched; an error that it raises ends the search.
    """
    # Importing it takes a quarter of a second, which only those who transcribe should pay.
    from faster_whisper.vad import get_vad_model

    detector: SileroVADModel = get_vad_model()
    frames = math.ceil(len(samples) / FRAME_SAMPLES)
    found = np.zeros(frames, np.float32)
    window, warm_up = _frames(_WINDOW_S), _frames(_WARM_UP_S)
    for first in range(0, frames, window):
        before = min(first, warm_up)
        sound = samples[(first - before) * FRAME_SAMPLES : (first + window) * FRAME_SAMPLES]
        # Amplified window by window, because a second copy of hours of sound would fill the memory.
        sound = np.pad(sound, (0, -len(sound) % FRAME_SAMPLES))
        level = math.sqrt(np.mean(np.square(sound), dtype=np.float64))
        if level > _DIGITAL_SILENCE:
            raised = np.clip(sound * min(max(_LEVEL / level, 1.0), _MAX_GAIN), -1, 1)
            found[first : first + window] = np.ravel(detector(raised.astype(np.float32)))[before:]
        if progress is not None:
            progress(min(first + window, frames) * FRAME_SAMPLES / RECORDING_RATE_HZ)
    return found


def utterances(samples: Samples, probabilities: Probabilities | None = None) -> list[Utterance]:
    """The utterances in ``samples``, shape (n,), in order; empty when nobody speaks.

    ``probabilities``: the result of ``speech_probabilities`` for ``samples``, if it is known already.
    """
    likely = speech_probabilities(samples) if probabilities is None else probabilities
    spoken = [part for stretch in _spoken_frames(likely) for part in _short_enough(stretch, likely)]
    return [_utterance(first, after, likely, len(samples)) for first, after in spoken]


def possible_utterance(samples: Samples, probabilities: Probabilities) -> Utterance | None:
    """The part of ``samples`` that may be speech although ``utterances`` finds none; None if there is no sign of any.

    It begins at the first sign and has at most ``LONGEST_UTTERANCE_S`` of possible speech.
    """
    likely = np.flatnonzero(probabilities >= LIKELY)
    if len(likely) < _frames(SHORTEST_LIKELY_S):
        return None
    first = int(likely[0])
    last = int(likely[likely < first + _frames(LONGEST_UTTERANCE_S)][-1])
    return _utterance(first, last + 1, probabilities, len(samples))


def _spoken_frames(likely: Probabilities) -> list[tuple[int, int]]:
    """The stretches of frames in which somebody speaks, each as its first frame and the one after its last: from a
    probability of ``SURE`` on, until it stays below ``STILL`` for as long as a pause."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    last = 0
    for frame, probability in enumerate(likely.tolist()):
        if start is None:
            if probability >= SURE:
                start, last = frame, frame
        elif probability >= STILL:
            last = frame
        elif frame - last >= _frames(SHORTEST_PAUSE_S):
            found.append((start, last + 1))
            start = None
    if start is not None:
        found.append((start, last + 1))
    return found


def _short_enough(stretch: tuple[int, int], likely: Probabilities) -> list[tuple[int, int]]:
    """``stretch``; while it is too long, its first part is cut off where the voice is weakest in the second half of
    ``LONGEST_UTTERANCE_S``."""
    parts: list[tuple[int, int]] = []
    first, after = stretch
    longest = _frames(LONGEST_UTTERANCE_S)
    while after - first > longest:
        cut = first + longest // 2 + int(np.argmin(likely[first + longest // 2 : first + longest]))
        parts.append((first, cut))
        first = cut
    return [*parts, (first, after)]


def _utterance(first: int, after: int, likely: Probabilities, length: int) -> Utterance:
    begins = first
    while begins > max(0, first - _frames(LONGEST_BEGINNING_S)) and likely[begins - 1] >= BEGINNING:
        begins -= 1
    margin = round(MARGIN_S * RECORDING_RATE_HZ)
    spoken = Span(first * FRAME_SAMPLES, min(after * FRAME_SAMPLES, length))
    start = min(begins * FRAME_SAMPLES - margin // 2, spoken.start - margin)
    return Utterance(spoken, Span(max(0, start), min(length, spoken.end + margin)))


def _frames(duration_s: float) -> int:
    return round(duration_s * RECORDING_RATE_HZ / FRAME_SAMPLES)
