"""Recordings damaged at random, as hostile as chance can make them; the same seed damages them in the same way."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from audio.recording import Samples
from tests.audio.made_recordings import ALL_FORMATS, Format, file_of, silent_video, tone

FORMATS = (
    *ALL_FORMATS,
    Format("wav", "pcm_f32le", "flt", rate_hz=16_000),
    Format("wav", "adpcm_ima_wav", "s16p", rate_hz=16_000),
    Format("wav", "adpcm_ms", "s16", rate_hz=16_000, layout="stereo"),
    Format("wav", "g726", "s16", rate_hz=8_000),
    Format("mov", "adpcm_ima_qt", "s16p", rate_hz=16_000),
    Format("mp4", "alac", "s16p", rate_hz=16_000),
    Format("3gp", "libopencore_amrnb", "s16", rate_hz=8_000),
    Format("matroska", "eac3", "fltp"),
    Format("matroska", "wavpack", "fltp", rate_hz=16_000),
    Format("matroska", "pcm_f64le", "dbl", rate_hz=8_000, layout="5.1"),
)

_TELLING_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 2**63 - 1)
"""Values at which signs, sizes and counts overflow."""

_HEADER_BYTES = 512

Mutation = Callable[[bytearray, random.Random], None]


def seeds(samples: Samples) -> list[bytes]:
    """``samples`` in every container and many codecs, and videos with and without them."""
    containers = ("mp4", "matroska", "avi", "mpegts")
    videos = [file_of(samples, Format(name, "aac", "fltp"), pictures=True) for name in containers]
    return [
        *(file_of(samples, how) for how in FORMATS),
        *videos,
        silent_video(1),
        file_of(tone(0.02).samples, FORMATS[0]),
    ]


def mutated(files: Sequence[bytes], chance: random.Random) -> bytes:
    """One of ``files`` after one to four mutations; most of them keep the first bytes, which identify the format."""
    file = bytearray(chance.choice(files))
    sign = bytes(file[:12])
    for _ in range(chance.choice((1, 1, 2, 4))):
        if chance.random() < 0.1:
            _splice(file, chance.choice(files), chance)
        else:
            chance.choice(_MUTATIONS)(file, chance)
    if chance.random() < 0.8:
        file[: len(sign)] = sign
    if file[:4] == b"OggS" and chance.random() < 0.8:
        repair_ogg(file)
    return bytes(file)


def _place(file: bytearray, chance: random.Random) -> int:
    """A position, half of the time in the header, where most can break."""
    return chance.randrange(max(1, min(len(file), _HEADER_BYTES if chance.random() < 0.5 else len(file))))


def _flip_bits(file: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 4, 16, 64))):
        place = _place(file, chance)
        if place < len(file):
            file[place] ^= 1 << chance.randrange(8)


def _write_number(file: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 8))):
        width, place = chance.choice((1, 2, 4, 8)), _place(file, chance)
        number = chance.choice(_TELLING_NUMBERS) % 2 ** (8 * width)
        file[place : place + width] = number.to_bytes(width, chance.choice(("big", "little")))


def _write_noise(file: bytearray, chance: random.Random) -> None:
    place, length = _place(file, chance), chance.choice((8, 100, 2000))
    file[place : place + length] = chance.randbytes(length)


def _cut_off(file: bytearray, chance: random.Random) -> None:
    del file[_place(file, chance) :]


def _cut_out(file: bytearray, chance: random.Random) -> None:
    place = _place(file, chance)
    del file[place : place + chance.choice((1, 7, 200, 5000))]


def _repeat(file: bytearray, chance: random.Random) -> None:
    place, length = _place(file, chance), chance.choice((1, 20, 300, 5000))
    file[place:place] = file[place : place + length] * chance.choice((1, 3, 30))


def _swap(file: bytearray, chance: random.Random) -> None:
    one, other, length = _place(file, chance), _place(file, chance), chance.choice((4, 64, 1000))
    file[one : one + length], file[other : other + length] = file[other : other + length], file[one : one + length]


def _splice(file: bytearray, other: bytes, chance: random.Random) -> None:
    file[_place(file, chance) :] = other[chance.randrange(len(other)) :]


_MUTATIONS: tuple[Mutation, ...] = (
    *(_flip_bits, _flip_bits, _write_number, _write_number, _write_noise),
    *(_cut_off, _cut_out, _repeat, _swap),
)


def repair_ogg(file: bytearray) -> None:
    """Correct the checksums of all pages: otherwise FFmpeg discards them before a codec can fail (RFC 3533)."""
    start = file.find(b"OggS")
    while start >= 0 and start + 27 <= len(file):
        lacing = file[start + 27 : start + 27 + file[start + 26]]
        end = start + 27 + len(lacing) + sum(lacing)
        if end <= len(file):
            file[start + 22 : start + 26] = bytes(4)
            checksum = 0
            for byte in file[start:end]:
                checksum = checksum << 8 & 0xFFFF_FFFF ^ _CHECKSUMS[checksum >> 24 ^ byte]
            file[start + 22 : start + 26] = checksum.to_bytes(4, "little")
        start = file.find(b"OggS", start + 27)


def _checksum_of(byte: int) -> int:
    checksum = byte << 24
    for _ in range(8):
        checksum = checksum << 1 ^ (0x04C1_1DB7 if checksum & 0x8000_0000 else 0)
    return checksum & 0xFFFF_FFFF


_CHECKSUMS = [_checksum_of(byte) for byte in range(256)]
