"""A start that Discord keeps waiting."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.sandbox.server import Sandbox
from tests.app.process import WITHOUT_MODELS, command
from tests.scripted_chat import ScriptedChat
from tests.web_server import served


@contextlib.asynccontextmanager
async def without_gateway(sandbox: Sandbox) -> AsyncIterator[str]:
    """The address of a REST API that is the sandbox's, but for the gateway that it names: nobody answers there."""

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


async def test_a_start_that_hangs_is_told_of_and_can_be_ended(tmp_path: Path) -> None:
    async with (
        ScriptedChat() as chat, Sandbox() as sandbox,
        without_gateway(sandbox) as one_url, without_gateway(sandbox) as other_url,
    ):  # fmt: skip
        given = WITHOUT_MODELS | {
            "DISCORD_TOKEN": sandbox.bot_token, "OPENAI_BASE_URL": chat.base_url, "CHAT_MODEL": "scripted",
        }  # fmt: skip
        async with (
            command("run", **given, DISCORD_API_URL=one_url, DATA_FOLDER=str(tmp_path / "patient")) as patient,
            command("run", **given, DISCORD_API_URL=other_url, DATA_FOLDER=str(tmp_path / "stopped")) as stopped,
        ):
            async with asyncio.timeout(150):
                while [(each.method, each.path[-9:]) for each in sandbox.requests.all()].count(
                    ("GET", "/commands")
                ) < 2:
                    await asyncio.sleep(0.2)
            await asyncio.sleep(1)
            stopped.send_signal(signal.SIGINT)
            async with asyncio.timeout(15):
                _out, err = await stopped.communicate()
            assert (stopped.returncode, b"Traceback" in err) == (0, False)
            async with asyncio.timeout(60):
                _out, err = await patient.communicate()
            assert patient.returncode == 1
            assert "Discord cannot be reached: its gateway was silent" in " ".join(err.decode().split())
            assert "Traceback" not in err.decode()
