"""Decoding chunks of recordings: in short windows, several in a batch, and once more when the words look wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from audio.recognition.chunking import SpeechChunk
from audio.recognition.hallucinations import is_hallucination, is_loop, max_tokens, needs_fallback
from audio.recognition.log_mel import FULL_WINDOW_FRAMES, window_frames
from audio.recognition.transcript import Segment, Word
from audio.recognition.whisper import DecodingOptions, Hypothesis, Whisper
from audio.recording import Samples

if TYPE_CHECKING:
    from ctranslate2 import StorageView

Quality = Literal["fast", "accurate"]
"""``accurate`` costs a tenth more than ``fast``, and gets a few words less wrong."""

BEST_BEAMS = 5
"""What openai/whisper was measured with; more change nothing."""

FALLBACK_BEAMS = 3
"""For words that one beam found and that look wrong: as many words are right then as with ``BEST_BEAMS``."""


@dataclass(frozen=True, slots=True)
class DecodingPreset:
    """How a chunk is decoded the first time."""

    beams: int
    """The beam size: how many beginnings of the text Whisper keeps in mind."""
    padding_s: float
    """Silence behind the sound."""
    shortest_window_s: float
    """In windows shorter than about 10 s Whisper repeats itself: without this bound it has ten points more of WER."""


PRESETS: dict[Quality, DecodingPreset] = {
    "fast": DecodingPreset(beams=1, padding_s=3, shortest_window_s=11),
    "accurate": DecodingPreset(beams=BEST_BEAMS, padding_s=5, shortest_window_s=13),
}
"""Chosen by what they get wrong on fifty recordings in five languages, see ``benchmarks/transcription.py``."""

_CLASS_FRAMES = 200


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    """A chunk of a recording, and how it is to be decoded."""

    chunk: SpeechChunk
    samples: Samples
    """Of the whole recording, shape (n,)."""
    quality: Quality
    language: str | None = None
    """One of the model's languages; None to detect it."""
    among: frozenset[str] | None = None
    """The languages that may be detected; None for all of them."""
    translate: bool = False
    hints: str = ""
    words: bool = False
    """Whether the times of single words are wanted."""

    @property
    def frames(self) -> int:
        """The window that is enough for it."""
        preset = PRESETS[self.quality]
        return window_frames(self.chunk.duration_s, padding_s=preset.padding_s, shortest_s=preset.shortest_window_s)

    @property
    def kind(self) -> tuple[Quality, int, str]:
        """What requests have in common that can be decoded in one batch: windows of about one length above all."""
        return self.quality, self.frames // _CLASS_FRAMES, self.hints


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What was found in a chunk."""

    language: str
    probability: float
    """Of the language, in [0, 1]; 1 where it was given."""
    segments: tuple[Segment, ...]
    """In order, in the times of the recording."""


def decode_batch(whisper: Whisper, requests: Sequence[ChunkRequest]) -> list[ChunkResult]:
    """What is said in each of ``requests``, which are of one kind; at least one."""
    preset = PRESETS[requests[0].quality]
    sounds = [request.chunk.samples_from(request.samples) for request in requests]
    encoded = whisper.encoded(sounds, max(request.frames for request in requests))
    languages = _languages(whisper, encoded, requests)
    options = [
        DecodingOptions(language, request.translate, request.hints)
        for request, (language, _) in zip(requests, languages, strict=True)
    ]
    limit = max(max_tokens(request.chunk.duration_s) for request in requests)
    hypotheses = whisper.decode(encoded, options, beams=preset.beams, max_tokens=limit)
    found: list[ChunkResult] = []
    for number, request in enumerate(requests):
        alone = whisper.one_of(encoded, number)
        attempt = _Attempt(whisper, alone, sounds[number], options[number], hypotheses[number])
        attempt = _with_fallback(attempt, request.chunk.duration_s, preset.beams)
        language, probability = languages[number]
        found.append(ChunkResult(language, probability, _segments(attempt, request)))
    return found


def _languages(whisper: Whisper, encoded: StorageView, requests: Sequence[ChunkRequest]) -> list[tuple[str, float]]:
    if all(request.language is not None for request in requests):
        detected = [("", 0.0)] * len(requests)
    else:
        detected = whisper.detect_languages(encoded, [request.among for request in requests])
    return [
        (request.language, 1.0) if request.language is not None else spoken
        for request, spoken in zip(requests, detected, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One sound, and the last hypothesis about it."""

    whisper: Whisper
    encoded: StorageView
    sound: Samples
    options: DecodingOptions
    hypothesis: Hypothesis

    def retried(self, encoded: StorageView, beams: int, limit: int | None = None) -> _Attempt:
        """Decoded with more beams, from what is ``encoded`` now."""
        more = {} if limit is None else {"max_tokens": limit}
        (hypothesis,) = self.whisper.decode(encoded, [self.options], beams=beams, **more)
        return _Attempt(self.whisper, encoded, self.sound, self.options, hypothesis)


def _with_fallback(attempt: _Attempt, duration_s: float, beams: int) -> _Attempt:
    """``attempt``, or a better one where the words look wrong."""
    if beams < FALLBACK_BEAMS and needs_fallback(attempt.hypothesis.mean_logprob):
        attempt = attempt.retried(attempt.encoded, FALLBACK_BEAMS, max_tokens(duration_s))
    if is_loop(attempt.hypothesis.text, len(attempt.hypothesis.tokens), duration_s):
        # The window that the model was trained on loops less.
        attempt = attempt.retried(attempt.whisper.encoded([attempt.sound], FULL_WINDOW_FRAMES), BEST_BEAMS)
    return attempt


def _segments(attempt: _Attempt, request: ChunkRequest) -> tuple[Segment, ...]:
    whisper, chunk, hypothesis = attempt.whisper, request.chunk, attempt.hypothesis
    if is_hallucination(hypothesis.no_speech_probability, hypothesis.mean_logprob):
        return ()
    spoken = [part for part in whisper.timed(hypothesis, chunk.duration_s) if whisper.text_of(part.tokens)]
    timed = (
        whisper.timed_words(attempt.encoded, attempt.options, spoken, chunk.duration_s)
        if request.words
        else [() for _ in spoken]
    )
    return tuple(
        Segment(
            chunk.time_in_recording_s(part.start_s),
            chunk.time_in_recording_s(part.end_s, ending=True),
            whisper.text_of(part.tokens),
            tuple(
                Word(
                    chunk.time_in_recording_s(word.start_s),
                    chunk.time_in_recording_s(word.end_s, ending=True),
                    word.text,
                    word.probability,
                )
                for word in words
            ),
        )
        for part, words in zip(spoken, timed, strict=True)
    )
