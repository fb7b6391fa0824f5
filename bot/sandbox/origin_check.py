"""Keeps pages of other sites out: any page that is open in a browser on this machine could send requests here."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def own_pages_only(host: str) -> Middleware:
    """A middleware that answers requests of other sites' pages with 403.

    A site whose name was made to point at this machine (DNS rebinding) is recognised by the Host header, which must be
    an IP address, localhost, or ``host``, the name that the sandbox listens on. A page that sends requests or opens a
    socket across sites is recognised by its Origin header, which must agree with the Host header.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_ours(request.host, host):
            raise web.HTTPForbidden(text=f"This sandbox is not {request.host!r}. Use its address, or localhost.")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text=f"Pages of {origin!r} have no business in this sandbox.")
        return await handler(request)

    return check


def _is_ours(authority: str, host: str) -> bool:
    try:
        name = urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return False
    if name in ("localhost", host.lower()):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
