"""Recognising a file's container by its first bytes alone.

FFmpeg's own detection is never used: it accepts playlists (HLS, concat, SDP) as recordings, whatever they are called,
and opens the files and addresses that they name.
"""

from __future__ import annotations

from dataclasses import dataclass

from audio.decoding.frames import has_adts_frames, has_mp3_frames


@dataclass(frozen=True, slots=True)
class Container:
    """A file format in which recordings are accepted."""

    name: str
    """The name shown to people."""
    demuxer: str
    """FFmpeg's short name of the one demuxer that may read it."""
    declares_duration: bool
    """Whether the file itself says how long it is; otherwise FFmpeg guesses from the bit rate of the first frames."""
    usual_bytes_per_s: int
    """The usual rate of speech that phones, browsers and Discord record, to estimate a file's duration before it is
    opened."""


OGG = Container("Ogg", "ogg", declares_duration=True, usual_bytes_per_s=4_000)
WAV = Container("WAV", "wav", declares_duration=True, usual_bytes_per_s=96_000)
FLAC = Container("FLAC", "flac", declares_duration=True, usual_bytes_per_s=50_000)
MATROSKA = Container("Matroska/WebM", "matroska", declares_duration=True, usual_bytes_per_s=8_000)
MP4 = Container("MP4", "mov", declares_duration=True, usual_bytes_per_s=8_000)
MP3 = Container("MP3", "mp3", declares_duration=False, usual_bytes_per_s=16_000)
MP3_WITH_COUNT = Container("MP3", "mp3", declares_duration=True, usual_bytes_per_s=16_000)
AAC = Container("AAC", "aac", declares_duration=False, usual_bytes_per_s=8_000)
# Further containers that phones, dictation machines, studios and screen recorders write.
CAF = Container("CAF", "caf", declares_duration=True, usual_bytes_per_s=4_000)
AMR = Container("AMR", "amr", declares_duration=False, usual_bytes_per_s=1_600)
AIFF = Container("AIFF", "aiff", declares_duration=True, usual_bytes_per_s=96_000)
AU = Container("AU", "au", declares_duration=True, usual_bytes_per_s=16_000)
W64 = Container("W64", "w64", declares_duration=True, usual_bytes_per_s=96_000)
WMA = Container("WMA", "asf", declares_duration=True, usual_bytes_per_s=16_000)
AVI = Container("AVI", "avi", declares_duration=True, usual_bytes_per_s=100_000)
FLV = Container("FLV", "flv", declares_duration=True, usual_bytes_per_s=50_000)
MPEG_TS = Container("MPEG-TS", "mpegts", declares_duration=False, usual_bytes_per_s=50_000)
MPEG_PS = Container("MPEG-PS", "mpeg", declares_duration=False, usual_bytes_per_s=50_000)
AC3 = Container("AC-3", "ac3", declares_duration=False, usual_bytes_per_s=24_000)
EAC3 = Container("AC-3", "eac3", declares_duration=False, usual_bytes_per_s=24_000)

CONTAINERS = (
    *(OGG, WAV, FLAC, MATROSKA, MP4, MP3, AAC, CAF, AMR, AIFF, AU, W64, WMA, AVI, FLV, MPEG_TS, MPEG_PS),
    *(AC3, EAC3),
)
"""All containers except ``MP3_WITH_COUNT``, which is MP3 too."""

_MP4_BOXES = (b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"skip", b"free", b"pnot")
"""The types of the first box of MP4 files, including segments of streams (``styp``) and QuickTime files, which need no
file type (ISO/IEC 14496-12, section 4.3; QuickTime File Format, "Overview")."""

_MAGIC = (
    (b"OggS", OGG),
    (b"fLaC", FLAC),
    (b"\x1a\x45\xdf\xa3", MATROSKA),
    (b"caff\0\1", CAF),
    (b"#!AMR", AMR),
    (b".snd", AU),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00", W64),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", WMA),
    (b"FLV\1", FLV),
    (b"\0\0\1\xba", MPEG_PS),
)

