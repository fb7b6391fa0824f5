"""Preparing a recording for transcription: decoding it and finding the speech in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audio.decoding.decoder import Decoder
from audio.recognition.chunking import SpeechChunk, doubtful_chunk, split_into_chunks
from audio.recognition.log_mel import Features, LogMel
from audio.recognition.long_recordings import LONG_S
from audio.recognition.voice_activity import possible_utterance, speech_probabilities, utterances
from audio.recognition.windows import spectrum_of
from audio.recording import Recording


@dataclass(frozen=True, slots=True)
class OpenedRecording:
    """A decoded recording, and the chunks of speech in it."""

    recording: Recording
    chunks: list[SpeechChunk]
    """In order; empty when nobody speaks."""
    spectra: tuple[Features, ...] = ()
    """The encoder's input for each chunk; empty if it was not computed."""


def with_speech(
    recording: Recording,
    another: Callable[[int], Recording] | None = None,
    progress: Callable[[float], None] | None = None,
) -> OpenedRecording:
    """The first rendering of a file, ``recording`` or a later one, in which somebody speaks; if there is none,
    ``recording`` with the chunk that may be speech, if any.

    Whisper makes words up where there are none, so it only ever gets sound with certain or possible speech.
    ``another``: decodes the rendering of that number. ``progress``: see ``speech_probabilities``.
    """
    probabilities = speech_probabilities(recording.samples, progress)
    chunks = split_into_chunks(utterances(recording.samples, probabilities))
    if chunks:
        return OpenedRecording(recording, chunks)
    if another is not None:
        for rendering in range(recording.rendering + 1, recording.renderings):
            other = another(rendering)
            if other_chunks := split_into_chunks(utterances(other.samples)):
                return OpenedRecording(other, other_chunks)
    possible = possible_utterance(recording.samples, probabilities)
    return OpenedRecording(recording, [] if possible is None else [doubtful_chunk(possible)])


def opened_file(decoder: Decoder, data: bytes, log_mel: LogMel) -> OpenedRecording | None:
    """The recording in ``data``, with its spectra; None for a long one, which is opened differently.

    Raises a ``RecordingError`` as ``Decoder.decode`` does.
    """
    recording = decoder.decode(data)
    if recording.duration_s > LONG_S:
        return None
    opened = with_speech(recording, lambda rendering: decoder.decode(data, rendering=rendering))
    spectra = (spectrum_of(chunk, opened.recording.samples, log_mel) for chunk in opened.chunks)
    return OpenedRecording(opened.recording, opened.chunks, tuple(spectra))
