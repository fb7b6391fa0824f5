"""What Starling knows of a conversation: reply chains, threads, joined channels and direct messages, and nothing
else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox import Sandbox
from bot.sandbox.model.seed import BOT_ROLE_ID
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def reading_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    """A harness whose bot may read every message."""
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {
            "openai_base_url": chat.base_url,
            "chat_model": "scripted",
            "message_content_intent": True,
            "chat_context_tokens": 1600,
        }
        async with (
            running(tmp_path_factory.mktemp("harness"), sandbox, **settings),
            populated(sandbox, chat) as harness,
        ):
            yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def harness(reading_harness: BotHarness) -> AsyncIterator[BotHarness]:
    reading_harness.chat.reset()
    yield reading_harness
    assert list(reading_harness.sandbox.failures) == []


async def ask(
    harness: BotHarness, person: str, channel: str | Message, text: str, reply_to: Message | None = None
) -> Message:
    """Ask, and wait for the answer."""
    who = getattr(harness, person)
    asked = await who.send(channel, text, reply_to=reply_to)
    return await harness.answer_to(asked, lambda said: said.endswith("France."), reader=who)


def shown(harness: BotHarness) -> list[str]:
    """The last messages shown to the model, without the instruction; messages that were merged into one are split
    again."""
    said = [message["content"] for message in harness.chat.requests[-1]["messages"][1:]]
    return [part for content in said for part in (content.split("\n\n") if isinstance(content, str) else [content])]


async def test_a_direct_conversation_needs_no_replies(harness: BotHarness) -> None:
    channel = {"id": await harness.dm(harness.member)}
    await ask(harness, "member", channel, "My cat is called Plum.")
    await ask(harness, "member", channel, "What is my cat called?")
    said = ["My cat is called Plum.", "Paris is the capital of France.", "What is my cat called?"]
    assert shown(harness)[-3:] == said


async def test_nobody_sees_what_another_one_said_to_it_alone(harness: BotHarness) -> None:
    await ask(harness, "member", {"id": await harness.dm(harness.member)}, "My secret is 42.")
    await ask(harness, "russian", {"id": await harness.dm(harness.russian)}, "What do you know?")
    assert "42" not in str(harness.chat.requests[-1])
    await ask(harness, "member", "general", f"{harness.mention} what do you know of me?")
    assert shown(harness) == ["what do you know of me?"]


async def test_in_a_thread_everyone_is_heard_by_name(harness: BotHarness) -> None:
    thread = await harness.administrator.thread("drinks", channel="general")
    await harness.administrator.send(thread, "I like tea.")
    await harness.member.send(thread, "I like coffee.")
    await ask(harness, "member", thread, f"{harness.mention} who likes what?")
    assert shown(harness) == ["Ada: I like tea.", "Chloe: I like coffee.", "Chloe: who likes what?"]
    instruction = harness.chat.requests[-1]["messages"][0]["content"]
    assert "Several people speak" in instruction
    assert 'in the thread "drinks" in the Discord server' in instruction


async def test_what_stands_at_the_head_of_a_thread_is_known(harness: BotHarness) -> None:
    said = await harness.administrator.send("general", "The meeting is at five.")
    thread = await harness.administrator.thread("meeting", message=said)
    await ask(harness, "member", thread, f"{harness.mention} when is it?")
    assert shown(harness) == ["Ada: The meeting is at five.", "Chloe: when is it?"]
    for number in range(32):
        await harness.administrator.send(thread, f"{number}!")
    for _time in range(2):
        harness.sandbox.requests.clear()
        await ask(harness, "member", thread, f"{harness.mention} and where?")
        assert shown(harness)[0] == "Ada: The meeting is at five."
        assert len(shown(harness)) == 32
    fetched = [one.path for one in harness.sandbox.requests.all() if not one.by_person and one.method == "GET"]
    assert fetched == [], "what stands there is kept in mind"


async def test_in_a_joined_channel_the_recent_messages_are_known(harness: BotHarness) -> None:
    await (await harness.administrator.slash("join", channel="voice-notes")).response()
    try:
        await ask(harness, "member", "voice-notes", "I have three apples.")
        await ask(harness, "administrator", "voice-notes", "And I have two. How many are there?")
    finally:
        await (await harness.administrator.slash("leave", channel="voice-notes")).response()
    assert shown(harness) == [
        "Chloe: I have three apples.",
        "Paris is the capital of France.",
        "Ada: And I have two. How many are there?",
    ]


async def test_a_reply_to_someone_else_brings_their_words_along(harness: BotHarness) -> None:
    said = await harness.administrator.send("general", "The meeting is at five.")
    other = await harness.russian.send("general", "Точно?", reply_to=said)
    await ask(harness, "member", "general", f"{harness.mention} is that right?", other)
    assert shown(harness) == ["Ada: The meeting is at five.", "Борис: Точно?", "Chloe: is that right?"]


async def test_a_long_conversation_is_cut_and_says_so(harness: BotHarness) -> None:
    thread = await harness.administrator.thread("long", channel="general")
    for number in range(6):
        await harness.administrator.send(thread, f"{number} " + "word " * 150)
    for _time in range(2):
        answer = await ask_and_see(harness, thread, f"{harness.mention} what was first?")
        assert CUT in answer["content"]
        assert not any(text.startswith("Ada: 0 ") for text in shown(harness))
        assert shown(harness)[-1].endswith("what was first?")


async def test_in_a_conversation_that_goes_on_and_on_it_is_told_once(harness: BotHarness) -> None:
    harness.chat.answer = "word " * 300 + "Paris is the capital of France."
    channel = {"id": await harness.dm(harness.administrator)}
    for number in range(3):
        await ask_and_see(harness, channel, f"question {number}", "administrator")
    harness.chat.answer = "Paris."
    told = [CUT in (await ask_and_see(harness, channel, "And now?", "administrator"))["content"] for _time in range(2)]
    assert not any(text == "question 0" for text in shown(harness))
    earlier = await harness.administrator.messages(channel["id"])
    assert sum(CUT in message["content"] for message in earlier) == 1
    assert not told[1]


async def test_a_question_that_is_too_long_is_cut_and_that_is_always_told(harness: BotHarness) -> None:
    channel = {"id": await harness.dm(harness.russian)}
    for number in range(2):
        answer = await ask_and_see(harness, channel, f"{number} " + "ъ" * 1900, "russian")
        assert "я прочитал только его начало" in answer["content"]


async def test_what_is_too_long_for_the_model_is_cut_to_half_and_tried_once_more(harness: BotHarness) -> None:
    thread = await harness.administrator.thread("longer", channel="general")
    for number in range(4):
        await harness.administrator.send(thread, f"{number} " + "word " * 100)
    harness.chat.context_characters = 1500
    answer = await ask_and_see(harness, thread, f"{harness.mention} what was first?")
    assert answer["content"].startswith("Paris is the capital of France.")
    assert CUT in answer["content"]
    assert len(harness.chat.requests) == 2
    assert [text[:6] for text in shown(harness)] == ["Ada: 3", "Chloe:"]


async def test_what_is_too_long_even_then_is_told_of(harness: BotHarness) -> None:
    harness.chat.context_characters = 10
    asked = await harness.member.send("general", f"{harness.mention} why is that so?")
    answer = await harness.answer_to(asked, lambda said: "too long" in said)
    assert answer["content"].startswith("That is too long for my chat model.")
    assert len(harness.chat.requests) == 2


CUT = "I left out the beginning."


async def ask_and_see(harness: BotHarness, channel: Message, text: str, person: str = "member") -> Message:
    """Ask, and wait for the complete answer, with its footnote and its buttons."""
    who = getattr(harness, person)
    return await harness.complete_answer_to(await who.send(channel, text), reader=who)


async def test_the_bots_own_role_is_taken_for_the_bot(harness: BotHarness) -> None:
    await ask(harness, "member", harness.channel("general"), f"<@&{BOT_ROLE_ID}> What is the capital?")
    assert shown(harness)[-1] == "What is the capital?"


async def test_a_bare_mention_as_a_reply_asks_about_that_message(harness: BotHarness) -> None:
    note = await harness.administrator.send("general", "The starlings are back.")
    await ask(harness, "member", harness.channel("general"), harness.mention, note)
    assert shown(harness) == ["Ada: The starlings are back.", "Chloe: What do you say to this?"]


async def test_a_forwarded_text_is_answered(harness: BotHarness) -> None:
    note = await harness.administrator.send("general", "What is the capital of France?")
    forwarded = await harness.member.forward(note, await harness.dm(harness.member))
    await harness.answer_to(forwarded, lambda said: said.endswith("France."))
    assert shown(harness)[-1] == "What is the capital of France?"


async def test_what_people_see_in_a_message_is_what_the_model_reads(harness: BotHarness) -> None:
    embed = {"title": "Weather", "description": "Rain in Riga", "fields": [{"name": "Wind", "value": "strong"}]}
    card = await harness.as_bot("POST", f"/channels/{harness.channel('general')}/messages", {"embeds": [embed]})
    form = await harness.member.message_command("Ask about this", card)
    outcome = await harness.member.submit(form, {"question": "Shall I take a coat?"})
    await outcome.response_where(lambda said: "France." in said["content"], 40)
    assert "Weather\nRain in Riga\nWind: strong" in harness.chat.last_question


async def test_mentions_and_emoji_reach_the_model_as_names(harness: BotHarness) -> None:
    ada, channel = harness.administrator.user["id"], harness.channel("general")
    await ask(harness, "member", channel, f"{harness.mention} does <@{ada}> like <#{channel}> <:star:{ada}>?")
    assert shown(harness)[-1] == "does @Ada like #general :star:?"


async def test_a_file_in_an_old_encoding_is_read(harness: BotHarness) -> None:
    text = "Скворцы возвращаются домой в конце марта, когда сходит снег и просыпаются первые жуки."
    channel = await harness.dm(harness.member)
    files = [("notes.txt", text.encode("cp1251"), "text/plain")]
    files += [("Dockerfile", b"FROM debian", "application/octet-stream")]
    asked = await harness.member.send(channel, "What is in these?", files=files)
    await harness.answer_to(asked, lambda said: said.endswith("France."))
    told = str(harness.chat.requests[-1]["messages"][-1]["content"])
    assert text in told
    assert "FROM debian" in told


async def test_a_card_that_stands_above_a_question_is_read_and_a_forgotten_answer_is_not(harness: BotHarness) -> None:
    path = f"/channels/{harness.channel('general')}/messages"
    text = {"type": 10, "content": "### Which answer is better?\n**A**\n> Tea\n**B**\n> Coffee"}
    card = await harness.as_bot("POST", path, {"flags": 1 << 15, "components": [{"type": 17, "components": [text]}]})
    await ask(harness, "member", "general", f"{harness.mention} what is B?", card)
    assert shown(harness)[0].startswith("[A card of starling]\n### Which answer is better?")
    assert "Coffee" in shown(harness)[0]
    assert shown(harness)[-1] == "what is B?", "a card is no person among others, who would be called by name"
    button = {"type": 2, "style": 2, "label": "Regenerate", "custom_id": "again:1"}
    for components in ([], [{"type": 1, "components": [button]}]):
        forgotten = await harness.as_bot("POST", path, {"content": "It was cocoa.", "components": components})
        await ask(harness, "member", "general", f"{harness.mention} what was it?", forgotten)
        assert shown(harness) == ["what was it?"]
    thread = await harness.administrator.thread("better", channel="general")
    body = {"flags": 1 << 15, "components": [{"type": 17, "components": [text]}]}
    await harness.as_bot("POST", f"/channels/{thread['id']}/messages", body)
    await ask(harness, "member", thread, f"{harness.mention} what is A?")
    assert "> Tea" in "\n".join(shown(harness))
