"""The words in pieces of recordings: heard in short windows, several together, and once more when they look wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from audio.recognition.chunking import Piece
from audio.recognition.hallucinations import is_doubtful, is_loop, is_made_up, max_tokens
from audio.recognition.log_mel import FULL_WINDOW_FRAMES, window_frames
from audio.recognition.transcript import Segment, Word
from audio.recognition.whisper import Manner, Whisper, Wording
from audio.recording import Samples

if TYPE_CHECKING:
    from ctranslate2 import StorageView

Quality = Literal["fast", "accurate"]
"""``accurate`` costs a tenth more than ``fast``, and gets a few words less wrong."""

BEST_BEAMS = 5
"""What openai/whisper was measured with; more change nothing."""

SECOND_LOOK_BEAMS = 3
"""For words that one beam found and that look wrong: as many words are right then as with ``BEST_BEAMS``."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How a piece is heard for the first time."""

    beams: int
    """How many beginnings of the text Whisper keeps in mind."""
    padding_s: float
    """Silence behind the sound."""
    shortest_window_s: float
    """In windows shorter than about 10 s Whisper repeats itself: without this bound it has ten points more of WER."""


EFFORTS: dict[Quality, Effort] = {
    "fast": Effort(beams=1, padding_s=3, shortest_window_s=11),
    "accurate": Effort(beams=BEST_BEAMS, padding_s=5, shortest_window_s=13),
}
"""Chosen by what they get wrong on fifty recordings in five languages, see ``benchmarks/transcription.py``."""

_CLASS_FRAMES = 200


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a recording, and how it is to be heard."""

    piece: Piece
    samples: Samples
    """Of the whole recording, shape (n,)."""
    quality: Quality
    language: str | None = None
    """One of the model's languages; None to listen which one it is."""
    among: frozenset[str] | None = None
    """The languages to listen for; None for all of them."""
    translate: bool = False
    hints: str = ""
    words: bool = False
    """Whether the times of single words are wanted."""

    @property
    def frames(self) -> int:
        """The window that is enough for it."""
        effort = EFFORTS[self.quality]
        return window_frames(self.piece.duration_s, padding_s=effort.padding_s, shortest_s=effort.shortest_window_s)

    @property
    def kind(self) -> tuple[Quality, int, str]:
        """What excerpts have in common that can be heard together: windows of about one length above all."""
        return self.quality, self.frames // _CLASS_FRAMES, self.hints


@dataclass(frozen=True, slots=True)
class Heard:
    """What was found in an excerpt."""

    language: str
    probability: float
    """Of the language, in [0, 1]; 1 where it was given."""
    segments: tuple[Segment, ...]
    """In order, in the times of the recording."""


def hear(whisper: Whisper, excerpts: Sequence[Excerpt]) -> list[Heard]:
    """What is said in each of ``excerpts``, which are of one kind; at least one."""
    effort = EFFORTS[excerpts[0].quality]
    sounds = [excerpt.piece.cut_from(excerpt.samples) for excerpt in excerpts]
    encoded = whisper.encoded(sounds, max(excerpt.frames for excerpt in excerpts))
    languages = _languages(whisper, encoded, excerpts)
    manners = [
        Manner(language, excerpt.translate, excerpt.hints)
        for excerpt, (language, _) in zip(excerpts, languages, strict=True)
    ]
    limit = max(max_tokens(excerpt.piece.duration_s) for excerpt in excerpts)
    wordings = whisper.wordings(encoded, manners, beams=effort.beams, max_tokens=limit)
    found: list[Heard] = []
    for number, excerpt in enumerate(excerpts):
        look = _Look(whisper, whisper.one_of(encoded, number), sounds[number], manners[number], wordings[number])
        look = _reconsidered(look, excerpt.piece.duration_s, effort.beams)
        language, probability = languages[number]
        found.append(Heard(language, probability, _segments(look, excerpt)))
    return found


def _languages(whisper: Whisper, encoded: StorageView, excerpts: Sequence[Excerpt]) -> list[tuple[str, float]]:
    if all(excerpt.language is not None for excerpt in excerpts):
        listened = [("", 0.0)] * len(excerpts)
    else:
        listened = whisper.spoken_languages(encoded, [excerpt.among for excerpt in excerpts])
    return [
        (excerpt.language, 1.0) if excerpt.language is not None else spoken
        for excerpt, spoken in zip(excerpts, listened, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Look:
    """One sound, and what was last made of it."""

    whisper: Whisper
    encoded: StorageView
    sound: Samples
    manner: Manner
    wording: Wording

    def again(self, encoded: StorageView, beams: int, limit: int | None = None) -> _Look:
        """With more beams, in what is ``encoded`` now."""
        more = {} if limit is None else {"max_tokens": limit}
        (wording,) = self.whisper.wordings(encoded, [self.manner], beams=beams, **more)
        return _Look(self.whisper, encoded, self.sound, self.manner, wording)


def _reconsidered(look: _Look, duration_s: float, beams: int) -> _Look:
    """``look``, or a better one where the words look wrong."""
    if beams < SECOND_LOOK_BEAMS and is_doubtful(look.wording.mean_logprob):
        look = look.again(look.encoded, SECOND_LOOK_BEAMS, max_tokens(duration_s))
    if is_loop(look.wording.text, len(look.wording.tokens), duration_s):
        # The window that the model was trained on loops less.
        look = look.again(look.whisper.encoded([look.sound], FULL_WINDOW_FRAMES), BEST_BEAMS)
    return look


def _segments(look: _Look, excerpt: Excerpt) -> tuple[Segment, ...]:
    whisper, piece, wording = look.whisper, excerpt.piece, look.wording
    if is_made_up(wording.no_speech_probability, wording.mean_logprob):
        return ()
    spoken = [part for part in whisper.timed(wording, piece.duration_s) if whisper.text_of(part.tokens)]
    timed = (
        whisper.timed_words(look.encoded, look.manner, spoken, piece.duration_s)
        if excerpt.words
        else [() for _ in spoken]
    )
    return tuple(
        Segment(
            piece.time_in_recording_s(part.start_s),
            piece.time_in_recording_s(part.end_s, ending=True),
            whisper.text_of(part.tokens),
            tuple(
                Word(
                    piece.time_in_recording_s(word.start_s),
                    piece.time_in_recording_s(word.end_s, ending=True),
                    word.text,
                    word.probability,
                )
                for word in words
            ),
        )
        for part, words in zip(spoken, timed, strict=True)
    )
