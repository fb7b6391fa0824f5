"""Files and sounds made on the spot, in every container that is read."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame

from audio import Recording
from audio.recording import Samples

RATE_HZ = 16_000


@dataclass(frozen=True)
class Format:
    """How a file is written."""

    container: str
    """FFmpeg's name of the muxer."""
    codec: str
    sample_format: str
    rate_hz: int = 48_000
    layout: str = "mono"
    options: tuple[tuple[str, str], ...] = ()
    bit_rate: int | None = None
    """In bits a second; None for what the codec likes."""

    def __str__(self) -> str:
        return f"{self.container}-{self.codec}-{self.layout}"


OGG = Format("ogg", "libopus", "s16")
WAV = Format("wav", "pcm_s16le", "s16", layout="stereo")
FLAC = Format("flac", "flac", "s16", rate_hz=16_000)
WEBM = Format("webm", "libopus", "s16")
MATROSKA = Format("matroska", "aac", "fltp")
M4A = Format("ipod", "aac", "fltp", layout="stereo")
M4A_IN_FRAGMENTS = Format("mp4", "aac", "fltp", options=(("movflags", "frag_keyframe+empty_moov"),))
MOV = Format("mov", "pcm_s16le", "s16")
MP3 = Format("mp3", "libmp3lame", "s16p", rate_hz=24_000)
AAC = Format("adts", "aac", "fltp")
CAF = Format("caf", "alac", "s16p", rate_hz=44_100)
AMR = Format("amr", "libopencore_amrnb", "s16", rate_hz=8_000)
AIFF = Format("aiff", "pcm_s16be", "s16", rate_hz=44_100, layout="stereo")
AU = Format("au", "pcm_s16be", "s16", rate_hz=16_000)
W64 = Format("w64", "pcm_s16le", "s16")
WMA = Format("asf", "wmav2", "fltp", rate_hz=44_100, layout="stereo", bit_rate=128_000)
AVI = Format("avi", "libmp3lame", "s16p", rate_hz=44_100)
FLV = Format("flv", "aac", "fltp", rate_hz=44_100)
MPEG_TS = Format("mpegts", "aac", "fltp")
MPEG_PS = Format("vob", "mp2", "s16")
AC3 = Format("ac3", "ac3", "fltp")
EAC3 = Format("eac3", "eac3", "fltp")

ALL_FORMATS = (
    *(OGG, WAV, FLAC, WEBM, MATROSKA, M4A, M4A_IN_FRAGMENTS, MOV, MP3, AAC),
    *(CAF, AMR, AIFF, AU, W64, WMA, AVI, FLV, MPEG_TS, MPEG_PS, AC3, EAC3),
)


def file_of(samples: Samples, how: Format, *, pictures: bool = False) -> bytes:
    """``samples``, mono at ``RATE_HZ``, as a file; with ``pictures``, as the sound track of a black video."""
    file = io.BytesIO()
    with av.open(file, "w", format=how.container, options=dict(how.options)) as container:
        track = container.add_stream(how.codec, rate=how.rate_hz, layout=how.layout)
        assert isinstance(track, AudioStream)
        if how.bit_rate is not None:
            track.bit_rate = how.bit_rate
        if pictures:
            _add_pictures(container, len(samples) / RATE_HZ)
        resampler = AudioResampler(
            how.sample_format, how.layout, how.rate_hz, frame_size=track.codec_context.frame_size or 1024
        )
        for start in range(0, len(samples), 10 * RATE_HZ):
            part = np.ascontiguousarray(samples[None, start : start + 10 * RATE_HZ])
            frame = AudioFrame.from_ndarray(part, format="flt", layout="mono")
            frame.sample_rate = RATE_HZ
            for converted in resampler.resample(frame):
                container.mux(track.encode(converted))
        for converted in resampler.resample(None):
            container.mux(track.encode(converted))
        container.mux(track.encode(None))
    return file.getvalue()


def silent_video(duration_s: float) -> bytes:
    """An MP4 file with pictures and no sound track."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        _add_pictures(container, duration_s)
    return file.getvalue()


def silence(duration_s: float) -> Recording:
    return Recording(np.zeros(round(duration_s * RATE_HZ), np.float32))


def tone(duration_s: float, pitch_hz: float = 440) -> Recording:
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return Recording((0.3 * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32))


def noise(duration_s: float) -> Recording:
    samples = np.random.default_rng(1).normal(0, 0.1, round(duration_s * RATE_HZ))
    return Recording(np.clip(samples, -1, 1).astype(np.float32))


def click(duration_s: float) -> Recording:
    samples = np.zeros(round(duration_s * RATE_HZ), np.float32)
    samples[len(samples) // 2] = 1
    return Recording(samples)


def _add_pictures(container: av.container.OutputContainer, duration_s: float) -> None:
    track = container.add_stream("mpeg4", rate=5)
    track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
    for _ in range(round(5 * duration_s)):
        container.mux(track.encode(VideoFrame(64, 64, "yuv420p")))
    container.mux(track.encode(None))
