"""Files and sounds generated for tests, in every supported container."""

from __future__ import annotations

import io
import itertools
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
    """How a file is encoded."""

    container: str
    """FFmpeg's name for the muxer."""
    codec: str
    sample_format: str
    rate_hz: int = 48_000
    layout: str = "mono"
    options: tuple[tuple[str, str], ...] = ()
    bit_rate: int | None = None
    """In bits per second; None for the codec's default."""

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


def repeated(file: bytes, duration_s: float, container: str = "ogg") -> bytes:
    """The sound of ``file``, repeated to this duration, in ``container``: its packets are copied, not encoded again."""
    with av.open(io.BytesIO(file), "r") as read:
        (sound,) = read.streams.audio
        assert sound.time_base is not None
        packets = [packet for packet in read.demux(sound) if packet.size]
        longer = io.BytesIO()
        with av.open(longer, "w", format=container) as written:
            track = written.add_stream_from_template(sound)
            at = 0
            for packet in itertools.cycle(packets):
                if at * sound.time_base >= duration_s:
                    break
                copied = av.Packet(bytes(packet))
                copied.stream, copied.time_base = track, sound.time_base
                copied.pts = copied.dts = at
                copied.duration = packet.duration or 0
                at += copied.duration or 0
                written.mux(copied)
    return longer.getvalue()


def two_tracks(first: Recording, second: Recording) -> bytes:
    """A Matroska file with two sound tracks."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        tracks = [container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono") for _ in range(2)]
        for track, sound in zip(tracks, (first, second), strict=True):
            samples = (sound.samples[None] * 32767).astype(np.int16)
            frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = RATE_HZ
            container.mux(track.encode(frame))
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


def hum(duration_s: float) -> Recording:
    """Mains hum, with its harmonics."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    samples = sum(0.1 / k * np.sin(2 * np.pi * 50 * k * time_s) for k in (1, 2, 3, 4, 6))
    return Recording(np.asarray(samples, np.float32))


def breath(duration_s: float) -> Recording:
    """Noise between 400 and 2500 Hz that swells about every three seconds."""
    count = round(duration_s * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(2).standard_normal(count))
    pitch_hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    sound = np.fft.irfft(spectrum * ((pitch_hz > 400) & (pitch_hz < 2500)), count)
    swelling = np.clip(np.sin(2 * np.pi * 0.3 * np.arange(count) / RATE_HZ), 0, 1) ** 2
    return Recording((0.05 * sound / sound.std() * swelling).astype(np.float32))


def music(duration_s: float) -> Recording:
    """Two decaying chords per second, with a beat."""
    chance = np.random.default_rng(3)
    samples = np.zeros(round(duration_s * RATE_HZ))
    for start in range(0, len(samples), RATE_HZ // 2):
        # After five seconds, a chord has died away.
        time_s = np.arange(min(len(samples) - start, 5 * RATE_HZ)) / RATE_HZ
        sounding = samples[start : start + len(time_s)]
        dying = np.exp(-3 * time_s)
        root_hz = 220 * 2 ** (chance.choice([0, 2, 4, 5, 7, 9, 12]) / 12)
        for ratio in (1, 1.26, 1.5):
            for overtone in range(1, 7):
                wave = np.sin(2 * np.pi * root_hz * ratio * overtone * time_s)
                sounding += 0.05 / overtone * wave * dying
        sounding += 0.1 * chance.standard_normal(len(time_s)) * np.exp(-40 * time_s)
    return Recording(np.clip(samples, -1, 1).astype(np.float32))


def dialled_digits(duration_s: float) -> Recording:
    """Telephone keys, two and a half per second (ITU-T Q.23)."""
    chance = np.random.default_rng(4)
    samples = np.zeros(round(duration_s * RATE_HZ))
    time_s = np.arange(RATE_HZ // 5) / RATE_HZ
    for start in range(0, len(samples) - len(time_s), 2 * RATE_HZ // 5):
        for pitch_hz in (chance.choice([697, 770, 852, 941]), chance.choice([1209, 1336, 1477])):
            samples[start : start + len(time_s)] += np.sin(2 * np.pi * pitch_hz * time_s)
    return Recording((0.2 * samples).astype(np.float32))


def fainter(recording: Recording, by_db: float) -> Recording:
    return Recording((recording.samples * 10 ** (-by_db / 20)).astype(np.float32))


def _add_pictures(container: av.container.OutputContainer, duration_s: float) -> None:
    track = container.add_stream("mpeg4", rate=5)
    track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
    for _ in range(round(5 * duration_s)):
        container.mux(track.encode(VideoFrame(64, 64, "yuv420p")))
    container.mux(track.encode(None))
