"""A file as a zip that is cut into parts, for places that limit the size of a file."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from bot.storage.zip_sink import ZipSink

_CHUNK = 1 << 20
_SMALL = 1 << 30
"""Below this, no size in the zip can need more than 32 bits."""
_FASTEST = 1
"""The compression level: text takes a quarter of the time of the default level, and half as much space again."""


def zip_parts(source: BinaryIO, name: str, *, size_bytes: int, part_bytes: int) -> Iterator[bytes]:
    """The parts of a zip that holds ``source`` as ``name``, each of ``part_bytes`` except for the last.

    Concatenated, they are the zip: 7-Zip opens them if they are named ``x.zip.001``, ``x.zip.002``, and so on. Little
    more than one part is in memory. ``size_bytes`` of ``source`` are read from its beginning; the same source gives the
    same parts. Blocks.
    """
    source.seek(0)
    sink, left = ZipSink(), size_bytes
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST) as archive,
        archive.open(name, "w", force_zip64=size_bytes >= _SMALL) as target,
    ):
        while left and (chunk := source.read(min(_CHUNK, left))):
            left -= len(chunk)
            target.write(chunk)
            while len(sink.data) >= part_bytes:
                yield sink.take(part_bytes)
    while sink.data:
        yield sink.take(part_bytes)
