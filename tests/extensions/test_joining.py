"""/join and /leave: taking part in a channel without being mentioned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox import Sandbox
from bot.sandbox.client.discord_user import UnknownCommandError
from tests.harness import Town, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def reading_town(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[Town]:
    """A town whose bot may read every message."""
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        async with running(tmp_path_factory.mktemp("town"), sandbox, **settings), populated(sandbox, chat) as town:
            yield town


@pytest_asyncio.fixture(loop_scope="session")
async def town(reading_town: Town) -> AsyncIterator[Town]:
    """Starling has joined no channel when a test begins."""
    reading_town.chat.reset()
    for name in ("general", "voice-notes", "second sandbox/general"):
        await (await reading_town.administrator.slash("leave", channel=name)).response()
    yield reading_town
    assert list(reading_town.sandbox.failures) == []


async def join(town: Town, channel: str | dict[str, Any] = "general", **options: str) -> str:
    """What Starling says to the administrator's /join."""
    answer = await (await town.administrator.slash("join", options, channel=channel)).response()
    return str(answer["content"])


async def test_where_it_joined_it_answers_without_being_mentioned(town: Town) -> None:
    assert (await join(town)).startswith(f"Joined <#{town.channel('general')}>. I answer every message there now.")
    asked = await town.member.send("general", "What is the capital of France?")
    await town.answer_to(asked, lambda text: "capital of France." in text)
    spoken = await town.member.send("general", voice=voice("jfk.ogg"))
    answer = await town.answer_to(spoken, lambda text: "capital of France." in text)
    await town.voice_reply_to(answer)
    silent = await town.member.send("general", files=[("picture.png", b"not one", "image/png")])
    left = await (await town.administrator.slash("leave", channel="general")).response()
    assert left["content"].startswith(f"Left <#{town.channel('general')}>.")
    assert [m["id"] for m in await town.after(silent) if m["author"]["id"] == town.bot_id] == [left["id"]]
    await town.member.send("general", "Are you still there?")
    asked = await town.member.send("general", f"{town.mention} and now?")
    await town.answer_to(asked, lambda text: "capital of France." in text)
    assert "Are you still there?" not in str(town.chat.requests)


async def test_it_says_when_it_is_already_there_and_when_it_is_not(town: Town) -> None:
    general = town.channel("general")
    not_there = await (await town.administrator.slash("leave", channel="general")).response()
    assert not_there["content"] == f"I am not in <#{general}>."
    await join(town, speak="never")
    assert (await join(town)).startswith(f"I am already in <#{general}>. I answer in text only.")


async def test_it_speaks_as_it_was_told_to(town: Town) -> None:
    await join(town, speak="always")
    asked = await town.member.send("general", "What is the capital of France?")
    answer = await town.answer_to(asked, lambda text: "capital of France." in text)
    await town.voice_reply_to(answer)
    await join(town, speak="never")
    spoken = await town.member.send("general", voice=voice("jfk.ogg"))
    answer = await town.complete_answer_to(spoken)
    assert buttons_of(answer) == ["aloud", "again", "good", "bad"]


async def test_another_channel_can_be_named_and_a_thread_joined(town: Town) -> None:
    notes = town.channel("voice-notes")
    joined = await (await town.administrator.slash("join", {"channel": notes}, channel="general")).response()
    assert f"Joined <#{notes}>." in joined["content"]
    asked = await town.member.send("voice-notes", "hello")
    await town.answer_to(asked, lambda text: "capital of France." in text)
    thread = await town.administrator.thread("talk", channel="general")
    await join(town, thread)
    asked = await town.administrator.send(thread, "hello there")
    await town.answer_to(asked, lambda text: "capital of France." in text, reader=town.administrator)


async def test_what_it_lacks_is_named(town: Town) -> None:
    closed = town.channel("no-bots")
    joined = await (await town.administrator.slash("join", {"channel": closed}, channel="general")).response()
    assert "⚠️ There I lack: Send Messages." in joined["content"]
    assert "Message Content Intent" not in joined["content"]
    await town.administrator.slash("leave", {"channel": closed}, channel="general")
    await town.administrator.set_locale("ru")
    joined = await (await town.administrator.slash("join", {"channel": closed}, channel="general")).response()
    await town.administrator.set_locale("en-US")
    assert "Отправлять сообщения" in joined["content"]
    await town.administrator.slash("leave", {"channel": closed}, channel="general")


async def test_without_the_intent_it_says_that_it_cannot_read(shared_town: Town) -> None:
    joined = await (await shared_town.administrator.slash("join", channel="general")).response()
    assert "⚠️ I can read only messages that mention me" in joined["content"]
    asked = await shared_town.member.send("general", "hello?")
    await (await shared_town.administrator.slash("leave", channel="general")).response()
    assert len([m for m in await shared_town.after(asked) if m["author"]["id"] == shared_town.bot_id]) == 1


async def test_a_member_may_not(town: Town) -> None:
    with pytest.raises(UnknownCommandError):
        await town.member.slash("join", channel="general")


async def test_a_moderator_of_one_channel_cannot_send_it_to_another(town: Town) -> None:
    """Discord shows the command by the permissions in the channel where it is called."""
    general, moderators = town.channel("general"), town.channel("moderators")
    chloe = town.member.user["id"]
    allow = {"type": 1, "allow": str(1 << 4), "deny": "0"}
    await town.administrator.request("PUT", f"/channels/{general}/permissions/{chloe}", allow)
    see = {"type": 1, "allow": str(1 << 10), "deny": "0"}
    await town.administrator.request("PUT", f"/channels/{moderators}/permissions/{chloe}", see)
    try:
        refused = await (await town.member.slash("join", {"channel": moderators}, channel="general")).response()
        assert f"Only those who may manage <#{moderators}> can do that." in refused["content"]
        joined = await (await town.member.slash("join", channel="general")).response()
        assert joined["content"].startswith(f"Joined <#{general}>.")
    finally:
        for channel in (general, moderators):
            await town.administrator.request("DELETE", f"/channels/{channel}/permissions/{chloe}")


async def test_another_guild_is_not_concerned(town: Town) -> None:
    await join(town)
    asked = await town.russian.send("second sandbox/general", "hello?")
    mentioned = await town.russian.send("second sandbox/general", f"{town.mention} hello")
    await town.answer_to(mentioned, lambda text: "capital of France." in text, reader=town.russian)
    replies = [m for m in await town.after(asked, reader=town.russian) if m["author"]["id"] == town.bot_id]
    assert all(m["message_reference"]["message_id"] != asked["id"] for m in replies)


async def test_a_restart_does_not_make_it_leave(tmp_path: Path, whisper_base: Path, piper_joe: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        async with running(tmp_path, sandbox, **settings), populated(sandbox, chat) as town:
            assert "⚠️" not in await join(town)
        async with running(tmp_path, sandbox, **settings), populated(sandbox, chat) as town:
            asked = await town.member.send("general", "Still here?")
            await town.answer_to(asked, lambda text: "capital of France." in text)