_RIFF_FORMS = {
    (b"RIFF", b"WAVE"): WAV,
    (b"RF64", b"WAVE"): WAV,
    (b"RIFF", b"AVI "): AVI,
    (b"FORM", b"AIFF"): AIFF,
    (b"FORM", b"AIFC"): AIFF,
}
"""Containers by the first and the third four bytes of a file."""

_TS_PACKET_BYTES = (188, 192)
"""The packet lengths of a transport stream, and of one with a four-byte time stamp before each packet (ISO/IEC 13818-1;
Blu-ray)."""

_TS_SIGN = b"G"
_TS_PACKETS = 3
_TS_PACKETS_FROM_THE_MIDDLE = 6
"""How many packets must follow each other if the file begins in the middle of one; by chance, this happens once in
10^12 positions."""

MAX_SIGN_BYTES = 40
"""Enough bytes to reach the end of the word that marks MP3 files with a frame count."""

_MAX_SEARCH_BYTES = 2**16
"""How far into a file MP3 or AAC frames may begin; FFmpeg's demuxers search as far."""

_ID3_HEADER_BYTES = 10

_MAX_TAGS = 16
"""How many ID3v2 tags are skipped: a file has one, or two if a careless program added its own, but a large file could
consist of millions."""


def container_of(data: bytes) -> Container | None:
    """The container that the beginning of ``data`` matches, or None if it matches none."""
    start = id3_bytes(data)
    if start:
        return _container_at(data[start : start + MAX_SIGN_BYTES]) or MP3
    if known := _container_at(data[:MAX_SIGN_BYTES]) or _transport_stream(data):
        return known
    beginning = data[:_MAX_SEARCH_BYTES]
    return MP3 if has_mp3_frames(beginning) else AAC if has_adts_frames(beginning) else None


def _container_at(data: bytes) -> Container | None:
    for sign, container in _MAGIC:
        if data.startswith(sign):
            return container
    if (form := _RIFF_FORMS.get((data[:4], data[8:12]))) is not None:
        return form
    if data[4:8] in _MP4_BOXES:
        return MP4
    return _dolby(data) or _mpeg_audio(data)


def id3_bytes(data: bytes) -> int:
    """Where the ID3v2 tags at the beginning end; 0 if there are none. Each has a header of ten bytes, the last four of
    which, seven bits each, are the length of what follows (id3.org, ID3v2.4 section 3.1).
    """
    end = 0
    for _ in range(_MAX_TAGS):
        if data[end : end + 3] != b"ID3":
            break
        size = 0
        for byte in data[end + 6 : end + _ID3_HEADER_BYTES]:
            size = size << 7 | byte & 0x7F
        end += _ID3_HEADER_BYTES + size
    return end


def _mpeg_audio(frame: bytes) -> Container | None:
    """MP3 or AAC, recognised by a frame's first four bytes (ISO/IEC 11172-3 section 2.4.1.3, 13818-7 section 6.2.1)."""
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return None
    layer = frame[1] >> 1 & 3
    if frame[1] & 0xF0 == 0xF0 and layer == 0:
        return AAC if frame[2] >> 2 & 0xF < 13 else None
    reserved_version = frame[1] >> 3 & 3 == 1
    bad_bit_rate = frame[2] >> 4 in (0, 15)
    reserved_rate = frame[2] >> 2 & 3 == 3
    if layer == 0 or reserved_version or bad_bit_rate or reserved_rate:
        return None
    # Encoders that know the whole file write the number of its frames in place of the first frame's sound.
    return MP3_WITH_COUNT if b"Xing" in frame or b"Info" in frame else MP3


def _dolby(frame: bytes) -> Container | None:
    """AC-3 or E-AC-3, by the bit stream version in a frame's header (ETSI TS 102 366, annexes A and E)."""
    if len(frame) < 6 or frame[:2] != b"\x0b\x77":
        return None
    version = frame[5] >> 3
    return AC3 if version <= 10 else EAC3 if version <= 16 else None


def _transport_stream(data: bytes) -> Container | None:
    for length in _TS_PACKET_BYTES:
        first = length - min(_TS_PACKET_BYTES)
        for start in range(length):
            packets = _TS_PACKETS if start == first else _TS_PACKETS_FROM_THE_MIDDLE
            if data[start : start + packets * length : length] == _TS_SIGN * packets:
                return MPEG_TS
    return None
