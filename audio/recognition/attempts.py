"""One chunk decoded, and decoded again in another way where the words look wrong: each way once."""

from __future__ import annotations

from collections.abc import Callable
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
from audio.recognition.log_mel import FULL_WINDOW_FRAMES
from audio.recognition.whisper import DecodingOptions, Hypothesis, Whisper
from audio.recording import Samples

if TYPE_CHECKING:
    from ctranslate2 import StorageView

BEST_BEAMS = 5
"""What openai/whisper was measured with; more change nothing."""

FALLBACK_BEAMS = 3
"""For words that one beam found and that look wrong: as many words are right then as with ``BEST_BEAMS``."""


@dataclass(frozen=True)
class Attempt:
    """One chunk, and the last hypothesis about it."""

    whisper: Whisper
    together: StorageView
    """The sounds that were encoded with that of this chunk."""
    number: int
    """Which of them is its own."""
    sound: Samples
    """As it was encoded, shape (m,)."""
    chunk: SpeechChunk
    options: DecodingOptions
    hypothesis: Hypothesis
    beams: int
    """Of the first attempt."""
    hints: str = ""
    hinted: Hypothesis | None = None
    """What was heard with the hints, where there are any."""

    @cached_property
    def encoded(self) -> StorageView:
        """The sound of this chunk alone."""
        return self.whisper.one_of(self.together, self.number)

    @property
    def is_loop(self) -> bool:
        return is_loop(self.hypothesis.text, len(self.hypothesis.tokens), self.chunk.duration_s)

    @property
    def is_sparse(self) -> bool:
        return is_sparse(len(self.hypothesis.tokens), self.chunk.spoken_s)

    @property
    def is_words(self) -> bool:
        """Whether somebody said the words of the hypothesis."""
        found = self.hypothesis
        if self.chunk.is_doubtful:
            sure = is_certainly_speech(found.text, found.no_speech_probability, found.mean_logprob)
            return sure and not self.is_loop
        return not is_hallucination(found.no_speech_probability, found.mean_logprob)

    def decoded(self, options: DecodingOptions, beams: int) -> Attempt:
        """From what is encoded already."""
        (found,) = self.whisper.decode(
            self.encoded, [options], beams=beams, max_tokens=max_tokens(self.chunk.duration_s)
        )
        return replace(self, options=options, hypothesis=found)

    def in_full_window(self) -> Attempt:
        """In the window that the model was trained on: it loops less, and leaves less out."""
        encoded = self.whisper.encoded([self.sound], FULL_WINDOW_FRAMES)
        return replace(self, together=encoded, number=0).decoded(self.options, BEST_BEAMS)


def improved(attempt: Attempt, again: Callable[[list[SpeechChunk]], list[Attempt]]) -> list[Attempt]:
    """``attempt``, or better ones, in order, where its words look wrong.

    ``again``: decodes further chunks of the same recording in the same way.
    """
    if attempt.beams < FALLBACK_BEAMS and needs_fallback(attempt.hypothesis.mean_logprob):
        attempt = attempt.decoded(attempt.options, FALLBACK_BEAMS)
    if attempt.is_loop:
        attempt = attempt.in_full_window()
    if attempt.hinted is not None and not attempt.chunk.is_doubtful:
        attempt = _with_names(attempt, attempt.hinted)
    if not attempt.is_sparse or attempt.chunk.is_doubtful:
        return [attempt]
    parts = split_at_pauses(attempt.chunk)
    others = again(parts) if len(parts) > 1 else [attempt.in_full_window()]
    return others if _decode_more(others, attempt) else [attempt]


def _with_names(plain: Attempt, hinted: Hypothesis) -> Attempt:
    """What is heard with hints where they were said, or else ``plain``: they make nothing worse that has none of them.

    ``hinted``: what was heard with them.
    """
    found = replace(plain, options=replace(plain.options, hints=plain.hints), hypothesis=hinted)
    alone = plain.hypothesis
    if not has_gained_names(hinted.text, alone.text, plain.hints):
        return plain
    if found.is_loop or hinted.mean_logprob < alone.mean_logprob:
        return plain
    # What the sound alone says of these words.
    fits = plain.whisper.mean_logprob_of(plain.encoded, plain.options, hinted.tokens, plain.chunk.duration_s)
    return found if fits > alone.mean_logprob - NAMES_LOSS else plain


def _decode_more(others: list[Attempt], attempt: Attempt) -> bool:
    sure = [other for other in others if other.is_words and not other.is_loop]
    return sum(len(other.hypothesis.tokens) for other in sure) > len(attempt.hypothesis.tokens)
