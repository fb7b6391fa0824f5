"""The words in one piece of a recording: heard in a short window, and once more when they look wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from audio.doubts import is_doubtful, is_loop, is_made_up, most_tokens
from audio.log_mel import FULL_WINDOW_FRAMES, window_frames
from audio.cutting import Piece
from audio.recording import Samples
from audio.transcript import Segment
from audio.whisper import Whisper, Wording

if TYPE_CHECKING:
    from ctranslate2 import StorageView

Quality = Literal["fast", "accurate"]
"""``accurate`` costs a fifth more than ``fast``, and gets a tenth fewer words wrong."""

BEST_BEAMS = 5
"""What openai/whisper was measured with; more change nothing."""


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
    "fast": Effort(beams=1, padding_s=3, shortest_window_s=10),
    "accurate": Effort(beams=BEST_BEAMS, padding_s=5, shortest_window_s=13),
}
"""Chosen by what they get wrong on fifty recordings in five languages, see ``benchmarks/transcription.py``."""


def hear(
    whisper: Whisper,
    piece: Piece,
    samples: Samples,
    *,
    language: Callable[[StorageView], str],
    translate: bool,
    quality: Quality,
) -> list[Segment]:
    """What is said in ``piece`` of the recording that has ``samples``, shape (n,), in order; in its own times.

    ``language``: told what the encoder made of the piece, gives one of the model's languages.
    """
    effort = EFFORTS[quality]
    frames = window_frames(piece.duration_s, padding_s=effort.padding_s, shortest_s=effort.shortest_window_s)
    sound = piece.cut_from(samples)
    encoded = whisper.encoded(sound, frames)
    ask = partial(whisper.wording, language=language(encoded), translate=translate)
    limit = most_tokens(piece.duration_s)
    wording = ask(encoded, beams=effort.beams, most_tokens=limit)
    if effort.beams < BEST_BEAMS and is_doubtful(wording.mean_logprob):
        wording = ask(encoded, beams=BEST_BEAMS, most_tokens=limit)
    if is_loop(wording.text, len(wording.tokens), piece.duration_s):
        # The window that the model was trained on loops less.
        wording = ask(whisper.encoded(sound, FULL_WINDOW_FRAMES), beams=BEST_BEAMS)
    if is_made_up(wording.no_speech_probability, wording.mean_logprob):
        return []
    return _segments(whisper, piece, wording)


def _segments(whisper: Whisper, piece: Piece, wording: Wording) -> list[Segment]:
    segments = (
        Segment(
            piece.time_in_recording_s(timed.start_s),
            piece.time_in_recording_s(timed.end_s, ending=True),
            whisper.text_of(timed.tokens),
        )
        for timed in whisper.timed(wording, piece.duration_s)
    )
    return [segment for segment in segments if segment.text]
