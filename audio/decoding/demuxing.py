"""Decoding a file's bytes to groups of samples: in memory, under limits, without reading anything but these bytes.

Does not use numpy, because the processes that do this for strangers' files start faster and stay smaller without it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import av
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from audio.decoding.allocation_limit import limit_allocations
from audio.decoding.codecs import DECODERS
from audio.decoding.containers import AVI, MAX_SIGN_BYTES, MP3_WITH_COUNT, OGG, W64, WAV, Container, id3_bytes
from audio.decoding.conversion import Conversion
from audio.decoding.limits import DecodingLimits
from audio.errors import (
    DamagedFileError,
    DecodingTooSlowError,
    NoSoundTrackError,
    SampleRateTooHighError,
    TooLongError,
    TooManyChannelsError,
    UnknownCodecError,
)

GROUP_SAMPLES = 500_000
"""Frames are converted this many samples at a time; frame by frame, long files take 1.7 times as long."""

INEXACT_S = 0.5
"""By how much the declared and the decoded duration of a whole file may differ: encoders pad and trim a few frames."""

MAX_RENDERINGS = 6
"""How many renderings of one file are tried: its sound tracks, then the single channels of those that have two."""

SHORTEST_STREAM_BYTES = 0x7FFF_0000
"""From this declared size on, the real size of a WAV file is unknown: programs that write WAV into a pipe do not know
how long it gets, and declare a very large size, 0x7FFFF024 (SoX), 0x80000024 (arecord) or 0xFFFFFFFF (FFmpeg)."""

# These bound what is read before decoding. All bytes are already in memory, so reading ahead costs only time.
_PROBE_BYTES = 2**20
_PROBE_US = 2_000_000

_UNREADABLE = (av.FFmpegError, ValueError, OSError)
"""The errors that PyAV raises for bytes that it cannot read; a ``ValueError`` comes from its own checks."""


@dataclass
class Reading:
    """The decoding of one file: iterate over ``groups`` once, then read ``truncated`` and ``renderings``."""

    data: bytes
    container: Container
    rate_hz: int
    """The sampling rate of the output."""
    limits: DecodingLimits
    rendering: int = 0
    """Which rendering of the file to decode, below ``renderings``."""
    renderings: int = 1
    """How many renderings the file has; known once ``groups`` has begun.

    Speech may be on only one of several tracks, and two channels of which one was connected the wrong way round cancel
    each other.
    """
    truncated: bool = False
    """Whether the file is cut off; known once ``groups`` has ended."""
    _started_s: float = field(default_factory=time.thread_time)
    _began_s: float = field(default_factory=time.monotonic)
    _decoded_s: float = 0
    _reached_s: float = 0
    """The latest end of any packet so far, video packets included."""
    _broken: bool = False
    """Whether the demuxer or the decoder gave up, and nothing was decoded after that."""

    def groups(self) -> Iterator[bytes]:
        """The sound, mono, as float32 samples, about ``GROUP_SAMPLES`` of the file at a time.

        The samples may lie outside [-1, 1], and may be NaN if the file contains NaN.

        Raises a ``RecordingError`` as ``audio.decode`` does, except for those that ``admitted`` raises.
        """
        limit_allocations()
        try:
            opened = av.open(
                io.BytesIO(self.data),
                "r",
                format=self.container.demuxer,
                container_options={
                    "protocol_whitelist": "none",
                    "codec_whitelist": ",".join(DECODERS),
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
            track, side = self._chosen(file)
            self._check_format(track.codec_context.channels, track.codec_context.sample_rate)
            self._check_declared(file, track)
            try:
                yield from self._samples(file, track, side)
            except _UNREADABLE:
                # Sound that can be decoded but not mixed to mono, such as four-channel ambisonics.
                self._broken = True
            self.truncated = self._broken or self._ends_early(file)

    def _chosen(self, file: InputContainer) -> tuple[AudioStream, int | None]:
        """The track of this rendering, and which of its two channels; None for all channels."""
        if not file.streams.audio:
            raise NoSoundTrackError(self.container.name)
        tracks = [track for track in file.streams.audio if _codec_of(track) in DECODERS]
        if not tracks:
            raise UnknownCodecError(self.container.name, _codec_of(file.streams.audio[0]))
        ways: list[tuple[AudioStream, int | None]] = [(track, None) for track in tracks]
        ways += [(track, side) for track in tracks if track.codec_context.channels == 2 for side in (0, 1)]
        self.renderings = min(len(ways), MAX_RENDERINGS)
        return ways[min(self.rendering, self.renderings - 1)]

    def _check_format(self, channels: int, rate_hz: int) -> None:
        if rate_hz <= 0 or channels <= 0:
            raise DamagedFileError(self.container.name)
        if channels > self.limits.max_channels:
            raise TooManyChannelsError(channels, self.limits.max_channels)
        if rate_hz > self.limits.max_rate_hz:
            raise SampleRateTooHighError(rate_hz, self.limits.max_rate_hz)

    def _check_declared(self, file: InputContainer, track: AudioStream) -> None:
        if self.container.declares_duration:
            if track.duration is not None and track.time_base is not None:
                # FFmpeg takes the time stamp at the end of an Ogg file for its duration, but streams may start late.
                late = track.start_time or 0 if self.container is OGG else 0
                self._check_duration(float((track.duration - late) * track.time_base))
            elif file.duration is not None:
                self._check_duration(file.duration / av.time_base)

    def _check_duration(self, duration_s: float) -> None:
        if duration_s > self.limits.max_duration_s + INEXACT_S:
            raise TooLongError(duration_s, self.limits.max_duration_s)

    def _samples(self, file: InputContainer, track: AudioStream, side: int | None) -> Iterator[bytes]:
        kind: tuple[str, str, int] | None = None
        group, conversion = AudioFifo(), None
        for frame in self._frames(file, track):
            kind_now = (frame.format.name, frame.layout.name, frame.sample_rate)
            if conversion is None or kind != kind_now:
                if conversion:
                    yield from _rest(group, conversion)
                kind, group, conversion = kind_now, AudioFifo(), Conversion(frame, self.rate_hz, side)
            # Gaps and overlaps in the time stamps are ignored: the samples simply follow each other.
            frame.pts = None
            group.write(frame)
            if group.samples >= GROUP_SAMPLES:
                yield from conversion.samples(group.read())
        if conversion:
            yield from _rest(group, conversion)

    def _frames(self, file: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
        # The time limit counts this thread's processor time, so the decoder must not use threads of its own.
        track.codec_context.thread_count = 1
        for packet in self._packets(file):
            if packet.stream.index != track.index:
                continue
            try:
                frames = track.codec_context.decode(packet)
            except av.error.EOFError:
                return
            except _UNREADABLE:
                self._broken = True
                continue
            for frame in frames:
                # Frames may differ from what the header says.
                self._check_format(len(frame.layout.channels), frame.sample_rate)
                self._broken = False
                self._decoded_s += frame.samples / frame.sample_rate
                self._check_duration(self._decoded_s)
                yield frame

    def _packets(self, file: InputContainer) -> Iterator[Packet[Stream]]:
        try:
            for packet in self._demuxed(file):
                if packet.pts is not None and packet.time_base is not None:
                    end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    self._reached_s = max(self._reached_s, end_s)
                yield packet
        except _UNREADABLE:
            self._broken = True

    def _demuxed(self, file: InputContainer) -> Iterator[Packet[Stream]]:
        while True:
            try:
                for packet in file.demux():
                    self._check_time()
                    yield packet
                return
            except IndexError:
                # A stream that begins in the middle of the file is unknown to PyAV: go on with the others.
                self._check_time()

    def _check_time(self) -> None:
        # Elapsed time is checked first: processor time never exceeds it, and it is four times as fast to query.
        if time.monotonic() - self._began_s < self.limits.max_decoding_s:
            return
        if time.thread_time() - self._started_s > self.limits.max_decoding_s:
            raise DecodingTooSlowError(self.limits.max_decoding_s)

    def _ends_early(self, file: InputContainer) -> bool:
        if self.container is OGG:
            return not _ogg_is_whole(self.data)
        if self.container in (WAV, AVI):
            # FFmpeg computes the duration of an AVI file from the bytes that are present.
            return not _riff_is_whole(self.data)
        if self.container is W64:
            # The length of the file follows an identifier of 16 bytes (Sony Wave64 specification).
            return int.from_bytes(self.data[16:24], "little") > len(self.data)
        if self.container is MP3_WITH_COUNT and _mp3_is_whole(self.data):
            # For several files joined into one, FFmpeg only guesses the duration.
            return False
        if not self.container.declares_duration or file.duration is None:
            return False
        end_s = ((file.start_time or 0) + file.duration) / av.time_base
        return end_s - self._reached_s > INEXACT_S


def _codec_of(track: AudioStream) -> str:
    # Despite its type annotations, PyAV has no context for a track for which FFmpeg has no decoder.
    return track.codec_context.codec.name if track.codec_context else "?"


def _open_nothing(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """Refuse FFmpeg's requests to open files or addresses that a recording refers to."""
    raise PermissionError(f"a recording may not open {url}")


