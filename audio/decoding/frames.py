"""Finding MP3 and AAC frames in the middle of other bytes.

A recorder that was killed, a stream that was cut out of another, or a tag that few programs know leaves files that do
not begin with a frame. In any large file some four bytes look like a frame's header, but not several times in a row,
each header where the length of the frame before places it.
"""

from __future__ import annotations

from collections.abc import Callable

_BIT_RATES_KBPS = {
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""The bit rates of layer III, by MPEG version (ISO/IEC 11172-3, section 2.4.2.3; 13818-3, section 2.4.2.3)."""

_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Sampling rates by the two version bits: MPEG-1, MPEG-2, and the half of MPEG-2, which encoders call MPEG-2.5."""

_HEADER_BYTES = 6

_FRAMES = 4
"""How many frames must follow each other; by chance, this happens once in 10^13 positions."""


def has_mp3_frames(data: bytes) -> bool:
    """Whether ``data`` contains more successive MP3 frames of one kind than chance would produce."""
    # The version, layer and sampling rate stay the same throughout a file.
    return _has_frames(data, _mp3_frame_bytes, (0xFE, 0x0C))


def has_adts_frames(data: bytes) -> bool:
    """Whether ``data`` contains more successive AAC frames of one kind than chance would produce."""
    # The version, profile, sampling rate and first bit of the channels stay the same throughout a file.
    return _has_frames(data, _adts_frame_bytes, (0xFF, 0xFD))


def _has_frames(data: bytes, length_of: Callable[[bytes], int], kind: tuple[int, int]) -> bool:
    """Whether ``data`` contains ``_FRAMES`` successive frames of one kind. ``length_of``: returns the length of a
    header's frame, or 0 if it is no header. ``kind``: masks of the second and third header byte, for the bits that are
    the same in all frames of a file."""
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
    """The length of the layer III frame that begins with ``header``; 0 if it is no such header."""
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
    """The length of the AAC frame that begins with ``header``; 0 if it is no such header (ISO/IEC 13818-7, 6.2.1)."""
    if len(header) < _HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0xF >= 13:
        return 0
    length = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return length if length > _HEADER_BYTES else 0
