"""Requests to Discord reuse connections: each new one costs three round trips before it can carry a request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.sandbox.server import Sandbox
from tests.harness import populated, running
from tests.scripted_chat import ScriptedChat


class Relay:
    """Forwards connections to another server, and counts them."""

    def __init__(self, target: str) -> None:
        """``target``: the URL of the other server."""
        self._target = urlsplit(target)
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        onward, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        try:
            await asyncio.gather(_pass_on(reader, back), _pass_on(onward, writer))
        finally:
            back.close()
            writer.close()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(1 << 16):
            sink.write(data)
            await sink.drain()
        sink.write_eof()


@contextlib.asynccontextmanager
async def relayed(sandbox: Sandbox) -> AsyncIterator[tuple[Relay, str]]:
    """A relay to ``sandbox``, and the address of the sandbox's REST API through it."""
    relay = Relay(sandbox.rest_url)
    async with await asyncio.start_server(relay.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield relay, f"http://127.0.0.1:{port}{urlsplit(sandbox.rest_url).path}"


async def test_one_question_after_the_other_goes_over_the_same_connections(tmp_path: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, relayed(sandbox) as (relay, address):
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with (
            running(tmp_path, sandbox, lambda: datetime.now(UTC), address, **settings),
            populated(sandbox, chat) as harness,
        ):
            for number in range(5):
                asked = await harness.member.send("general", f"{harness.mention} question {number}")
                await harness.complete_answer_to(asked)
                if number == 0:
                    first = relay.connections
            # Each answer takes at least four requests: one to show it and one for each edit.
            assert relay.connections - first <= 2