def _rest(group: AudioFifo, conversion: Conversion) -> Iterator[bytes]:
    last = group.read()
    if last:
        yield from conversion.samples(last)
    yield from conversion.samples(None)


def _ogg_is_whole(data: bytes) -> bool:
    """Whether the last page is complete, and so is the last packet on it (RFC 3533, section 6).

    The page need not be marked as the last one: recorders that stop at the press of a button mark none.
    """
    page = data.rfind(b"OggS")
    header = data[page : page + 27]
    if len(header) < 27:
        return False
    lacing = data[page + 27 : page + 27 + header[26]]
    end = page + 27 + header[26] + sum(lacing)
    # A packet whose last piece on a page has 255 bytes continues on the next page.
    goes_on = lacing[-1:] == b"\xff" and not header[5] & 4
    return len(lacing) == header[26] and end <= len(data) and not goes_on


def _riff_is_whole(data: bytes) -> bool:
    """Whether the file has as many bytes as its header declares; true if the size was not known when the header was
    written."""
    declared = int.from_bytes(data[4:8], "little")
    return declared == 0 or declared >= SHORTEST_STREAM_BYTES or len(data) >= declared


def _mp3_is_whole(data: bytes) -> bool:
    """Whether the file has as many bytes as its first frame, which holds no sound, declares (Xing's header: its name,
    four bytes of flags, then the flagged numbers of four bytes each, frames and bytes first)."""
    start = id3_bytes(data)
    frame = data[start : start + MAX_SIGN_BYTES + 16]
    sign = max(frame.find(b"Xing"), frame.find(b"Info"))
    flags = int.from_bytes(frame[sign + 4 : sign + 8], "big")
    place = sign + 8 + 4 * (flags & 1)
    return bool(flags & 2) and len(data) - start >= int.from_bytes(frame[place : place + 4], "big")
