"""A target for writing a zip that can be read in parts while it is still being written."""

from __future__ import annotations


class ZipSink:
    """A file object for ``zipfile`` that is not seekable, so that data already taken never changes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: everything written can be taken at once."""

    def close(self) -> None:
        """Do nothing: what was written can still be taken."""

    def take(self, size: int) -> bytes:
        """Remove and return the next ``size`` bytes, or as many as there are."""
        taken = bytes(self.data[:size])
        del self.data[:size]
        return taken
