"""Decoding a chunk, and decoding it again in other ways, each of them once, if the words look wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from audio.recognition.chunking import SpeechChunk, split_at_pauses
from audio.recognition.hallucinations import (
    NAMES_LOSS,
    has_gained_names,
    is_certainly_speech,
    is_hallucination,
    is_loop,
    is_sparse,
    max_tokens,
    needs_fallback,
)
from audio.recognition.log_mel import FULL_WINDOW_FRAMES, Features
from audio.recognition.whisper import DecodingOptions, Hypothesis, Whisper
from audio.recording import Samples

if TYPE_CHECKING:
    from ctranslate2 import StorageView

BEST_BEAMS = 5
"""The beam size with which openai/whisper was evaluated; larger ones change nothing."""

FALLBACK_BEAMS = 3
"""The beam size for decoding again what one beam seems to have got wrong; as many words are then right as with
``BEST_BEAMS``."""


@dataclass(frozen=True)
class Attempt:
    """One chunk, and the latest hypothesis about it."""

    whisper: Whisper
    together: StorageView
    """The encoded sounds of the batch to which this chunk belongs."""
    number: int
    """The position of this chunk's sound in the batch."""
    sound: Samples | Features
    """The encoder's input: samples, shape (m,), or their spectrum."""
    frames: int
    """The length of the window in which the chunk was encoded."""
    chunk: SpeechChunk
    options: DecodingOptions
    hypothesis: Hypothesis
    beams: int
    """The beam size of the first attempt."""
    hints: str = ""
    hinted: Hypothesis | None = None
    """The hypothesis found with the hints, if there are any."""

    @cached_property
    def encoded(self) -> StorageView:
        """The encoded sound of this chunk alone."""
        return _encoded([self])

    @property
    def is_loop(self) -> bool:
        return is_loop(self.hypothesis.text, len(self.hypothesis.tokens), self.chunk.duration_s)

    @property
    def is_sparse(self) -> bool:
        return is_sparse(len(self.hypothesis.tokens), self.chunk.spoken_s)

    @property
    def is_settled(self) -> bool:
        """Whether nothing calls for a second look."""
        names = self.hinted is not None and has_gained_names(self.hinted.text, self.hypothesis.text, self.hints)
        return not (self.is_doubtful or self.is_loop or self.is_incomplete or names)

    @property
    def is_incomplete(self) -> bool:
        """Whether there are too few words for the time in which somebody certainly speaks."""
        return self.is_sparse and not self.chunk.is_doubtful

    @property
    def is_words(self) -> bool:
        """Whether somebody said the words of the hypothesis."""
        found = self.hypothesis
        if self.chunk.is_doubtful:
            sure = is_certainly_speech(found.text, found.no_speech_probability, found.mean_logprob)
            return sure and not self.is_loop
        return not is_hallucination(found.no_speech_probability, found.mean_logprob)

    @property
    def is_doubtful(self) -> bool:
        """Whether the words were found with a small beam size and are so improbable that they are often wrong."""
        return self.beams < FALLBACK_BEAMS and needs_fallback(self.hypothesis.mean_logprob)


def reconsidered(attempts: Sequence[Attempt]) -> list[Attempt]:
    """``attempts``, with those replaced by better ones whose words looked wrong."""
    found = list(attempts)
    _replace(found, lambda attempt: attempt.is_doubtful, _with_more_beams)
    _replace(found, lambda attempt: attempt.is_loop, _in_full_window)
    return [
        attempt if attempt.hinted is None or attempt.chunk.is_doubtful else _with_names(attempt, attempt.hinted)
        for attempt in found
    ]


