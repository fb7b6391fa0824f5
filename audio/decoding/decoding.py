"""Files to sound, in this process; ``audio.decoding.decoder`` does the same in others, for the files of strangers."""

from __future__ import annotations

import numpy as np

from audio.decoding.containers import CONTAINERS, Container, container_of
from audio.decoding.demuxing import Reading
from audio.decoding.limits import DEFAULT_LIMITS, DecodingLimits
from audio.errors import DamagedFileError, EmptyFileError, NotAudioError, TooLargeError, TooShortError
from audio.recording import RECORDING_RATE_HZ, Recording, Sound

SHORTEST_S = 0.1
"""Nobody says a syllable in less."""


def decode(data: bytes, limits: DecodingLimits = DEFAULT_LIMITS) -> Recording:
    """The sound in ``data``, an Ogg, WAV, FLAC, Matroska/WebM, MP4/MOV, MP3 or AAC file; of a video, its sound track.

    Blocks for about 3 ms a second of sound: call it in a thread. A file that breaks off gives its first part and
    ``truncated``; MP3 and AAC files that break off between two frames cannot be told from whole ones.

    A file made to break the decoders can take this process with it: ``Decoder`` reads those that strangers send.

    Raises a ``RecordingError`` of its own for each way in which a file can be unusable, see ``audio.errors``.
    """
    sound, truncated = decode_at(data, RECORDING_RATE_HZ, limits)
    return Recording(sound.samples, truncated)


def decode_at(data: bytes, rate_hz: int, limits: DecodingLimits) -> tuple[Sound, bool]:
    """As ``decode``, at ``rate_hz`` samples a second: the sound, and whether the file broke off."""
    reading = Reading(data, admitted(data, limits), rate_hz, limits)
    groups = bytearray()
    for group in reading.groups():
        groups += group
    return sound_of(groups, rate_hz, reading.container, truncated=reading.truncated), reading.truncated


def admitted(data: bytes, limits: DecodingLimits) -> Container:
    """What ``data`` begins like; raises what can be told without decoding."""
    if not data:
        raise EmptyFileError
    if len(data) > limits.max_bytes:
        raise TooLargeError(len(data), limits.max_bytes)
    container = container_of(data)
    if container is None:
        raise NotAudioError(", ".join(known.name for known in CONTAINERS))
    return container


def sound_of(groups: bytearray, rate_hz: int, container: Container, *, truncated: bool) -> Sound:
    """The samples of ``Reading.groups``, joined, as sound; raises when there are too few.

    Takes ``groups`` over: it may not be used any more.
    """
    samples = np.frombuffer(groups, np.float32)
    np.nan_to_num(samples, copy=False, nan=0, posinf=1, neginf=-1)
    np.clip(samples, -1, 1, out=samples)
    sound = Sound(samples, rate_hz)
    if sound.duration_s < SHORTEST_S:
        if truncated:
            raise DamagedFileError(container.name)
        raise TooShortError(sound.duration_s, SHORTEST_S)
    return sound
