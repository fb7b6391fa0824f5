"""Downloads: signed links, ranges for players that seek, and a size that may differ from what the message declared."""

from __future__ import annotations

from aiohttp import web

from bot.sandbox.model.attachments import AttachmentStore, StoredAttachment
from bot.sandbox.model.errors import DiscordError


class Cdn:
    def __init__(self, attachments: AttachmentStore) -> None:
        self._attachments = attachments

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve /attachments/{channel}/{attachment}/{filename}, whole or in part; also HEAD."""
        number = request.match_info["attachment_id"]
        query = request.query
        try:
            stored = self._attachments.check(
                int(number) if number.isdigit() else 0, query.get("ex", "0"), query.get("is", ""), query.get("hm", "")
            )
        except DiscordError as error:
            return web.Response(status=error.status, text=error.message)
        return _serve(request, stored)


def _serve(request: web.Request, stored: StoredAttachment) -> web.Response:
    headers = {
        "Content-Type": stored.content_type,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=3600",
        # Discord keeps uploads on a separate domain; here, a hostile upload must not run as part of the page.
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    size = len(stored.data)
    try:
        asked = request.http_range
    except ValueError:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    if asked.start is None and asked.stop is None:
        return web.Response(body=stored.data, headers=headers)
    start, stop, _ = asked.indices(size)
    if start >= stop:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return web.Response(status=206, body=stored.data[start:stop], headers=headers)
