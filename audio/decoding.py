"""From a file's bytes to samples: in memory, under limits, without a look at anything but these bytes."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import av
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from audio.allocation_limit import limit_allocations
from audio.containers import CONTAINERS, OGG, WAV, Container, container_of
from audio.errors import (
    DamagedFileError,
    DecodingTooSlowError,
    EmptyFileError,
    NoSoundTrackError,
    NotAudioError,
    SampleRateTooHighError,
    TooLargeError,
    TooLongError,
    TooManyChannelsError,
    TooShortError,
)
from audio.recording import RECORDING_RATE_HZ, Recording, Samples, Sound

SHORTEST_S = 0.1
"""Nobody says a syllable in less."""

GROUP_SAMPLES = 500_000
"""Frames are converted this many samples at a time: one by one costs 1.7 times more on long files."""

INEXACT_S = 0.5
"""By how much declared and decoded durations of a whole file may differ: encoders pad and trim by a few frames."""

# All bytes are in memory already, so reading ahead costs nothing but time: these bound what is read before decoding.
_PROBE_BYTES = 2**20
_PROBE_US = 2_000_000

_UNREADABLE = (av.FFmpegError, ValueError, OSError)
"""What PyAV raises for bytes that it cannot read; a ``ValueError`` comes from its own checks."""


@dataclass(frozen=True, slots=True)
class DecodingLimits:
    """What one file may cost."""

    max_bytes: int = 25 * 2**20
    max_duration_s: float = 600
    """Of the sound, as declared by the file and as decoded."""
    max_channels: int = 8
    max_rate_hz: int = 192_000
    max_decoding_s: float = 20
    """Processor time of the decoding thread; 10 s of Ogg Opus cost about 0.03 s."""


DEFAULT_LIMITS = DecodingLimits()


def decode(data: bytes, limits: DecodingLimits = DEFAULT_LIMITS) -> Recording:
    """The sound in ``data``, an Ogg, WAV, FLAC, Matroska/WebM, MP4/MOV, MP3 or AAC file; of a video, its sound track.

    Blocks for about 3 ms a second of sound: call it in a thread. A file that breaks off gives its first part and
    ``truncated``; MP3 and AAC files that break off between two frames cannot be told from whole ones.

    Raises a ``RecordingError`` of its own for each way in which a file can be unusable, see ``audio.errors``.
    """
    sound, truncated = decode_at(data, RECORDING_RATE_HZ, limits)
    return Recording(sound.samples, truncated)


def decode_at(data: bytes, rate_hz: int, limits: DecodingLimits) -> tuple[Sound, bool]:
    """As ``decode``, at ``rate_hz`` samples a second: the sound, and whether the file broke off."""
    if not data:
        raise EmptyFileError
    if len(data) > limits.max_bytes:
        raise TooLargeError(len(data), limits.max_bytes)
    container = container_of(data)
    if container is None:
        raise NotAudioError(", ".join(known.name for known in CONTAINERS))
    return _Decoding(data, container, rate_hz, limits).run()


def _open_nothing(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """Answers FFmpeg's wish to open what a file refers to."""
    raise PermissionError(f"a recording may not open {url}")


