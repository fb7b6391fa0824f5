"""Frames of MP3 and AAC in the middle of other bytes.

A recorder that was killed, a stream that was cut out of another, or a tag that few programs know leave files that do
not begin with a frame. Four bytes look like a frame's header in any large file, but not several times, each where
the one before says that the next one is.
"""

from __future__ import annotations

from collections.abc import Callable

_BIT_RATES_KBPS = {
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Of layer III, by MPEG's version (ISO/IEC 11172-3, section 2.4.2.3; 13818-3, section 2.4.2.3)."""

_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the two bits of the version: MPEG-1, MPEG-2, and the half of that which encoders call MPEG-2.5."""

_HEADER_BYTES = 6

_FRAMES = 4
"""That follow each other by chance once in 10^13 places."""


def has_mp3_frames(data: bytes) -> bool:
    """Whether somewhere in ``data`` as many MP3 frames of one kind follow each other as never do by chance."""
    # Version, layer and sampling rate stay the same in a file.
    return _has_frames(data, _mp3_frame_bytes, (0xFE, 0x0C))


def has_adts_frames(data: bytes) -> bool:
    """Whether somewhere in ``data`` as many AAC frames of one kind follow each other as never do by chance."""
    # So do version, profile, sampling rate and the first bit of the channels.
    return _has_frames(data, _adts_frame_bytes, (0xFF, 0xFD))


def _has_frames(data: bytes, length_of: Callable[[bytes], int], kind: tuple[int, int]) -> bool:
    """``length_of``: gives the length of the frame of a header, or 0. ``kind``: the bits of the second and the third
    byte that tell a file's kind of frames."""
    start = data.find(b"\xff")
    while start >= 0:
        if _run_from(data, start, length_of, kind):
            return True
        start = data.find(b"\xff", start + 1)
    return False


def _run_from(data: bytes, start: int, length_of: Callable[[bytes], int], kind: tuple[int, int]) -> bool:
    found: set[tuple[int, int]] = set()
    for _ in range(_FRAMES):
        header = data[start : start + _HEADER_BYTES]
        length = length_of(header)
        if not length:
            return False
        found.add((header[1] & kind[0], header[2] & kind[1]))
        start += length
    return len(found) == 1


def _mp3_frame_bytes(header: bytes) -> int:
    """How long the frame of layer III is that ``header`` belongs to; 0 when it is no such header."""
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    rates_hz = _RATES_HZ.get(header[1] >> 3 & 3)
    bit_rate, rate = header[2] >> 4, header[2] >> 2 & 3
    if rates_hz is None or bit_rate in (0, 15) or rate == 3:
        return 0
    first = header[1] >> 3 & 3 == 3
    bits_per_s = 1000 * _BIT_RATES_KBPS[1 if first else 2][bit_rate - 1]
    # 1152 samples a frame, or half as many below MPEG-1; one byte more when the padding bit is set.
    return (144 if first else 72) * bits_per_s // rates_hz[rate] + (header[2] >> 1 & 1)


def _adts_frame_bytes(header: bytes) -> int:
    """How long the AAC frame is that ``header`` belongs to; 0 when it is no such header (ISO/IEC 13818-7, 6.2.1)."""
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0xF >= 13:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > _HEADER_BYTES else 0
