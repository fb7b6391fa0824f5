"""From samples to what Discord plays as a voice message: Ogg Opus, loudness evened, with its waveform."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.filter import Graph

from audio.recording import Samples, Sound
from audio.speech import Speech

OPUS_RATE_HZ = 48_000
OPUS_BIT_RATE = 32_000
"""Bits a second: what Discord's own voice messages have."""

WAVEFORM_POINTS = 256
"""The most that Discord takes."""
WAVEFORM_STEP_S = 0.1
"""What Discord's own clients use for short messages."""
_WAVEFORM_GAMMA = 0.6
"""Lifts the quiet parts, which would be flat lines otherwise."""

_LOUDNESS_FILTER = ("dynaudnorm", "f=250:g=11:p=0.9")
"""Frames of 250 ms, smoothed over 11 of them, peak at 0.9; a tenth of the cost of ``loudnorm`` for about the same."""

_LONGEST_FRAME_S = 1


def encode(sound: Sound, *, voice: str = "", engine: str = "") -> Speech:
    """``sound`` as Ogg Opus, 48 kHz mono at about 32 kbit/s. Blocks for about 15 ms a second of sound.

    ``voice`` and ``engine`` are only handed on. ``sound`` lasts at least 20 ms, one frame of Opus.
    """
    evened = _evened(sound)
    return Speech(
        ogg=_ogg_opus(evened),
        duration_s=sound.duration_s,
        waveform=waveform(evened),
        voice=voice,
        engine=engine,
    )


def waveform(sound: Sound) -> bytes:
    """The outline that Discord draws: one unsigned byte per ``WAVEFORM_STEP_S``, at most ``WAVEFORM_POINTS``.

    Each is the root mean square of its stretch, 255 for the loudest.
    """
    points = max(1, min(WAVEFORM_POINTS, round(sound.duration_s / WAVEFORM_STEP_S)))
    loudness = np.array([np.sqrt(np.mean(part**2)) for part in np.array_split(sound.samples, points) if len(part)])
    loudest = loudness.max(initial=0) or 1
    return bytes(np.round((loudness / loudest) ** _WAVEFORM_GAMMA * 255).astype(np.uint8).tobytes())


def _frames(sound: Sound) -> Iterator[AudioFrame]:
    step = _LONGEST_FRAME_S * sound.rate_hz
    for start in range(0, len(sound.samples), step):
        part = np.ascontiguousarray(sound.samples[None, start : start + step], np.float32)
        frame = AudioFrame.from_ndarray(part, format="flt", layout="mono")
        frame.sample_rate = sound.rate_hz
        frame.time_base = Fraction(1, sound.rate_hz)
        frame.pts = start
        yield frame


def _evened(sound: Sound) -> Sound:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=sound.rate_hz, format="flt", layout="mono", time_base=Fraction(1, sound.rate_hz)
    )
    graph.link_nodes(
        source,
        graph.add(*_LOUDNESS_FILTER),
        graph.add("aformat", f"sample_fmts=flt:channel_layouts=mono:sample_rates={sound.rate_hz}"),
        graph.add("abuffersink"),
    ).configure()
    parts: list[Samples] = []
    for frame in (*_frames(sound), None):
        graph.push(frame)
        while True:
            try:
                evened = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            assert isinstance(evened, AudioFrame)
            parts.append(np.asarray(evened.to_ndarray(), np.float32).reshape(-1))
    return Sound(np.clip(np.concatenate(parts), -1, 1), sound.rate_hz)


def _ogg_opus(sound: Sound) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        track = container.add_stream("libopus", rate=OPUS_RATE_HZ, layout="mono", options={"application": "voip"})
        track.bit_rate = OPUS_BIT_RATE
        resampler = AudioResampler("s16", "mono", OPUS_RATE_HZ)
        for frame in (*_frames(sound), None):
            for converted in resampler.resample(frame):
                container.mux(track.encode(converted))
        container.mux(track.encode(None))
    return file.getvalue()
