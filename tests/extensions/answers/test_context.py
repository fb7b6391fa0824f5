"""What Starling knows of a conversation: chains of replies, threads, joined channels, direct messages; and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox import Sandbox
from tests.harness import Message, Town, populated, running
from tests.scripted_chat import ScriptedChat


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def reading_town(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[Town]:
    """A town whose bot may read every message."""
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {
            "openai_base_url": chat.base_url,
            "chat_model": "scripted",
            "message_content_intent": True,
            "chat_context_tokens": 1600,
        }
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
    for _time in range(2):
        answer = await ask_and_see(town, thread, f"{town.mention} what was first?")
        assert CUT in answer["content"]
        assert not any(text.startswith("Ada: 0 ") for text in shown(town))
        assert shown(town)[-1].endswith("what was first?")


async def test_in_a_conversation_that_goes_on_and_on_it_is_told_once(town: Town) -> None:
    town.chat.answer = "word " * 300 + "Paris is the capital of France."
    channel = {"id": await town.dm(town.administrator)}
    for number in range(3):
        await ask_and_see(town, channel, f"question {number}", "administrator")
    town.chat.answer = "Paris."
    told = [CUT in (await ask_and_see(town, channel, "And now?", "administrator"))["content"] for _time in range(2)]
    assert not any(text == "question 0" for text in shown(town))
    earlier = await town.administrator.messages(channel["id"])
    assert sum(CUT in message["content"] for message in earlier) == 1
    assert not told[1]


async def test_a_question_that_is_too_long_is_cut_and_that_is_always_told(town: Town) -> None:
    channel = {"id": await town.dm(town.russian)}
    for number in range(2):
        answer = await ask_and_see(town, channel, f"{number} " + "ъ" * 1900, "russian")
        assert "я прочитал только его начало" in answer["content"]


async def test_what_is_too_long_for_the_model_is_cut_to_half_and_tried_once_more(town: Town) -> None:
    thread = await town.administrator.thread("longer", channel="general")
    for number in range(4):
        await town.administrator.send(thread, f"{number} " + "word " * 100)
    town.chat.context_characters = 1500
    answer = await ask_and_see(town, thread, f"{town.mention} what was first?")
    assert answer["content"].startswith("Paris is the capital of France.")
    assert CUT in answer["content"]
    assert len(town.chat.requests) == 2
    assert [text[:6] for text in shown(town)] == ["Ada: 3", "Chloe:"]


async def test_what_is_too_long_even_then_is_told_of(town: Town) -> None:
    town.chat.context_characters = 10
    asked = await town.member.send("general", f"{town.mention} why is that so?")
    answer = await town.answer_to(asked, lambda said: "Reference" in said)
    assert answer["content"].startswith("That is too long for my chat model.")
    assert len(town.chat.requests) == 2


CUT = "I left out the beginning."


async def ask_and_see(town: Town, channel: Message, text: str, person: str = "member") -> Message:
    """Ask, and wait for the answer with the small print and the button below it."""
    who = getattr(town, person)
    return await town.complete_answer_to(await who.send(channel, text), reader=who)
