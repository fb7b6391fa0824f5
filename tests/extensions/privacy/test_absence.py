"""Whatever people take back while the bot is not told of it, or cannot store anything, is deleted all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from bot.answering import deletions
from bot.app.single_instance import DatabaseInUseError
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from bot.storage.database import Database
from tests.databases import PostgresqlServer
from tests.extensions.privacy.test_secret_phrases import Store, asked, phrase
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

KEPT = ("kept",)
TAKEN_BACK = ("question", "answer", "alone", "thread", "channel", "guild")


async def remembered(harness: BotHarness, person: DiscordUser, road: str, channel: str) -> tuple[Message, Message]:
    """A question with that road's phrase, and its answer, which repeats the phrase."""
    question = await person.send(channel, f"{harness.mention} {phrase(road)}")
    return question, await harness.complete_answer_to(question, reader=person)


async def leave(harness: BotHarness, guild: str) -> None:
    """Leave a server, as if somebody had removed the bot."""
    headers = {"Authorization": f"Bot {harness.sandbox.bot_token}"}
    address = f"{harness.sandbox.rest_url}/users/@me/guilds/{guild}"
    async with aiohttp.ClientSession(raise_for_status=True) as http, http.delete(address, headers=headers):
        """The response has no body."""


async def until_held(url: str) -> None:
    """Return once somebody holds the database's lock again."""
    database = await Database.open_as_it_is(url)
    try:
        async with asyncio.timeout(10), database.engine.connect() as connection:
            while not await connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")):
                await asyncio.sleep(0.1)
    finally:
        await database.close()


async def test_what_was_deleted_or_left_while_it_was_away_is_forgotten(tmp_path: Path, whisper_base: Path) -> None:
    store = Store(tmp_path, f"sqlite:///{tmp_path / 'starling.db'}")
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.answer = None
        chat.says = lambda _model, question: phrase("answer") if "Say it" in question else None
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "database_url": store.url}
        chloe, ada, direct = harness.member, harness.administrator, await harness.dm(harness.member)
        elsewhere = ada.channel_id("second sandbox/general")
        guild = next(c["guild_id"] for c in harness.directory["channels"] if c["id"] == elsewhere)
        main = harness.directory["guild_id"]
        made = await ada.request("POST", f"/guilds/{main}/channels", {"name": "passing", "type": 0})
        async with running(tmp_path, sandbox, **settings):
            question, its_answer = await remembered(harness, chloe, "question", "general")
            _question, answer = await asked(harness, chloe, "Say it")
            alone, _answer = await remembered(harness, chloe, "alone", direct)
            await remembered(harness, ada, "channel", made["id"])
            await remembered(harness, ada, "guild", elsewhere)
            await remembered(harness, chloe, "kept", "general")
            thread = await chloe.thread("passing", channel="general")
            await remembered(harness, chloe, "thread", thread["id"])
            assert set(await store.telling(*TAKEN_BACK, *KEPT)) == {*TAKEN_BACK, *KEPT}
            # Discord announces the deletion of a thread, but not of its messages.
            await ada.request("DELETE", f"/channels/{thread['id']}")
            await store.until_silent("thread")
        await chloe.delete(question)
        await ada.delete(answer)
        await chloe.delete(alone)
        await ada.request("DELETE", f"/channels/{made['id']}")
        await leave(harness, guild)
        async with running(tmp_path, sandbox, **settings):
            await store.until_silent(*TAKEN_BACK)
            left = {message["id"] for message in await chloe.messages("general")}
            assert its_answer["id"] not in left, "the answer to a deleted question goes with it"
        assert set(await store.telling(*KEPT)) == set(KEPT)
        assert list(sandbox.failures) == []


async def test_when_its_database_is_back_what_was_deleted_meanwhile_is_forgotten_and_a_second_one_is_refused_again(
    tmp_path: Path, mortal_postgresql: PostgresqlServer, whisper_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletions, "RETRY_S", 0.2)
    store = Store(tmp_path, mortal_postgresql.url)
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "database_url": store.url}
        async with running(tmp_path, sandbox, **settings):
            question, _answer = await asked(harness, harness.member, f"Where? {phrase('question')}")
            assert await store.telling("question")
            mortal_postgresql.crash()
            await harness.member.delete(question)
            listed = tmp_path / "to-forget.json"
            async with asyncio.timeout(30):
                while not listed.exists():
                    await asyncio.sleep(0.05)
            mortal_postgresql.start()
            await store.until_silent("question")
            async with asyncio.timeout(10):
                while listed.exists():
                    await asyncio.sleep(0.05)
            # The restarted server no longer knows who held the database's lock.
            await until_held(store.url)
            async with Sandbox() as other:
                with pytest.raises(DatabaseInUseError):
                    async with running(tmp_path / "other", other, **settings):
                        raise AssertionError("two run on one database")
