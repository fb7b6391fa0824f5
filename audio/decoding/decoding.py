"""Decoding files in this process; ``audio.decoding.decoder`` does it in child processes, for the files of strangers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from audio.decoding.containers import CONTAINERS, Container, container_of
from audio.decoding.demuxing import Reading
from audio.decoding.limits import DEFAULT_LIMITS, DecodingLimits
from audio.errors import DamagedFileError, EmptyFileError, NotAudioError, RecordingError, TooLargeError, TooShortError
from audio.recording import RECORDING_RATE_HZ, Recording, Sound

SHORTEST_S = 0.1
"""The shortest recording that is accepted: nobody says a syllable in less."""

_PART_SAMPLES = 1 << 20

SILENT_RMS = 0.001
"""60 dB below full scale: the sum of two opposite channels is below this, and the quietest recorded room is above it.
"""


def decode(data: bytes, limits: DecodingLimits = DEFAULT_LIMITS, *, rendering: int | None = None) -> Recording:
    """The sound in ``data``, a file of one of ``CONTAINERS``; for a video, its sound track.

    ``rendering``: which of the file's ``Recording.renderings``; None for the first of them that is not silent.

    Blocks for about 3 ms for a second of sound: call it in a thread. A file that is cut off gives its first part, with
    ``truncated`` set; streams of frames (MP3, AAC, AMR, AC-3, MPEG-TS) that are cut off between two frames look like
    whole ones.

    A file made to break the decoders can crash this process: use ``Decoder`` for the files of strangers.

    Raises a ``RecordingError``, with a subclass for each way in which a file can be unusable, see ``audio.errors``.
    """
    container = admitted(data, limits)

    def decoded(number: int) -> Recording:
        reading = Reading(data, container, RECORDING_RATE_HZ, limits, number)
        groups = bytearray().join(reading.groups())
        sound = sound_of(groups, RECORDING_RATE_HZ, container, truncated=reading.truncated)
        return Recording(sound.samples, reading.truncated, number, reading.renderings)

    return audible(decoded) if rendering is None else decoded(rendering)


def audible(decoded: Callable[[int], Recording]) -> Recording:
    """The first rendering of a file that is not silent, or the first one if all are; ``decoded`` returns each by its
    number."""
    first = recording = decoded(0)
    for number in range(1, first.renderings):
        if not is_silent(recording):
            return recording
        # If another rendering cannot be read, the first one is good enough.
        with suppress(RecordingError):
            recording = decoded(number)
    return first if is_silent(recording) else recording


def is_silent(recording: Recording) -> bool:
    # An array of the squares would take as much memory again, for hours of sound.
    energy = float(np.dot(recording.samples, recording.samples))
    return energy < SILENT_RMS**2 * len(recording.samples)


def decode_at(data: bytes, rate_hz: int, limits: DecodingLimits) -> tuple[Sound, bool]:
    """Decode the first rendering at ``rate_hz`` samples a second: the sound, and whether the file is cut off."""
    reading = Reading(data, admitted(data, limits), rate_hz, limits)
    groups = bytearray().join(reading.groups())
    return sound_of(groups, rate_hz, reading.container, truncated=reading.truncated), reading.truncated


def admitted(data: bytes, limits: DecodingLimits) -> Container:
    """The container of ``data``. Raises a ``RecordingError`` if its size or its first bytes make it unusable."""
    if not data:
        raise EmptyFileError
    if len(data) > limits.max_bytes:
        raise TooLargeError(len(data), limits.max_bytes)
    container = container_of(data)
    if container is None:
        raise NotAudioError(", ".join(dict.fromkeys(known.name for known in CONTAINERS)))
    return container


def sound_of(groups: bytearray, rate_hz: int, container: Container, *, truncated: bool) -> Sound:
    """The joined samples of ``Reading.groups`` as sound, with invalid samples replaced.

    Takes over ``groups``, which must not be used afterwards. Raises ``DamagedFileError`` or ``TooShortError`` when
    there are too few samples.
    """
    samples = np.frombuffer(groups, np.float32)
    # A part at a time: NumPy's temporary arrays would take as much memory again, for hours of sound.
    for start in range(0, len(samples), _PART_SAMPLES):
        part = samples[start : start + _PART_SAMPLES]
        np.nan_to_num(part, copy=False, nan=0, posinf=1, neginf=-1)
        np.clip(part, -1, 1, out=part)
    sound = Sound(samples, rate_hz)
    if sound.duration_s < SHORTEST_S:
        if truncated:
            raise DamagedFileError(container.name)
        raise TooShortError(sound.duration_s, SHORTEST_S)
    return sound