def completed(
    attempts: Sequence[Attempt], again: Callable[[Mapping[int, list[SpeechChunk]]], Mapping[int, list[Attempt]]]
) -> list[list[Attempt]]:
    """For each of ``attempts`` the attempt itself or, if it has too few words for the time in which somebody speaks and
    decoding again finds more, the new attempts in order.

    ``again``: decodes the parts of attempts, given and returned by position, in the same way as those.
    """
    parts = {n: split_at_pauses(attempt.chunk) for n, attempt in enumerate(attempts) if attempt.is_incomplete}
    cut = {n: chunks for n, chunks in parts.items() if len(chunks) > 1}
    others: dict[int, list[Attempt]] = {**again(cut)} if cut else {}
    whole = [n for n in parts if n not in cut]
    if whole:
        widened = _in_full_window([attempts[n] for n in whole])
        others |= {n: [attempt] for n, attempt in zip(whole, widened, strict=True)}
    return [
        others[n] if n in others and _decode_more(others[n], attempt) else [attempt]
        for n, attempt in enumerate(attempts)
    ]


def _replace(
    attempts: list[Attempt], are: Callable[[Attempt], bool], by: Callable[[list[Attempt]], list[Attempt]]
) -> None:
    """Replace, in place, all attempts for which ``are`` is true by what ``by`` makes of them, in one call."""
    numbers = [number for number, attempt in enumerate(attempts) if are(attempt)]
    if numbers:
        for number, better in zip(numbers, by([attempts[number] for number in numbers]), strict=True):
            attempts[number] = better


def _with_more_beams(attempts: list[Attempt]) -> list[Attempt]:
    return _decoded(attempts, _encoded(attempts), FALLBACK_BEAMS)


def _in_full_window(attempts: list[Attempt]) -> list[Attempt]:
    """Decode again in the window that the model was trained on, where it loops less and leaves less out."""
    encoded = attempts[0].whisper.encoded([attempt.sound for attempt in attempts], FULL_WINDOW_FRAMES)
    widened = [
        replace(attempt, together=encoded, number=number, frames=FULL_WINDOW_FRAMES)
        for number, attempt in enumerate(attempts)
    ]
    return _decoded(widened, encoded, BEST_BEAMS)


def _encoded(attempts: Sequence[Attempt]) -> StorageView:
    """The encoded sounds of ``attempts``, without the others of their batches."""
    first = attempts[0]
    if first.whisper.is_on_card or any(attempt.together is not first.together for attempt in attempts):
        frames = max(attempt.frames for attempt in attempts)
        return first.whisper.encoded([attempt.sound for attempt in attempts], frames)
    return first.whisper.some_of(first.together, [attempt.number for attempt in attempts])


def _decoded(attempts: Sequence[Attempt], encoded: StorageView, beams: int) -> list[Attempt]:
    """``attempts`` with new hypotheses, found in their ``encoded`` sounds with this beam size."""
    limit = max(max_tokens(attempt.chunk.duration_s) for attempt in attempts)
    options = [attempt.options for attempt in attempts]
    found = attempts[0].whisper.decode(encoded, options, beams=beams, max_tokens=limit)
    return [replace(attempt, hypothesis=each) for attempt, each in zip(attempts, found, strict=True)]


def _with_names(plain: Attempt, hinted: Hypothesis) -> Attempt:
    """``plain`` with the hypothesis ``hinted`` if a hinted name was really said, otherwise ``plain`` unchanged, so that
    hints do no harm where none of them is said.

    ``hinted``: the hypothesis found with the hints.
    """
    found = replace(plain, options=replace(plain.options, hints=plain.hints), hypothesis=hinted)
    alone = plain.hypothesis
    if not has_gained_names(hinted.text, alone.text, plain.hints):
        return plain
    if found.is_loop or hinted.mean_logprob < alone.mean_logprob:
        return plain
    # How well the hinted words fit the sound without the hints.
    fits = plain.whisper.mean_logprob_of(plain.encoded, plain.options, hinted.tokens, plain.chunk.duration_s)
    return found if fits > alone.mean_logprob - NAMES_LOSS else plain


def _decode_more(others: list[Attempt], attempt: Attempt) -> bool:
    sure = [other for other in others if other.is_words and not other.is_loop]
    return sum(len(other.hypothesis.tokens) for other in sure) > len(attempt.hypothesis.tokens)
