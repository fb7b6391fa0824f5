"""Sending sound through FFmpeg's audio filters."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph

from audio.recording import Sound

_LONGEST_FRAME_S = 1


def frames_of(sound: Sound) -> Iterator[AudioFrame]:
    """``sound`` in frames of at most a second, packed float."""
    step = _LONGEST_FRAME_S * sound.rate_hz
    for start in range(0, len(sound.samples), step):
        part = np.ascontiguousarray(sound.samples[None, start : start + step], np.float32)
        frame = AudioFrame.from_ndarray(part, format="flt", layout="mono")
        frame.sample_rate = sound.rate_hz
        frame.time_base = Fraction(1, sound.rate_hz)
        frame.pts = start
        yield frame


def filtered(sound: Sound, *filters: tuple[str, str]) -> list[AudioFrame]:
    """The frames that come out of ``filters``, pairs of a name and its options as FFmpeg documents them."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=sound.rate_hz, format="flt", layout="mono", time_base=Fraction(1, sound.rate_hz)
    )
    graph.link_nodes(source, *(graph.add(*one) for one in filters), graph.add("abuffersink")).configure()
    out: list[AudioFrame] = []
    for frame in (*frames_of(sound), None):
        graph.push(frame)
        while True:
            try:
                pulled = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            assert isinstance(pulled, AudioFrame)
            out.append(pulled)
    return out
