"""Responses of endpoints, limited in size whatever is sent."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx2

MAX_REFUSAL_BYTES = 1 << 20
"""For an unsuccessful response, which is a sentence, or a proxy's page."""
MAX_RESPONSE_BYTES = 64 << 20
"""For a stream: 32,768 tokens of about 300 bytes each are 10 MiB, and reasoning is as long again."""
_PART_BYTES = 64 << 10
"""How much is decompressed at once."""


class ResponseTooLargeError(Exception):
    """Raised when a response is larger than its bound, or its compression is unknown or damaged."""


async def bound(response: httpx2.Response) -> None:
    """Limit the size of ``response``, compressed or not, before it is read; a response hook for a client."""
    limit = MAX_RESPONSE_BYTES if response.is_success else MAX_REFUSAL_BYTES
    # Requests ask for no compression, but some proxies compress all the same.
    encoding = response.headers.pop("content-encoding", "identity").strip().lower()
    assert isinstance(response.stream, httpx2.AsyncByteStream), "the client is an asynchronous one"
    response.stream = _BoundedStream(response.stream, limit, encoding)


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, limit: int, encoding: str) -> None:
        self._stream = stream
        self._limit = limit
        self._encoding = encoding

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        inflater = _Inflater() if self._encoding in ("gzip", "x-gzip", "deflate") else None
        if inflater is None and self._encoding not in ("identity", ""):
            raise ResponseTooLargeError(f"it is compressed by {self._encoding[:20]}, which was not asked for")
        async for part in self._stream:
            for piece in (part,) if inflater is None else inflater.feed(part):
                read += len(piece)
                if read > self._limit:
                    raise ResponseTooLargeError(f"it has more than {self._limit >> 20} MiB")
                yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Inflater:
    """Decompresses gzip or deflate in small parts, so that a decompression bomb is noticed before it has grown."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def feed(self, part: bytes) -> Iterator[bytes]:
        while part:
            try:
                yield self._inflate.decompress(part, _PART_BYTES)
            except zlib.error as error:
                raise ResponseTooLargeError("its compression is damaged") from error
            part = self._inflate.unconsumed_tail
