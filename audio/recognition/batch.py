"""Decoding chunks of recordings: in short windows, several in a batch, and once more when the words look wrong."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from audio.recognition.attempts import BEST_BEAMS, Attempt, completed, reconsidered
from audio.recognition.chunking import SpeechChunk
from audio.recognition.hallucinations import max_tokens
from audio.recognition.language_choice import chosen_language
from audio.recognition.log_mel import Features
from audio.recognition.segmentation import segments_of
from audio.recognition.transcript import Segment
from audio.recognition.whisper import DecodingOptions, Hypothesis, Whisper
from audio.recognition.windows import audible_sound, frames_of
from audio.recording import Samples

if TYPE_CHECKING:
    from ctranslate2 import StorageView


class Quality(StrEnum):
    """How much effort goes into a transcript."""

    FAST = "fast"
    ACCURATE = "accurate"
    """Takes a tenth more time than ``fast`` and gets a few more words right."""


BEAMS = {Quality.FAST: 1, Quality.ACCURATE: BEST_BEAMS}
"""The beam size of the first decoding, see ``benchmarks/transcription.py``."""

_CLASS_FRAMES, _SHORT_WINDOW_FRAMES = 200, 1500

MOST_TOGETHER = 40
"""Chunks in one batch on a graphics card, which gets no faster with batches of 64. In a batch of 256 windows of 30 s
Whisper base gets words wrong: apparently beyond 2^32 pairs of states, which the largest models reach with 96."""


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    """A chunk of a recording, and how it is to be decoded."""

    chunk: SpeechChunk
    samples: Samples
    """The sound of the whole recording, shape (n,)."""
    quality: Quality
    recording: Hashable = None
    """Identifies the recording. All its chunks in a batch get one language, detected in the longest of them."""
    language: str | None = None
    """One of the model's languages; None to detect it."""
    among: frozenset[str] | None = None
    """The languages that may be detected; None for all of them."""
    expected: Mapping[str, float] | None = None
    """How likely each language is before anything is heard, see ``chosen_language``."""
    translate: bool = False
    hints: str = ""
    words: bool = False
    """Whether to find the times of the single words."""
    spectrum: Features | None = None
    """The spectrum of the chunk's sound in a window of ``frames``, if it was computed ahead."""

    @property
    def frames(self) -> int:
        """The length of the window that is enough for the chunk."""
        return frames_of(self.chunk)

    @property
    def kind(self) -> tuple[Quality, int, str]:
        """A key that is equal for requests that can be decoded in one batch, mainly those with windows of similar
        length."""
        return self.quality, self.frames // _CLASS_FRAMES, self.hints

    @property
    def kind_on_card(self) -> tuple[Quality, bool, str]:
        """The same key for a graphics card, where a longer window costs little, and one batch as much as another."""
        return self.quality, self.frames > _SHORT_WINDOW_FRAMES, self.hints


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """The language and the words of a chunk."""

    language: str
    probability: float
    """The probability of the language, in [0, 1]; 1 if it was given."""
    segments: tuple[Segment, ...]
    """In order, with times from the beginning of the recording."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The result of decoding a chunk for the first time."""

    request: ChunkRequest
    attempt: Attempt
    language: str
    probability: float
    """The probability of the language, in [0, 1]."""


def decode_batch(whisper: Whisper, requests: Sequence[ChunkRequest]) -> list[ChunkResult]:
    """Transcribe each of ``requests``, at least one, all of the same kind."""
    return decided(whisper, first_looks(whisper, requests))


def first_looks(whisper: Whisper, requests: Sequence[ChunkRequest]) -> list[FirstLook]:
    """Decode each of ``requests``, at least one, all of the same kind, once."""
    attempts, languages = _attempted(whisper, requests)
    return [
        FirstLook(request, attempt, language, probability)
        for request, attempt, (language, probability) in zip(requests, attempts, languages, strict=True)
    ]


def decided(whisper: Whisper, looks: Sequence[FirstLook]) -> list[ChunkResult]:
    """The final result for the chunk of each of ``looks``; chunks whose words look wrong are decoded again."""
    final = completed(reconsidered([look.attempt for look in looks]), lambda cut: _parts_of(whisper, looks, cut))
    return [
        ChunkResult(
            look.language, look.probability, tuple(part for each in attempts for part in _segments(each, look.request))
        )
        for look, attempts in zip(looks, final, strict=True)
    ]


