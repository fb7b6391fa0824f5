"""How frames of the gateway are compressed: quickly, since they do not leave this machine."""

from __future__ import annotations

import importlib
import zlib
from typing import Any, Protocol

from bot.sandbox.model.errors import SandboxError


class Packing(Protocol):
    """How one connection compresses its frames; streams keep their context from frame to frame."""

    def pack(self, text: str) -> str | bytes:
        """The frame to send: text as text, bytes as binary."""


class Plain:
    def pack(self, text: str) -> str | bytes:
        return text


class ZlibPayloads:
    """Compresses each frame on its own, as ``compress: true`` in IDENTIFY asks."""

    def pack(self, text: str) -> str | bytes:
        return zlib.compress(text.encode(), zlib.Z_BEST_SPEED)


class ZlibStream:
    """One context for the connection; each frame ends with the four bytes of a sync flush."""

    def __init__(self) -> None:
        self._context = zlib.compressobj(zlib.Z_BEST_SPEED)

    def pack(self, text: str) -> str | bytes:
        return self._context.compress(text.encode()) + self._context.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """One context for the connection.

    Raises:
        SandboxError: Python has no zstd and the package ``backports.zstd`` is not installed. hikari asks for this
            compression only where it is.
    """

    def __init__(self) -> None:
        for name in ("compression.zstd", "backports.zstd"):
            try:
                module: Any = importlib.import_module(name)
            except ImportError:
                continue
            self._compressor = module.ZstdCompressor()
            self._flush = module.ZstdCompressor.FLUSH_BLOCK
            return
        raise SandboxError("zstd-stream needs Python 3.14 or the package backports.zstd.")

    def pack(self, text: str) -> str | bytes:
        packed: bytes = self._compressor.compress(text.encode(), self._flush)
        return packed


def transport_packing(name: str | None) -> Packing:
    """The compression for ``compress=`` in the gateway's query.

    Raises:
        SandboxError: the sandbox does not know it, or cannot provide it.
    """
    if name is None:
        return Plain()
    if name == "zlib-stream":
        return ZlibStream()
    if name == "zstd-stream":
        return ZstdStream()
    raise SandboxError(f"Unknown compression {name}.")
