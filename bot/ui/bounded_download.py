"""The size limit, the timeout and the errors of downloads."""

from __future__ import annotations

from collections.abc import AsyncIterable

from bot.errors import StarlingError
from bot.errors import translatable as _

DOWNLOAD_TIMEOUT_S = 60.0
"""25 MiB in a minute is 3.5 Mbit/s: Discord's file servers are faster than that."""


class FileTooLargeError(StarlingError):
    """Raised when a file is larger than the limit, by its declared size or by the bytes that arrive."""

    sentence = _("This file is larger than {limit_mb} MB, which is the most I take. Please send a smaller one.")

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_mb=limit_bytes >> 20)


class LinkExpiredError(StarlingError):
    """Raised when Discord no longer serves the file behind an attachment's link."""

    sentence = _("Discord no longer gives me this file: its link has expired. Please send it again.")


class DownloadFailedError(StarlingError):
    """Raised when a file could not be fetched for another reason."""

    sentence = _("I could not download this file from Discord. Please try again in a moment.")
    is_transient = True
    concerns_host = True


async def joined_within(limit_bytes: int, chunks: AsyncIterable[bytes]) -> bytes:
    """All of ``chunks``, joined; at most ``limit_bytes`` and one chunk are held in memory.

    Raises:
        FileTooLargeError: they have more than ``limit_bytes``.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit_bytes:
            raise FileTooLargeError(limit_bytes)
    return bytes(body)
