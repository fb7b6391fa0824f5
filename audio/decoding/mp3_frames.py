"""MP3 frames in the middle of other bytes.

A recorder that was killed, a stream that was cut out of another, or a tag that few programs know leave MP3 files that
do not begin with a frame. Four bytes look like a frame's header in any large file, but not several times, each where
the one before says that the next one is.
"""

from __future__ import annotations

_BIT_RATES_KBPS = {
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Of layer III, by MPEG's version (ISO/IEC 11172-3, section 2.4.2.3; 13818-3, section 2.4.2.3)."""

_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the two bits of the version: MPEG-1, MPEG-2, and the half of that which encoders call MPEG-2.5."""

_HEADER_BYTES = 4

_FRAMES = 4
"""That follow each other by chance once in 10^13 places."""


def has_mp3_frames(data: bytes) -> bool:
    """Whether somewhere in ``data`` as many frames of one kind follow each other as never do by chance."""
    start = data.find(b"\xff")
    while start >= 0:
        if _run_from(data, start):
            return True
        start = data.find(b"\xff", start + 1)
    return False


def _run_from(data: bytes, start: int) -> bool:
    kind: tuple[int, int] | None = None
    for _ in range(_FRAMES):
        header = data[start : start + _HEADER_BYTES]
        length = _frame_bytes(header)
        # Version, layer and sampling rate stay the same in a file.
        if not length or (kind is not None and kind != (header[1] & 0xFE, header[2] & 0x0C)):
            return False
        kind = header[1] & 0xFE, header[2] & 0x0C
        start += length
    return True


def _frame_bytes(header: bytes) -> int:
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
