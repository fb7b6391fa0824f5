"""The real bot in a sandbox, and the people who live there."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import hikari

from audio import Transcriber, Transcript, decode
from bot.app.starling import Starling
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from bot.settings import read_settings
from bot.usage.store import Clock
from tests.conftest import ROOT
from tests.databases import place_tables
from tests.scripted_chat import ScriptedChat

RECORDINGS = ROOT / "tests" / "recordings"
ANSWER_TIMEOUT_S = 100.0

Message = dict[str, Any]


@dataclass
class BotHarness:
    """A sandbox with the bot in it, three people, and a chat model that says what it is told to."""

    sandbox: Sandbox
    chat: ScriptedChat
    administrator: DiscordUser
    member: DiscordUser
    russian: DiscordUser
    """Their Discord is in Russian."""
    directory: dict[str, Any]
    """The response of ``GET /sandbox``."""
    http: aiohttp.ClientSession
    """For requests that do not come from a person."""

    @property
    def bot_id(self) -> str:
        return str(self.directory["application_id"])

    @property
    def mention(self) -> str:
        return f"<@{self.bot_id}>"

    def channel(self, name: str) -> str:
        """The id of the main guild's channel ``name``."""
        guild = self.directory["guild_id"]
        return str(
            next(c["id"] for c in self.directory["channels"] if c["name"] == name and c.get("guild_id") == guild)
        )

    async def dm(self, person: DiscordUser) -> str:
        """The id of the direct channel of ``person`` and the bot."""
        return str((await person.dm())["id"])

    async def as_bot(self, method: str, path: str, body: Message) -> Message:
        """Make a REST request with the bot's token, as an earlier version of the bot might have."""
        headers = {"Authorization": f"Bot {self.sandbox.bot_token}"}
        async with self.http.request(
            method, f"{self.sandbox.rest_url}{path}", json=body, headers=headers, raise_for_status=True
        ) as response:
            answer: Message = await response.json()
            return answer

    @contextlib.asynccontextmanager
    async def offered_to_all(self, *commands: str) -> AsyncIterator[None]:
        """Offer managers' ``commands`` to everyone during the block, as a server can configure in its settings."""
        offered = {command["name"]: command for command in await self.administrator.commands(self.channel("general"))}
        paths = [f"/applications/{self.bot_id}/commands/{offered[name]['id']}" for name in commands]
        for path in paths:
            await self.as_bot("PATCH", path, {"default_member_permissions": None})
        try:
            yield
        finally:
            for path in paths:
                managers = str(int(hikari.Permissions.MANAGE_GUILD))
                await self.as_bot("PATCH", path, {"default_member_permissions": managers})

    async def answer_to(
        self, asked: Message, done: Callable[[str], bool], *, reader: DiscordUser | None = None
    ) -> Message:
        """The bot's reply to ``asked``, once ``done`` says that its text is complete."""
        return await (reader or self.member).wait_for_message(
            lambda message: _answers(message, asked) and done(message["content"]), ANSWER_TIMEOUT_S
        )

    async def complete_answer_to(
        self, asked: Message, *, reader: DiscordUser | None = None, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> Message:
        """The last message of the bot's answer to ``asked``, once it has its button for another answer."""
        first = await self.answer_to(asked, bool, reader=reader)
        return await (reader or self.member).wait_for_message(
            lambda message: (
                "again" in buttons_of(message) and (message["id"] == first["id"] or _answers(message, first))
            ),
            timeout_s,
        )

    async def voice_reply_to(self, answer: Message, *, reader: DiscordUser | None = None) -> Message:
        """The bot's message with a file, posted as a reply to ``answer``."""
        return await (reader or self.member).wait_for_message(
            lambda message: _answers(message, answer) and bool(message["attachments"]), ANSWER_TIMEOUT_S
        )

    async def told(
        self, asked: Message, done: Callable[[Message], bool], *, reader: DiscordUser | None = None
    ) -> Message:
        """The bot's message in the channel of ``asked``, newer than it, for which ``done`` is true."""
        return await (reader or self.member).wait_for_message(
            done, ANSWER_TIMEOUT_S, channel=asked["channel_id"], after=asked
        )

    async def after(self, asked: Message, *, reader: DiscordUser | None = None) -> list[Message]:
        """Everything in the channel that is newer than ``asked``, oldest first."""
        messages = await (reader or self.member).messages(asked["channel_id"])
        return [message for message in messages if int(message["id"]) > int(asked["id"])]


def buttons_of(message: Message) -> list[str]:
    """The purposes of the buttons below ``message``: the part of their custom ids before the colon."""
    return [
        str(part["custom_id"]).partition(":")[0]
        for row in message.get("components", ())
        for part in row.get("components", ())
        if "custom_id" in part
    ]


def _answers(message: Message, asked: Message) -> bool:
    return bool((message.get("message_reference") or {}).get("message_id") == asked["id"])


@functools.cache
def voice(name: str) -> tuple[bytes, float, str]:
    """A recording as Discord's client sends it: the Ogg Opus file, its duration in seconds, its waveform."""
    data = (RECORDINGS / name).read_bytes()
    return data, round(decode(data).duration_s, 3), base64.b64encode(bytes(range(0, 200, 4))).decode()


@contextlib.asynccontextmanager
async def running(
    data_folder: Path,
    sandbox: Sandbox,
    clock: Clock = lambda: datetime.now(UTC),
    api_url: str | None = None,
    /,
    **settings: object,
) -> AsyncIterator[None]:
    """Run the bot, connected to ``sandbox``, for the duration of the block; with offline voices unless the settings say
    otherwise. ``api_url``: another address for the sandbox's REST API."""
    chosen = {"tts_engine": "offline", "data_folder": data_folder, "stop_timeout_s": 5.0} | settings
    if "database_url" not in chosen and not (file := data_folder / "starling.db").exists():
        await place_tables(file)
    stop, ready = asyncio.Event(), asyncio.Event()
    starling = Starling(read_settings(**chosen), sandbox.bot_token, api_url or sandbox.rest_url, clock=clock)
    task = asyncio.create_task(starling.run(stop, lambda _me: ready.set()))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        task.result()
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await task


@contextlib.asynccontextmanager
async def populated(sandbox: Sandbox, chat: ScriptedChat) -> AsyncIterator[BotHarness]:
    """The three people of ``sandbox``, connected. Interactions wait as long as a busy machine may need, since the tests
    of acknowledgement times measure those themselves. No heartbeat counts as missed: while tests with their own event
    loops run, the loop that several tests share stands still for minutes."""
    sandbox.options.ack_timeout_s = ANSWER_TIMEOUT_S
    sandbox.options.intervals_of_silence = 100.0
    async with contextlib.AsyncExitStack() as stack:
        directory = sandbox.description
        people = {
            user["name"]: await stack.enter_async_context(DiscordUser(sandbox.url, user["token"]))
            for user in directory["users"]
        }
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield BotHarness(sandbox, chat, people["ada"], people["chloe"], people["boris"], directory, http)


async def hear(whisper: Path, data: bytes) -> Transcript:
    """What is said in ``data``, transcribed by a separate transcriber."""
    transcriber = Transcriber(whisper)
    try:
        # Decoded in this process, since a child process is not worth starting for one recording.
        return await transcriber.transcribe(decode(data))
    finally:
        await transcriber.close()
