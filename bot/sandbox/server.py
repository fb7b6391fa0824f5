"""A whole Discord on one port of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from aiohttp import web

from bot.sandbox.control import Control
from bot.sandbox.local_discord import LocalDiscord
from bot.sandbox.origin_check import own_pages_only
from bot.sandbox.rest.server import PREFIX

PAGE = Path(__file__).parent / "page"
_MAX_JSON_BYTES = 64 << 20

# The page loads nothing from other sites except the pictures and sounds that messages show.
_PAGE_POLICY = (
    "default-src 'self'; connect-src 'self' ws:; img-src 'self' data: blob: https: http:; "
    "media-src 'self' blob: https: http:; frame-ancestors 'none'"
)


class Sandbox(LocalDiscord):
    """A local Discord: REST and gateway v10, a CDN, and a page for people.

    ``async with Sandbox() as sandbox`` starts it; a bot connects with ``GatewayBot(sandbox.bot_token,
    rest_url=sandbox.rest_url)``, a person with ``DiscordUser(sandbox.url, token)``. Everything is in memory and lost
    when it stops; the ids of the people and channels that it starts with are always the same (see ``seed``).
    """

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start listening. With port 0 the system chooses a port, which is then in ``url``.

        Raises:
            OSError: the port is taken.
        """
        app = web.Application(client_max_size=_MAX_JSON_BYTES, middlewares=[own_pages_only(self._host)])
        router = app.router
        router.add_get("/gateway", self.services.gateway.handle)
        router.add_get("/gateway/", self.services.gateway.handle)
        for folder in ("attachments", "ephemeral-attachments"):
            router.add_get(f"/{folder}/{{channel_id}}/{{attachment_id}}/{{filename}}", self._rest.download)
        Control(self).add_routes(router)
        router.add_get("/", self._index)
        router.add_static("/page", PAGE)
        router.add_route("*", f"{PREFIX}/{{path:.*}}", self._rest.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, self._host, self._port).start()
        self._runner = runner
        self._port = runner.addresses[0][1]
        self.services.attachments.base_url = self.url
        self.services.gateway.url = f"ws://{self._address}/gateway"

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        self.services.interactions.stop()
        self.services.wire.close()
        await self.services.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _index(self, _: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "no-cache"}
        return web.FileResponse(PAGE / "index.html", headers=headers)
