"""Where in a recording somebody speaks."""

from __future__ import annotations

from dataclasses import dataclass

from audio.recording import RECORDING_RATE_HZ, Samples

SHORTEST_PAUSE_S = 0.3
"""Pauses between words are shorter; those between sentences and clauses are not."""

LONGEST_UTTERANCE_S = 26.0
"""Who speaks longer without a pause is cut where the voice is weakest: Whisper hears 30 s at once, see ``cutting``."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in samples at ``RECORDING_RATE_HZ``."""

    start: int
    """Its first sample."""
    end: int
    """The sample behind its last one."""

    @property
    def length(self) -> int:
        return self.end - self.start


def utterances(samples: Samples) -> list[Span]:
    """What is said in ``samples``, shape (n,), between one pause and the next, in order; empty when nobody speaks.

    Silero's detector costs about 2 ms of processor time a second of sound.
    """
    # A quarter of a second that only those who transcribe should pay.
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=round(SHORTEST_PAUSE_S * 1000),
        max_speech_duration_s=LONGEST_UTTERANCE_S,
        speech_pad_ms=0,
    )
    found = get_speech_timestamps(samples, options, sampling_rate=RECORDING_RATE_HZ)
    return [Span(int(speech["start"]), int(speech["end"])) for speech in found]
