"""Where a zip is written that is taken away in parts while it grows."""

from __future__ import annotations


class ZipSink:
    """A file for zipfile that cannot be sought in, so what was taken never changes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What was written stays."""

    def take(self, size: int) -> bytes:
        """The first ``size`` bytes that were not taken yet, or as many as there are."""
        taken = bytes(self.data[:size])
        del self.data[:size]
        return taken
