"""Downloading attachments, up to a size limit."""

from __future__ import annotations

import asyncio

import aiohttp
import hikari

from bot.ui.bounded_download import (
    DOWNLOAD_TIMEOUT_S,
    DownloadFailedError,
    FileTooLargeError,
    LinkExpiredError,
    joined_within,
)


async def download(attachment: hikari.Attachment, limit_bytes: int) -> bytes:
    """The bytes of ``attachment``; at most ``limit_bytes`` and one chunk are held in memory.

    Raises:
        FileTooLargeError: it is larger, whatever its declared size.
        LinkExpiredError: its link has expired.
        DownloadFailedError: there is no connection, the server fails, or it takes longer than ``DOWNLOAD_TIMEOUT_S``.
    """
    if attachment.size > limit_bytes:
        raise FileTooLargeError(limit_bytes)
    try:
        async with asyncio.timeout(DOWNLOAD_TIMEOUT_S), attachment.stream() as reader:
            return await joined_within(limit_bytes, reader)
    except (hikari.NotFoundError, hikari.ForbiddenError, hikari.UnauthorizedError) as error:
        raise LinkExpiredError from error
    except (hikari.HTTPError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DownloadFailedError from error
