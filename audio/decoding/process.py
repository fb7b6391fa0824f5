"""The code of a decoder's child process: recordings arrive on standard input, and sound leaves on standard output.

Codecs are large C programs, and strangers choose their input. So this process gets as few rights as possible: it
imports what it needs, then gives up opening any file or socket, writing any file and starting any process, and bounds
its memory; its processor time is bounded for each recording. If it dies all the same, nothing else does.

A request is a ``REQUEST`` with the length of the file, the number of a rendering and how many bytes of samples are
enough (0: all), followed by the file. The answer is a sequence of groups of samples, each after a ``HEADER`` with its
length in bytes; then an empty group and a line of JSON: ``{"truncated": bool, "renderings": int}``,
``{"error": class, "params": {...}}`` for a ``RecordingError``, or ``{"defect": traceback}`` for any other error.
Nothing in an answer can run code in the parent.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import struct
import sys
import traceback
from typing import BinaryIO

from audio.decoding.containers import WAV, container_of
from audio.decoding.demuxing import Reading
from audio.decoding.limits import DecodingLimits
from audio.errors import RecordingError
from audio.process_limits import bound_processor_time, confine

HEADER = struct.Struct("!Q")
REQUEST = struct.Struct("!QBQ")

_MEMORY_BYTES = 512 * 2**20
"""Address space beside that for the file: 130 MiB are used once the libraries are loaded, and twice
``audio.decoding.allocation_limit.LARGEST_ALLOCATION_BYTES`` while a group of frames is moved to a larger buffer."""

_COPIES = 3
"""Copies of the file in memory: as received, and, twice, as a packet that is moved to a larger buffer while it is
assembled."""

_LOADED_LATE = ("av.subtitles.codeccontext", "av.subtitles.stream", "av.video.codeccontext", "av.video.stream")
"""Modules that PyAV would load only when a file has video or subtitles."""

_LONGEST_TRACEBACK = 4_000

# Three samples of silence.
_SMALLEST_WAV = (
    b"RIFF\x2a\0\0\0WAVEfmt \x10\0\0\0"
    + struct.pack("<HHIIHH", 1, 1, 16_000, 32_000, 2, 16)
    + b"data\x06\0\0\0"
    + bytes(6)
)


def serve(rate_hz: int, limits: DecodingLimits) -> None:
    """Answer requests until standard input ends, which it also does when the parent is killed."""
    # Ctrl-C and service managers signal all processes at once, but the parent needs its decoders to finish its work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Everything that would be loaded at its first use must be loaded now.
    for module in _LOADED_LATE:
        importlib.import_module(module)
    list(Reading(_SMALLEST_WAV, WAV, rate_hz, DecodingLimits()).groups())
    confine(_MEMORY_BYTES + _COPIES * limits.max_bytes)
    # From now on the C library keeps freed blocks of up to this size instead of handing them back to the system
    # (mallopt(3), M_MMAP_THRESHOLD); otherwise every file pays for fresh pages, a quarter of its time. The zeros of a
    # bytes object need not be written, unlike those of a bytearray.
    bytes(31 * 2**20)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        while len(header := requests.read(REQUEST.size)) == REQUEST.size:
            length, rendering, enough_bytes = REQUEST.unpack(header)
            data = requests.read(length)
            if len(data) < length:
                return
            # Even a single step of decoding may exceed the time limit of a file.
            bound_processor_time(limits.max_decoding_s + 1)
            _answer(data, rendering, enough_bytes, rate_hz, limits, answers)
            answers.flush()
    except BrokenPipeError:
        # The parent ended in the middle of an answer. A normal exit would try again to send the rest.
        os._exit(0)


def _answer(
    data: bytes, rendering: int, enough_bytes: int, rate_hz: int, limits: DecodingLimits, answers: BinaryIO
) -> None:
    container = container_of(data)
    assert container is not None, "the parent sends nothing else"
    reading = Reading(data, container, rate_hz, limits, rendering)
    try:
        written = 0
        for group in reading.groups():
            if group:
                answers.write(HEADER.pack(len(group)))
                answers.write(group)
                written += len(group)
            if 0 < enough_bytes <= written:
                break
        end: dict[str, object] = {"truncated": reading.truncated, "renderings": reading.renderings}
    except RecordingError as error:
        end = {"error": type(error).__name__, "params": error.params}
    except Exception:
        # A defect, or out of memory. Not printed: standard error may be a file, which this process cannot write.
        end = {"defect": traceback.format_exc()[-_LONGEST_TRACEBACK:]}
    answers.write(HEADER.pack(0))
    answers.write(json.dumps(end).encode() + b"\n")