def _parts_of(
    whisper: Whisper, looks: Sequence[FirstLook], cut: Mapping[int, list[SpeechChunk]]
) -> dict[int, list[Attempt]]:
    """Decode the parts into which chunks are ``cut``; both mappings are by the chunk's position in ``looks``."""
    alike: dict[tuple[Quality, str], list[int]] = {}
    for number in cut:
        alike.setdefault((looks[number].request.quality, looks[number].request.hints), []).append(number)
    found: dict[int, list[Attempt]] = {}
    for numbers in alike.values():
        parts = [
            replace(looks[number].request, chunk=chunk, language=looks[number].language, spectrum=None)
            for number in numbers
            for chunk in cut[number]
        ]
        batches = (parts[first : first + MOST_TOGETHER] for first in range(0, len(parts), MOST_TOGETHER))
        heard = (attempt for batch in batches for attempt in reconsidered(_attempted(whisper, batch)[0]))
        found |= {number: list(islice(heard, len(cut[number]))) for number in numbers}
    return found


def _attempted(whisper: Whisper, requests: Sequence[ChunkRequest]) -> tuple[list[Attempt], list[tuple[str, float]]]:
    """Decode each of ``requests`` once; also its language with the probability of that."""
    beams = BEAMS[requests[0].quality]
    sounds = [sound_of(request) if request.spectrum is None else request.spectrum for request in requests]
    frames = max(request.frames for request in requests)
    encoded = whisper.encoded(sounds, frames)
    if all(request.language is not None for request in requests):
        languages = [(str(request.language), 1.0) for request in requests]
    else:
        languages = _languages(requests, whisper, encoded)
    options = [
        DecodingOptions(language, request.translate) for request, (language, _) in zip(requests, languages, strict=True)
    ]
    limit = max(max_tokens(request.chunk.duration_s) for request in requests)
    hypotheses = whisper.decode(encoded, options, beams=beams, max_tokens=limit)
    hinted: list[Hypothesis | None] = [None] * len(requests)
    if hints := requests[0].hints:
        hinted[:] = whisper.decode(
            encoded, [replace(each, hints=hints) for each in options], beams=beams, max_tokens=limit
        )
    attempts = [
        Attempt(
            whisper,
            encoded,
            number,
            sounds[number],
            frames,
            request.chunk,
            options[number],
            hypotheses[number],
            beams,
            request.hints,
            hinted[number],
        )
        for number, request in enumerate(requests)
    ]
    return attempts, languages


def sound_of(request: ChunkRequest) -> Samples:
    """The sound of the chunk of ``request`` that is encoded, shape (m,)."""
    return audible_sound(request.chunk, request.samples)


def _languages(requests: Sequence[ChunkRequest], whisper: Whisper, encoded: StorageView) -> list[tuple[str, float]]:
    """The language of each request: the given one, or the one detected in the longest chunk of its recording."""
    telling = {n: _longest(requests, n) for n, request in enumerate(requests) if request.language is None}
    asked = range(len(requests)) if whisper.is_on_card else sorted(set(telling.values()))
    heard = dict(zip(asked, whisper.language_probabilities(whisper.some_of(encoded, asked)), strict=True))
    return [
        chosen_language(heard[telling[number]], request.among, request.expected)
        if request.language is None
        else (request.language, 1.0)
        for number, request in enumerate(requests)
    ]


def _longest(requests: Sequence[ChunkRequest], number: int) -> int:
    """The number of the request with the longest chunk of the same recording as request ``number``."""
    recording = requests[number].recording
    own = [n for n, other in enumerate(requests) if recording is not None and other.recording == recording]
    return max(own or [number], key=lambda n: requests[n].chunk.duration_s)


def _segments(attempt: Attempt, request: ChunkRequest) -> tuple[Segment, ...]:
    if not attempt.is_words:
        return ()
    whisper, chunk, hypothesis = attempt.whisper, attempt.chunk, attempt.hypothesis
    words = (
        whisper.timed_words(attempt.encoded, attempt.options, hypothesis.tokens, chunk.duration_s)
        if request.words
        else ()
    )
    return segments_of(hypothesis.text, chunk, words)
