"""A recording cut at its pauses into chunks that Whisper hears at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audio.recognition.voice_activity import Span
from audio.recording import RECORDING_RATE_HZ, Samples

LONGEST_CHUNK_S = 27.0
"""Whisper's window is 30 s, and it needs about 3 s of silence at the end to tell that nothing follows."""

LONGEST_KEPT_PAUSE_S = 2.0
"""Longer ones are shortened, as faster-whisper's own filter does: Whisper makes up words in silence."""

MARGIN_S = 0.4
"""Left around speech: the detector misses quiet first and last sounds (faster-whisper's ``speech_pad_ms``)."""

_LONGEST = round(LONGEST_CHUNK_S * RECORDING_RATE_HZ)
_LONGEST_KEPT_PAUSE = round(LONGEST_KEPT_PAUSE_S * RECORDING_RATE_HZ)
_MARGIN = round(MARGIN_S * RECORDING_RATE_HZ)


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """Stretches of a recording, heard as if they followed each other."""

    stretches: tuple[Span, ...]
    """In order, without overlap; at least one."""
    spoken: tuple[Span, ...]
    """The utterances in them."""

    @property
    def duration_s(self) -> float:
        return sum(stretch.length for stretch in self.stretches) / RECORDING_RATE_HZ

    def samples_from(self, samples: Samples) -> Samples:
        """The sound of this chunk, shape (m,), out of its recording's ``samples``, shape (n,)."""
        return np.concatenate([samples[stretch.start : stretch.end] for stretch in self.stretches])

    def time_in_recording_s(self, time_s: float, *, ending: bool = False) -> float:
        """When in the recording is what this chunk has at ``time_s``; never outside its stretches.

        ``ending``: whether something ends then, which on a border between two stretches belongs to the first.
        """
        sample = round(time_s * RECORDING_RATE_HZ)
        for stretch in self.stretches:
            if sample < stretch.length or (ending and sample == stretch.length):
                return (stretch.start + max(sample, 0)) / RECORDING_RATE_HZ
            sample -= stretch.length
        return self.stretches[-1].end / RECORDING_RATE_HZ


def split_into_chunks(spoken: Sequence[Span], length: int) -> list[SpeechChunk]:
    """The ``spoken`` utterances of a recording of ``length`` samples as chunks of ``LONGEST_CHUNK_S`` at most."""
    margins = _with_margins(spoken, length)
    chunks: list[SpeechChunk] = []
    first = 0
    while first < len(spoken):
        after = _end_of_chunk(spoken, margins, first)
        chunks.append(SpeechChunk(_joined(margins[first:after]), tuple(spoken[first:after])))
        first = after
    return chunks


def _with_margins(spoken: Sequence[Span], length: int) -> list[Span]:
    """The utterances with half of the pauses around them, ``_MARGIN`` at most."""
    ends = [0, *(utterance.end for utterance in spoken)]
    starts = [*(utterance.start for utterance in spoken), length]
    # Before the first and behind the last utterance there is no neighbour to share the pause with.
    shares = [1 if number in (0, len(spoken)) else 2 for number in range(len(ends))]
    room = [min(_MARGIN, (start - end) // share) for end, start, share in zip(ends, starts, shares, strict=True)]
    return [
        Span(utterance.start - room[number], utterance.end + room[number + 1])
        for number, utterance in enumerate(spoken)
    ]


def _end_of_chunk(spoken: Sequence[Span], margins: Sequence[Span], first: int) -> int:
    """How far a chunk goes that begins with the utterance ``first``: to the widest pause of its second half."""
    best, widest = first + 1, -1
    for after in range(first + 1, len(spoken) + 1):
        length = sum(stretch.length for stretch in _joined(margins[first:after]))
        if length > _LONGEST:
            return best
        if after == len(spoken):
            return after
        pause = spoken[after].start - spoken[after - 1].end
        if length < _LONGEST // 2 or pause >= widest:
            best = after
            widest = pause if length >= _LONGEST // 2 else -1
    return best


def _joined(margins: Sequence[Span]) -> tuple[Span, ...]:
    """``margins`` with the pauses between them, unless those are to be shortened."""
    joined: list[Span] = []
    for span in margins:
        if joined and span.start - joined[-1].end <= _LONGEST_KEPT_PAUSE - 2 * _MARGIN:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return tuple(joined)
