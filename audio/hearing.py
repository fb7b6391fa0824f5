"""The words in one piece of a recording: heard in a short window, and once more when they look wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from audio.doubts import is_loop, is_made_up, most_tokens
from audio.log_mel import FULL_WINDOW_FRAMES, window_frames
from audio.pieces import Piece
from audio.recording import Samples
from audio.transcript import Segment
from audio.whisper import Whisper, Wording

if TYPE_CHECKING:
    from ctranslate2 import StorageView

Quality = Literal["fast", "accurate"]
"""``accurate`` costs a seventh more than ``fast``, for a tenth fewer wrong words."""

BEAMS: dict[Quality, int] = {"fast": 1, "accurate": 5}
"""How many beginnings of the text Whisper keeps in mind; 5 is what openai/whisper was measured with."""


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
    sound = piece.cut_from(samples)
    encoded = whisper.encoded(sound, window_frames(piece.duration_s))
    code = language(encoded)
    limit = most_tokens(piece.duration_s)
    wording = whisper.wording(encoded, language=code, translate=translate, beams=BEAMS[quality], most_tokens=limit)
    if is_loop(wording.text, len(wording.tokens), piece.duration_s):
        # The window that the model was trained on loops less.
        encoded = whisper.encoded(sound, FULL_WINDOW_FRAMES)
        wording = whisper.wording(encoded, language=code, translate=translate, beams=BEAMS["accurate"])
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
