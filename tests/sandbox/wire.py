"""A gateway connection without a library."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bot.sandbox import Sandbox
from bot.sandbox.model.seed import BOT_TOKEN
from tests.sandbox.example_bot import INTENTS

ALL_INTENTS = int(INTENTS)


class Wire:
    """A gateway connection without hikari, to send what no library would send."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, stream: bool) -> None:
        self.socket = socket
        self._inflator = zlib.decompressobj() if stream else None

    async def say(self, op: int, data: object) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def hear(self) -> dict[str, Any]:
        frame = await self.socket.receive(timeout=30)
        assert frame.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), frame
        if isinstance(frame.data, str):
            raw = frame.data.encode()
        else:
            raw = self._inflator.decompress(frame.data) if self._inflator else zlib.decompress(frame.data)
        heard: dict[str, Any] = json.loads(raw)
        return heard

    async def hear_event(self, name: str) -> dict[str, Any]:
        while True:
            heard = await self.hear()
            if heard["t"] == name:
                return heard

    async def closed_with(self) -> int | None:
        async for _ in self.socket:
            pass
        return self.socket.close_code

    async def identify(self, **changes: object) -> dict[str, Any]:
        await self.say_who(**changes)
        ready: dict[str, Any] = (await self.hear_event("READY"))["d"]
        return ready

    async def say_who(self, **changes: object) -> None:
        """Send IDENTIFY as the bot, without waiting for a response."""
        properties = {"os": "test", "browser": "test", "device": "test"}
        await self.say(2, {"token": BOT_TOKEN, "intents": ALL_INTENTS, "properties": properties} | changes)


@asynccontextmanager
async def wired(sandbox: Sandbox, query: str = "v=10&encoding=json") -> AsyncIterator[Wire]:
    url = f"{sandbox.services.gateway.url}?{query}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        wire = Wire(socket, stream="compress=zlib-stream" in query)
        hello = await wire.hear()
        assert hello["op"] == 10
        assert hello["d"]["heartbeat_interval"] == int(sandbox.options.heartbeat_interval_s * 1000)
        yield wire
