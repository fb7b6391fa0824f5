"""Cutting a recording at its pauses into chunks that Whisper transcribes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from audio.recognition.voice_activity import Span, Utterance
from audio.recording import RECORDING_RATE_HZ, Samples

LONGEST_CHUNK_S = 27.0
"""Whisper's window is 30 s, and it needs about 3 s of silence at the end to recognise that nothing follows."""

SHORTEST_CUT_PAUSE_S = 0.75
"""Pauses of at least this length end a chunk: without timestamps Whisper takes them for the end and loses what follows.
Speech that is cut at shorter pauses, in the middle of a sentence, is recognised worse."""

_LONGEST = round(LONGEST_CHUNK_S * RECORDING_RATE_HZ)
_SHORTEST_CUT_PAUSE = round(SHORTEST_CUT_PAUSE_S * RECORDING_RATE_HZ)


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A stretch of a recording that is transcribed at once."""

    span: Span
    spoken: tuple[Span, ...]
    """The utterances in it, in order; at least one."""
    is_doubtful: bool = False
    """Whether the voice detector took the chunk for silence, so that only words of which Whisper is sure count."""

    @property
    def duration_s(self) -> float:
        return self.span.length / RECORDING_RATE_HZ

    @property
    def spoken_s(self) -> float:
        """The total duration of its utterances."""
        return sum(utterance.length for utterance in self.spoken) / RECORDING_RATE_HZ

    def samples_from(self, samples: Samples) -> Samples:
        """The sound of this chunk, shape (m,), taken from its recording's ``samples``, shape (n,)."""
        return samples[self.span.start : self.span.end]

    def time_in_recording_s(self, time_s: float) -> float:
        """The time in the recording that corresponds to ``time_s`` in this chunk; never outside the chunk."""
        return self.span.start / RECORDING_RATE_HZ + min(max(time_s, 0.0), self.duration_s)


def split_into_chunks(said: Sequence[Utterance]) -> list[SpeechChunk]:
    """Group the utterances of a recording, given in order, into chunks of at most ``LONGEST_CHUNK_S``."""
    if not said:
        return []
    spans = _apart(said)
    chunks: list[SpeechChunk] = []
    first = 0
    while first < len(said):
        after = _end_of_chunk(said, spans, first)
        spoken = tuple(utterance.spoken for utterance in said[first:after])
        chunks.append(SpeechChunk(Span(spans[first].start, spans[after - 1].end), spoken))
        first = after
    return chunks


def doubtful_chunk(possible: Utterance) -> SpeechChunk:
    """A possible utterance as a chunk of its own."""
    return SpeechChunk(possible.around, (possible.spoken,), is_doubtful=True)


def split_at_pauses(chunk: SpeechChunk) -> list[SpeechChunk]:
    """The utterances of ``chunk``, each as a chunk of its own; the chunks meet in the middle of the pauses."""
    middles = [(one.end + other.start) // 2 for one, other in pairwise(chunk.spoken)]
    borders = [chunk.span.start, *middles, chunk.span.end]
    return [
        SpeechChunk(Span(start, end), (utterance,))
        for (start, end), utterance in zip(pairwise(borders), chunk.spoken, strict=True)
    ]


def _apart(said: Sequence[Utterance]) -> list[Span]:
    """The ``around`` of each utterance; where two overlap, they are cut to meet in the middle of the pause."""
    starts = [said[0].around.start]
    ends: list[int] = []
    for one, other in pairwise(said):
        middle = (one.spoken.end + other.spoken.start) // 2
        overlap = one.around.end > other.around.start
        ends.append(middle if overlap else one.around.end)
        starts.append(middle if overlap else other.around.start)
    ends.append(said[-1].around.end)
    return [Span(start, end) for start, end in zip(starts, ends, strict=True)]


def _end_of_chunk(said: Sequence[Utterance], spans: Sequence[Span], first: int) -> int:
    """The number of the utterance after the chunk that begins with utterance ``first``. The chunk ends at the first
    pause of ``SHORTEST_CUT_PAUSE_S``, or, if it would get too long, at the widest pause of its second half."""
    best, widest = first + 1, -1
    for after in range(first + 1, len(said) + 1):
        length = spans[after - 1].end - spans[first].start
        if length > _LONGEST:
            return best
        if after == len(said):
            return after
        pause = said[after].spoken.start - said[after - 1].spoken.end
        if pause >= _SHORTEST_CUT_PAUSE:
            return after
        if length < _LONGEST // 2 or pause >= widest:
            best = after
            widest = pause if length >= _LONGEST // 2 else -1
    return best
