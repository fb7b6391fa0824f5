"""The hosts from which a worker may download recordings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.ui.bounded_download import DOWNLOAD_TIMEOUT_S, DownloadFailedError, LinkExpiredError, joined_within

DISCORD_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
MAX_REDIRECTS = 3
_CHUNK_BYTES = 1 << 16
_NO_LONGER_GIVEN = frozenset({401, 403, 404, 410})


class ForeignLinkError(StarlingError):
    """Raised when the link to a recording, or a redirect from it, leads to another host than Discord's."""

    sentence = _("I only hear recordings that lie at Discord, and this one lies elsewhere.")


@dataclass(frozen=True, slots=True)
class FileHosts:
    """Discord's file servers, over HTTPS, and the host of ``api_url``, if a Discord API elsewhere is used; that need
    not be encrypted."""

    api_url: str | None = None

    def allow(self, url: str) -> bool:
        """Whether ``url`` may be requested."""
        try:
            asked = urlsplit(url)
            port = asked.port
        except ValueError:
            return False
        if asked.scheme == "https" and asked.hostname in DISCORD_HOSTS and port in (None, 443):
            return True
        own = urlsplit(self.api_url or "")
        return bool(own.netloc) and (asked.scheme, asked.netloc) == (own.scheme, own.netloc)

    async def download(self, url: str, limit_bytes: int) -> bytes:
        """Download the file at ``url``; never more than ``limit_bytes`` and one chunk are held in memory.

        Raises:
            ForeignLinkError: the URL, or one it redirects to, may not be requested.
            FileTooLargeError: the file is larger.
            LinkExpiredError: the link is no longer valid.
            DownloadFailedError: there is no connection, the server fails, it redirects more than ``MAX_REDIRECTS``
                times, or the download takes longer than ``DOWNLOAD_TIMEOUT_S``.
        """
        try:
            async with asyncio.timeout(DOWNLOAD_TIMEOUT_S), aiohttp.ClientSession() as http:
                for _hop in range(MAX_REDIRECTS + 1):
                    if not self.allow(url):
                        raise ForeignLinkError
                    async with http.get(url, allow_redirects=False) as response:
                        if response.status in (301, 302, 303, 307, 308):
                            url = urljoin(url, response.headers.get("Location", ""))
                            continue
                        return await _body(response, limit_bytes)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise DownloadFailedError from error
        raise DownloadFailedError


async def _body(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    if response.status in _NO_LONGER_GIVEN:
        raise LinkExpiredError
    response.raise_for_status()
    return await joined_within(limit_bytes, response.content.iter_chunked(_CHUNK_BYTES))
