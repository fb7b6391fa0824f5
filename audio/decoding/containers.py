"""Which container a file is, told from its first bytes alone.

FFmpeg's own guess is never used: it takes playlists (HLS, concat, SDP) for recordings, whatever their names, and opens
the files and addresses that they name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Container:
    """A kind of file that recordings come in."""

    name: str
    """As people call it."""
    demuxer: str
    """FFmpeg's short name of the one demuxer that may read it."""
    declares_duration: bool
    """Whether the file itself says how long it is; otherwise FFmpeg guesses from the bit rate of the first frames."""
    usual_bytes_per_s: int
    """Of speech as phones, browsers and Discord record it: to guess how long a file is before it is opened."""


OGG = Container("Ogg", "ogg", declares_duration=True, usual_bytes_per_s=4_000)
WAV = Container("WAV", "wav", declares_duration=True, usual_bytes_per_s=96_000)
FLAC = Container("FLAC", "flac", declares_duration=True, usual_bytes_per_s=50_000)
MATROSKA = Container("Matroska/WebM", "matroska", declares_duration=True, usual_bytes_per_s=8_000)
MP4 = Container("MP4", "mov", declares_duration=True, usual_bytes_per_s=8_000)
MP3 = Container("MP3", "mp3", declares_duration=False, usual_bytes_per_s=16_000)
MP3_WITH_COUNT = Container("MP3", "mp3", declares_duration=True, usual_bytes_per_s=16_000)
AAC = Container("AAC", "aac", declares_duration=False, usual_bytes_per_s=8_000)

CONTAINERS = (OGG, WAV, FLAC, MATROSKA, MP4, MP3, AAC)

_LONGEST_SIGN_BYTES = 40
"""Up to the end of the word that tells MP3 files with a count."""

_ID3_HEADER_BYTES = 10

_MAX_TAGS = 16
"""A file has one, or two when a careless program added its own; a large file could consist of millions."""


def container_of(data: bytes) -> Container | None:
    """The container that ``data`` begins like, or None when it is none of ``CONTAINERS``."""
    start = _id3_bytes(data)
    if start:
        return _container_at(data[start : start + _LONGEST_SIGN_BYTES]) or MP3
    return _container_at(data[:_LONGEST_SIGN_BYTES])


def _container_at(data: bytes) -> Container | None:
    if data[:4] == b"OggS":
        return OGG
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return WAV
    if data[:4] == b"fLaC":
        return FLAC
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return MATROSKA
    # The second half of the list is how QuickTime files without a type box begin.
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return MP4
    return _mpeg_audio(data)


def _id3_bytes(data: bytes) -> int:
    """Where the ID3v2 tags in front end, 0 without: headers of ten bytes, the last four of them the length of what
    follows, seven bits each (id3.org, ID3v2.4 section 3.1).
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
    """MP3 or AAC by a frame's first four bytes (ISO/IEC 11172-3 section 2.4.1.3, 13818-7 section 6.2.1)."""
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
    # Encoders that know the whole file put the number of its frames where the first frame's sound would be.
    return MP3_WITH_COUNT if b"Xing" in frame or b"Info" in frame else MP3
