"""What Starling knows of a conversation: chains of replies, threads, joined channels, direct messages; and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox import Sandbox
from tests.end_to_end.town import Message, Town, populated, running
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
    reading_town.chat.reset()
    yield reading_town
    assert list(reading_town.sandbox.failures) == []


async def ask(town: Town, person: str, channel: str | Message, text: str, reply_to: Message | None = None) -> Message:
    """Ask, and wait for the answer."""
    who = getattr(town, person)
    asked = await who.send(channel, text, reply_to=reply_to)
    return await town.answer_to(asked, lambda said: said.endswith("France."), reader=who)


def shown(town: Town) -> list[str]:
    """What the model was shown last, without the instruction."""
    return [turn["content"] for turn in town.chat.requests[-1]["messages"][1:]]


async def test_a_direct_conversation_needs_no_replies(town: Town) -> None:
    channel = {"id": await town.dm(town.member)}
    await ask(town, "member", channel, "My cat is called Plum.")
    await ask(town, "member", channel, "What is my cat called?")
    assert shown(town) == ["My cat is called Plum.", "Paris is the capital of France.", "What is my cat called?"]


async def test_nobody_sees_what_another_one_said_to_it_alone(town: Town) -> None:
    await ask(town, "member", {"id": await town.dm(town.member)}, "My secret is 42.")
    await ask(town, "russian", {"id": await town.dm(town.russian)}, "What do you know?")
    assert "42" not in str(town.chat.requests[-1])
    await ask(town, "member", "general", f"{town.mention} what do you know of me?")
    assert shown(town) == ["what do you know of me?"]


async def test_in_a_thread_everyone_is_heard_by_name(town: Town) -> None:
    thread = await town.administrator.thread("drinks", channel="general")
    await town.administrator.send(thread, "I like tea.")
    await town.member.send(thread, "I like coffee.")
    await ask(town, "member", thread, f"{town.mention} who likes what?")
    assert shown(town) == ["Ada: I like tea.", "Chloe: I like coffee.", "Chloe: who likes what?"]
    assert "Several people speak" in town.chat.requests[-1]["messages"][0]["content"]


async def test_in_a_joined_channel_the_recent_messages_are_known(town: Town) -> None:
    await (await town.administrator.slash("join", channel="voice-notes")).response()
    try:
        await ask(town, "member", "voice-notes", "I have three apples.")
        await ask(town, "administrator", "voice-notes", "And I have two. How many are there?")
    finally:
        await (await town.administrator.slash("leave", channel="voice-notes")).response()
    assert shown(town) == [
        "Chloe: I have three apples.",
        "Paris is the capital of France.",
        "Ada: And I have two. How many are there?",
    ]


async def test_a_reply_to_someone_else_brings_their_words_along(town: Town) -> None:
    said = await town.administrator.send("general", "The meeting is at five.")
    other = await town.russian.send("general", "Точно?", reply_to=said)
    await ask(town, "member", "general", f"{town.mention} is that right?", other)
    assert shown(town) == ["Ada: The meeting is at five.", "Борис: Точно?", "Chloe: is that right?"]


async def test_a_long_conversation_is_cut_and_says_so(town: Town) -> None:
    thread = await town.administrator.thread("long", channel="general")
    for number in range(6):
        await town.administrator.send(thread, f"{number} " + "word " * 150)
    answer = await ask_with_note(town, thread)
    assert "I left out the beginning." in answer["content"]
    assert not any(text.startswith("Ada: 0 ") for text in shown(town))
    assert shown(town)[-1].endswith("what was first?")


async def ask_with_note(town: Town, channel: Message) -> Message:
    asked = await town.member.send(channel, f"{town.mention} what was first?")
    return await town.answer_to(asked, lambda said: "-# " in said)