@dataclass
class _Decoding:
    """One file on its way through the decoder."""

    data: bytes
    container: Container
    rate_hz: int
    limits: DecodingLimits
    started_s: float = field(default_factory=time.thread_time)
    decoded_s: float = 0
    reached_s: float = 0
    """Where the last packet ends, those of pictures included."""
    broken: bool = False
    """Whether the demuxer or the decoder gave up, and nothing was read after that."""

    def run(self) -> tuple[Sound, bool]:
        limit_allocations()
        try:
            opened = av.open(
                io.BytesIO(self.data),
                "r",
                format=self.container.demuxer,
                container_options={
                    "protocol_whitelist": "none",
                    "probesize": str(_PROBE_BYTES),
                    "analyzeduration": str(_PROBE_US),
                },
                metadata_errors="replace",
                io_open=_open_nothing,
            )
        except _UNREADABLE as error:
            raise DamagedFileError(self.container.name) from error
        with opened as file:
            if not len(file.streams):
                raise DamagedFileError(self.container.name)
            if not file.streams.audio:
                raise NoSoundTrackError(self.container.name)
            track = file.streams.audio[0]
            self._check_declared(file, track)
            samples = list(self._samples(file, track))
            truncated = self.broken or self._ends_early(file)
        sound = Sound(np.clip(np.concatenate([np.zeros(0, np.float32), *samples]), -1, 1), self.rate_hz)
        if sound.duration_s < SHORTEST_S:
            if truncated:
                raise DamagedFileError(self.container.name)
            raise TooShortError(sound.duration_s, SHORTEST_S)
        return sound, truncated

    def _check_declared(self, file: InputContainer, track: AudioStream) -> None:
        codec = track.codec_context
        if codec.sample_rate <= 0 or codec.channels <= 0:
            raise DamagedFileError(self.container.name)
        if codec.channels > self.limits.max_channels:
            raise TooManyChannelsError(codec.channels, self.limits.max_channels)
        if codec.sample_rate > self.limits.max_rate_hz:
            raise SampleRateTooHighError(codec.sample_rate, self.limits.max_rate_hz)
        if self.container.declares_duration:
            if track.duration is not None and track.time_base is not None:
                self._check_duration(float(track.duration * track.time_base))
            elif file.duration is not None:
                self._check_duration(file.duration / av.time_base)

    def _check_duration(self, duration_s: float) -> None:
        if duration_s > self.limits.max_duration_s + INEXACT_S:
            raise TooLongError(duration_s, self.limits.max_duration_s)

    def _samples(self, file: InputContainer, track: AudioStream) -> Iterator[Samples]:
        kind: tuple[str, str, int] | None = None
        group, resampler = AudioFifo(), AudioResampler("flt", "mono", self.rate_hz)

        def converted(frame: AudioFrame | None) -> Iterator[Samples]:
            for part in resampler.resample(frame) if frame else ():
                yield np.asarray(part.to_ndarray(), np.float32).reshape(-1)

        def rest() -> Iterator[Samples]:
            yield from converted(group.read())
            for part in resampler.resample(None) if kind else ():
                yield np.asarray(part.to_ndarray(), np.float32).reshape(-1)

        for frame in self._frames(file, track):
            kind_now = (frame.format.name, frame.layout.name, frame.sample_rate)
            if kind not in (None, kind_now):
                yield from rest()
                group, resampler = AudioFifo(), AudioResampler("flt", "mono", self.rate_hz)
            kind = kind_now
            # Gaps and overlaps of time stamps are the recorder's business: the samples follow each other.
            frame.pts = None
            group.write(frame)
            if group.samples >= GROUP_SAMPLES:
                yield from converted(group.read())
        yield from rest()

    def _frames(self, file: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
        # The clock of the limit is this thread's: threads of the decoder's own would not be counted.
        track.codec_context.thread_count = 1
        for packet in self._packets(file):
            if packet.stream.index != track.index:
                continue
            try:
                frames = track.codec_context.decode(packet)
            except av.error.EOFError:
                return
            except _UNREADABLE:
                self.broken = True
                continue
            for frame in frames:
                self.broken = False
                self.decoded_s += frame.samples / frame.sample_rate
                self._check_duration(self.decoded_s)
                yield frame

    def _packets(self, file: InputContainer) -> Iterator[Packet[Stream]]:
        try:
            for packet in file.demux():
                if time.thread_time() - self.started_s > self.limits.max_decoding_s:
                    raise DecodingTooSlowError(self.limits.max_decoding_s)
                if packet.pts is not None and packet.time_base is not None:
                    end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    self.reached_s = max(self.reached_s, end_s)
                yield packet
        except _UNREADABLE:
            self.broken = True

    def _ends_early(self, file: InputContainer) -> bool:
        if self.container is OGG:
            return not _ogg_is_whole(self.data)
        if self.container is WAV:
            return not _riff_is_whole(self.data)
        if not self.container.declares_duration or file.duration is None:
            return False
        end_s = ((file.start_time or 0) + file.duration) / av.time_base
        return end_s - self.reached_s > INEXACT_S


def _ogg_is_whole(data: bytes) -> bool:
    """Whether the last page is all there and says that it is the last (RFC 3533, section 6)."""
    page = data.rfind(b"OggS")
    header = data[page : page + 27]
    if len(header) < 27:
        return False
    lacing = data[page + 27 : page + 27 + header[26]]
    end = page + 27 + header[26] + sum(lacing)
    return bool(header[5] & 4) and len(lacing) == header[26] and end <= len(data)


def _riff_is_whole(data: bytes) -> bool:
    """Whether as many bytes are there as the header says; all ones and none at all are what pipes write."""
    declared = int.from_bytes(data[4:8], "little")
    return declared in (0, 2**32 - 1) or len(data) >= declared
