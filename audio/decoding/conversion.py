"""Converting frames of any format, as decoders return them, to mono float32 samples at one rate."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

SAMPLE_BYTES = 4
"""Samples are 32-bit floats in the machine's byte order."""

_FULL_SCALE = 1
"""The most that the channels of a frame are mixed to; in floating point, FFmpeg would let their sum be louder."""


class Conversion:
    """Mixes and resamples frames that all have the format of the first.

    Replaces ``av.AudioResampler``, whose filters start a thread for every core, each with a stack, for nothing: none of
    these filters divides its work among threads.
    """

    def __init__(self, first: AudioFrame, rate_hz: int, side: int | None = None) -> None:
        """``rate_hz``: the sampling rate of the output. ``side``: which one of two channels to use, 0 or 1; None for
        all.

        Raises what PyAV raises for formats that cannot be converted.
        """
        self._graph = Graph()
        self._graph.threads = 1
        one_side = [] if side is None else [self._graph.add("pan", f"mono|c0=c{side}")]
        self._graph.link_nodes(
            self._graph.add_abuffer(
                sample_rate=first.sample_rate,
                format=first.format.name,
                layout=first.layout.name,
                time_base=Fraction(1, first.sample_rate),
            ),
            *one_side,
            self._graph.add("aresample", f"osr={rate_hz}:osf=flt:ochl=mono:rematrix_maxval={_FULL_SCALE}"),
            self._graph.add("abuffersink"),
        ).configure()

    def samples(self, frame: AudioFrame | None) -> Iterator[bytes]:
        """Convert ``frame`` and yield the samples that are ready; None marks the end and yields the rest."""
        self._graph.push(frame)
        while True:
            try:
                converted = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(converted, AudioFrame)
            # Cut off the padding that follows the samples.
            yield bytes(memoryview(converted.planes[0])[: converted.samples * SAMPLE_BYTES])
