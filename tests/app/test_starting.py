"""A start that is kept waiting by Discord."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.app import connection
from bot.app.connection import DiscordUnreachableError
from bot.app.starling import Starling
from bot.sandbox.server import Sandbox
from bot.settings import read_settings
from tests.app.process import WITHOUT_MODELS, command
from tests.databases import place_tables
from tests.scripted_chat import ScriptedChat
from tests.web_server import served


@contextlib.asynccontextmanager
async def without_gateway(sandbox: Sandbox) -> AsyncIterator[str]:
    """The address of a REST API like the sandbox's, except that nothing answers at the gateway that it names."""

    async def forward(request: web.Request) -> web.Response:
        if request.path.endswith("/gateway/bot"):
            limit = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}
            return web.json_response({"url": silent, "shards": 1, "session_start_limit": limit})
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        body = await request.read()
        async with http.request(request.method, f"{sandbox.url}{request.path_qs}", data=body, headers=headers) as told:
            return web.Response(status=told.status, body=await told.read(), content_type=told.content_type)

    async def say_nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(600)

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    silent = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", forward)
    async with aiohttp.ClientSession() as http, served(application) as address:
        yield f"{address}/api/v10"
    server.close()


def settings_of(chat: ScriptedChat, folder: Path) -> dict[str, str]:
    return WITHOUT_MODELS | {"OPENAI_BASE_URL": chat.base_url, "CHAT_MODEL": "scripted", "DATA_FOLDER": str(folder)}


async def prevented(chat: ScriptedChat, folder: Path, token: str, api_url: str) -> str:
    """The reason why a start gives up if nobody stops it."""
    await place_tables(folder / "starling.db")
    settings = read_settings(**{name.lower(): value for name, value in settings_of(chat, folder).items()})
    with pytest.raises(DiscordUnreachableError) as given_up:
        async with asyncio.timeout(60):
            await Starling(settings, token, api_url).run(asyncio.Event(), lambda _me: None)
    return str(given_up.value)


async def test_a_start_that_hangs_can_be_ended(tmp_path: Path) -> None:
    await place_tables(tmp_path / "starling.db")
    async with ScriptedChat() as chat, Sandbox() as sandbox, without_gateway(sandbox) as url:
        given = settings_of(chat, tmp_path) | {"DISCORD_TOKEN": sandbox.bot_token, "DISCORD_API_URL": url}
        async with command("run", **given) as stopped:
            async with asyncio.timeout(150):
                while ("GET", "/commands") not in [(each.method, each.path[-9:]) for each in sandbox.requests.all()]:
                    await asyncio.sleep(0.2)
            await asyncio.sleep(1)
            stopped.send_signal(signal.SIGINT)
            async with asyncio.timeout(15):
                _out, err = await stopped.communicate()
            assert (stopped.returncode, b"Traceback" in err) == (0, False)


async def test_a_start_that_discord_keeps_waiting_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "GATEWAY_TIMEOUT_S", 1.0)
    monkeypatch.setattr("hikari.impl.rest._MAX_BACKOFF_DURATION", 0.1)
    async with ScriptedChat() as chat, Sandbox() as sandbox, without_gateway(sandbox) as url:
        told = await prevented(chat, tmp_path / "silent", sandbox.bot_token, url)
        assert "Discord cannot be reached: its gateway was silent" in told
        told = await prevented(chat, tmp_path / "nobody", sandbox.bot_token, "http://127.0.0.1:9/api/v10")
        assert "Discord cannot be reached" in told and "gateway" not in told
