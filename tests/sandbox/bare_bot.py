"""A bot without a library, since a library would let no invalid request through."""

from __future__ import annotations

from typing import Any

import aiohttp

from bot.sandbox import Sandbox


class BareBot:
    """Makes REST requests with the bot's token."""

    def __init__(self, http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self._http = http
        self._sandbox = sandbox

    async def __call__(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The status and the JSON of the answer, None if it has no body."""
        headers = {"Authorization": f"Bot {self._sandbox.bot_token}"}
        url = f"{self._sandbox.rest_url}{path}"
        async with self._http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json() if response.status != 204 else None
