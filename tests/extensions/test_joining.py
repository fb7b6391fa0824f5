"""/join and /leave: taking part in a channel without being mentioned."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox import Sandbox
from bot.sandbox.client.discord_user import UnknownCommandError
from tests.harness import BotHarness, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def reading_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    """A harness whose bot may read every message."""
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        async with (
            running(tmp_path_factory.mktemp("harness"), sandbox, **settings),
            populated(sandbox, chat) as harness,
        ):
            yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def harness(reading_harness: BotHarness) -> AsyncIterator[BotHarness]:
    """Starling has joined no channel at the start of a test."""
    reading_harness.chat.reset()
    for name in ("general", "voice-notes", "second sandbox/general"):
        await (await reading_harness.administrator.slash("leave", channel=name)).response()
    yield reading_harness
    assert list(reading_harness.sandbox.failures) == []


async def join(harness: BotHarness, channel: str | dict[str, Any] = "general", **options: str) -> str:
    """The response to the administrator's /join."""
    answer = await (await harness.administrator.slash("join", options, channel=channel)).response()
    return str(answer["content"])


async def test_where_it_joined_it_answers_without_being_mentioned(harness: BotHarness) -> None:
    assert (await join(harness)).startswith(
        f"Joined <#{harness.channel('general')}>. I answer every message there now."
    )
    asked = await harness.member.send("general", "What is the capital of France?")
    await harness.answer_to(asked, lambda text: "capital of France." in text)
    spoken = await harness.member.send("general", voice=voice("americans.ogg"))
    answer = await harness.answer_to(spoken, lambda text: "capital of France." in text)
    await harness.voice_reply_to(answer)
    silent = await harness.member.send("general", files=[("picture.png", b"not one", "image/png")])
    left = await (await harness.administrator.slash("leave", channel="general")).response()
    assert left["content"].startswith(f"Left <#{harness.channel('general')}>.")
    assert [m["id"] for m in await harness.after(silent) if m["author"]["id"] == harness.bot_id] == [left["id"]]
    await harness.member.send("general", "Are you still there?")
    asked = await harness.member.send("general", f"{harness.mention} and now?")
    await harness.answer_to(asked, lambda text: "capital of France." in text)
    assert "Are you still there?" not in str(harness.chat.requests)


async def test_it_says_when_it_is_already_there_and_when_it_is_not(harness: BotHarness) -> None:
    general = harness.channel("general")
    not_there = await (await harness.administrator.slash("leave", channel="general")).response()
    assert not_there["content"] == f"I am not in <#{general}>."
    await join(harness, speak="never")
    assert (await join(harness)).startswith(f"I am already in <#{general}>. I answer in text only.")


async def test_it_speaks_as_it_was_told_to(harness: BotHarness) -> None:
    await join(harness, speak="always")
    asked = await harness.member.send("general", "What is the capital of France?")
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    await harness.voice_reply_to(answer)
    await join(harness, speak="never")
    spoken = await harness.member.send("general", voice=voice("americans.ogg"))
    answer = await harness.complete_answer_to(spoken)
    assert buttons_of(answer) == ["aloud", "again", "good", "bad", "correct"]


async def test_another_channel_can_be_named_and_a_thread_joined(harness: BotHarness) -> None:
    notes = harness.channel("voice-notes")
    joined = await (await harness.administrator.slash("join", {"channel": notes}, channel="general")).response()
    assert f"Joined <#{notes}>." in joined["content"]
    asked = await harness.member.send("voice-notes", "hello")
    await harness.answer_to(asked, lambda text: "capital of France." in text)
    thread = await harness.administrator.thread("talk", channel="general")
    await join(harness, thread)
    asked = await harness.administrator.send(thread, "hello there")
    await harness.answer_to(asked, lambda text: "capital of France." in text, reader=harness.administrator)


async def test_what_it_lacks_is_named(harness: BotHarness) -> None:
    closed = harness.channel("no-bots")
    joined = await (await harness.administrator.slash("join", {"channel": closed}, channel="general")).response()
    assert "⚠️ There I lack: Send Messages." in joined["content"]
    assert "Message Content Intent" not in joined["content"]
    await harness.administrator.slash("leave", {"channel": closed}, channel="general")
    await harness.administrator.set_locale("ru")
    joined = await (await harness.administrator.slash("join", {"channel": closed}, channel="general")).response()
    await harness.administrator.set_locale("en-US")
    assert "Отправлять сообщения" in joined["content"]
    await harness.administrator.slash("leave", {"channel": closed}, channel="general")


async def test_without_the_intent_it_says_that_it_cannot_read(shared_harness: BotHarness) -> None:
    joined = await (await shared_harness.administrator.slash("join", channel="general")).response()
    assert "⚠️ Discord shows me only messages that mention me" in joined["content"]
    asked = await shared_harness.member.send("general", "hello?")
    await (await shared_harness.administrator.slash("leave", channel="general")).response()
    assert len([m for m in await shared_harness.after(asked) if m["author"]["id"] == shared_harness.bot_id]) == 1


async def test_a_member_may_not(harness: BotHarness) -> None:
    with pytest.raises(UnknownCommandError):
        await harness.member.slash("join", channel="general")


async def test_a_moderator_of_one_channel_cannot_send_it_to_another(harness: BotHarness) -> None:
    """Discord shows the command according to the permissions in the channel where it is called."""
    general, moderators = harness.channel("general"), harness.channel("moderators")
    chloe = harness.member.user["id"]
    allow = {"type": 1, "allow": str(1 << 4), "deny": "0"}
    await harness.administrator.request("PUT", f"/channels/{general}/permissions/{chloe}", allow)
    see = {"type": 1, "allow": str(1 << 10), "deny": "0"}
    await harness.administrator.request("PUT", f"/channels/{moderators}/permissions/{chloe}", see)
    try:
        refused = await (await harness.member.slash("join", {"channel": moderators}, channel="general")).response()
        assert f"the permission Manage Channels in <#{moderators}> can do that." in refused["content"]
        joined = await (await harness.member.slash("join", channel="general")).response()
        assert joined["content"].startswith(f"Joined <#{general}>.")
    finally:
        for channel in (general, moderators):
            await harness.administrator.request("DELETE", f"/channels/{channel}/permissions/{chloe}")


async def test_another_guild_is_not_concerned(harness: BotHarness) -> None:
    await join(harness)
    asked = await harness.russian.send("second sandbox/general", "hello?")
    mentioned = await harness.russian.send("second sandbox/general", f"{harness.mention} hello")
    await harness.answer_to(mentioned, lambda text: "capital of France." in text, reader=harness.russian)
    replies = [m for m in await harness.after(asked, reader=harness.russian) if m["author"]["id"] == harness.bot_id]
    assert all(m["message_reference"]["message_id"] != asked["id"] for m in replies)


async def test_a_restart_does_not_make_it_leave(tmp_path: Path, whisper_base: Path, piper_joe: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        async with running(tmp_path, sandbox, **settings), populated(sandbox, chat) as harness:
            assert "⚠️" not in await join(harness)
        async with running(tmp_path, sandbox, **settings), populated(sandbox, chat) as harness:
            asked = await harness.member.send("general", "Still here?")
            await harness.answer_to(asked, lambda text: "capital of France." in text)
