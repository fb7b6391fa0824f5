"""Talking in text: who is answered, where, and what is remembered."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.preferences.choices import UserPreferences
from bot.preferences.preferences import Preferences
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat


async def test_a_direct_message_is_answered_and_typing_is_shown(harness: BotHarness) -> None:
    harness.chat.first_word_delay_s = 1.0
    asked = await harness.member.send(await harness.dm(harness.member), "What is the capital of France?")
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    assert answer["content"] == "Paris is the capital of France."
    assert any(
        event.name == "TYPING_START" and event.data["user_id"] == harness.bot_id for event in harness.member.events
    )


async def test_an_answer_grows_by_edits_not_more_than_one_a_second(harness: BotHarness) -> None:
    harness.chat.answer, harness.chat.word_delay_s = "one two three four five six seven eight nine ten", 0.25
    asked = await harness.member.send(await harness.dm(harness.member), "count")
    before = len(harness.member.events)
    answer = await harness.answer_to(asked, lambda text: text.endswith("ten"))
    edits = [
        event.data["content"]
        for event in harness.member.events[before:]
        if event.name == "MESSAGE_UPDATE" and event.data["id"] == answer["id"]
    ]
    assert 2 <= len(edits) <= 5
    assert all(len(text) < len(later) for text, later in itertools.pairwise(edits))


async def test_a_reply_to_an_answer_goes_on_from_there(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    asked = await harness.member.send(channel, "What is the capital of France?")
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    harness.chat.answer = "About two million."
    again = await harness.member.send(channel, "And how many people live there?", reply_to=answer)
    await harness.answer_to(again, lambda text: "two million." in text)
    said = [(turn["role"], turn["content"]) for turn in harness.chat.requests[-1]["messages"][1:]]
    assert said == [
        ("user", "What is the capital of France?"),
        ("assistant", "Paris is the capital of France."),
        ("user", "And how many people live there?"),
    ]


async def test_in_a_channel_it_speaks_only_when_it_is_spoken_to(harness: BotHarness) -> None:
    channel = harness.channel("general")
    await harness.member.send(channel, "What is the capital of France?")
    await harness.member.send(channel, "@everyone wake up")
    asked = await harness.member.send(channel, f"{harness.mention} and you, what do you say?")
    await harness.answer_to(asked, lambda text: "capital of France." in text)
    assert [request["messages"][-1]["content"] for request in harness.chat.requests] == ["and you, what do you say?"]


async def test_a_reply_to_its_answer_needs_no_mention_in_the_text(harness: BotHarness) -> None:
    channel = harness.channel("general")
    asked = await harness.member.send(channel, f"{harness.mention} hello")
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    again = await harness.russian.send(channel, "and of Spain?", reply_to=answer)
    await harness.answer_to(again, lambda text: "capital of France." in text)
    assert harness.chat.last_question == "Борис: and of Spain?"


async def test_a_reply_that_hides_its_words_is_told_why(harness: BotHarness) -> None:
    channel = harness.channel("general")
    asked = await harness.member.send(channel, f"{harness.mention} hello")
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    silent = await harness.member.send(channel, "and of Spain?", reply_to=answer, ping=False)
    told = await harness.answer_to(silent, bool)
    assert told["content"].startswith("I can only read replies here that mention me.")


async def test_a_mention_without_words_gets_a_hint(harness: BotHarness) -> None:
    asked = await harness.member.send(harness.channel("general"), harness.mention)
    told = await harness.answer_to(asked, bool)
    assert told["content"].startswith("Reply to this message with a voice note, or mention me")


async def test_an_answer_in_text_can_be_read_aloud_by_its_button(harness: BotHarness) -> None:
    asked = await harness.member.send(await harness.dm(harness.member), "What is the capital of France?")
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    outcome = await harness.member.click(answer, "aloud")
    spoken = await outcome.response(30)
    assert spoken["flags"] & 1 << 13
    assert spoken["attachments"][0]["duration_secs"] > 0.5


async def test_an_old_button_says_that_it_no_longer_works(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    button = {"type": 2, "style": 1, "label": "From last year", "custom_id": "retired:1"}
    old = await harness.as_bot(
        "POST", f"/channels/{channel}/messages", {"components": [{"type": 1, "components": [button]}]}
    )
    told = await (await harness.member.click(old, "retired:1")).response()
    assert "no longer works" in told["content"]
    assert told["flags"] & 1 << 6


async def test_a_deleted_question_is_forgotten_and_its_answer_goes(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    asked = await harness.member.send(channel, "My secret number is 1234.")
    answer = await harness.complete_answer_to(asked)
    await harness.member.delete(asked)
    await harness.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == answer["id"])
    again = await harness.member.send(channel, "What was my number?")
    await harness.complete_answer_to(again)
    assert "1234" not in str(harness.chat.requests[-1])


async def test_several_people_are_answered_at_once_and_each_gets_their_own(harness: BotHarness) -> None:
    harness.chat.answer = None
    people = [harness.administrator, harness.member, harness.russian]
    asked = [
        (person, await person.send(await harness.dm(person), f"question {number} of {person.user['username']}"))
        for number in range(3)
        for person in people
    ]
    for person, question in asked:
        answer = await harness.answer_to(question, question["content"].__eq__, reader=person)
        assert answer["content"] == question["content"]


async def test_who_writes_or_uses_discord_in_russian_is_told_of_trouble_in_russian(
    tmp_path: Path, whisper_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()
    change_user = Preferences.change_user

    async def held(
        preferences: Preferences, user_id: int, change: Callable[[UserPreferences], UserPreferences]
    ) -> UserPreferences:
        begun.set()
        await goes_on.wait()
        return await change_user(preferences, user_id, change)

    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.answer = " "
        channel = await harness.dm(harness.member)
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            asked = await harness.member.send(channel, "Привет! Расскажи мне, как прошёл твой день?")
            told = await harness.answer_to(asked, lambda text: "-# " in text)
            assert told["content"].startswith("Модель прислала пустой ответ.")
            # The language told by a command is known even while it is still being stored.
            monkeypatch.setattr(Preferences, "change_user", held)
            direct = await harness.dm(harness.russian)
            await (await harness.russian.slash("hi", channel=direct)).response()
            await begun.wait()
            asked = await harness.russian.send(direct, "Hello, how was your day?")
            told = await harness.answer_to(asked, lambda text: "-# " in text, reader=harness.russian)
            goes_on.set()
        assert told["content"].startswith("Модель прислала пустой ответ.")


@pytest.mark.parametrize(("speak", "recording", "spoken"), [("always", False, True), ("never", True, False)])
async def test_a_setting_says_when_it_speaks(
    tmp_path: Path, whisper_base: Path, speak: str, recording: bool, spoken: bool
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "speak": speak, "tts_engine": "espeak"}
        channel = await harness.dm(harness.member)
        async with running(tmp_path, sandbox, **settings):
            if recording:
                asked = await harness.member.send(channel, voice=voice("americans.ogg"))
            else:
                asked = await harness.member.send(channel, "hello")
            await harness.answer_to(asked, lambda text: "capital of France." in text)
        # Stopping waits for work in progress, so a voice message would be here by now.
        answer, *further = await harness.after(asked)
        assert [bool(message["flags"] & 1 << 13) for message in further] == ([True] if spoken else [])
        always = ["again", "good", "bad", "correct"]
        assert buttons_of(answer) == (always if spoken else ["aloud", *always])


async def test_with_the_message_content_intent_it_reads_replies_that_do_not_ping(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        async with running(tmp_path, sandbox, **settings):
            asked = await harness.member.send(harness.channel("general"), f"{harness.mention} hello")
            answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
            silent = await harness.member.send(harness.channel("general"), "and of Spain?", reply_to=answer, ping=False)
            await harness.answer_to(silent, lambda text: "capital of France." in text)
        assert chat.last_question.endswith("and of Spain?")


async def test_an_answer_that_does_not_begin_is_announced_and_can_be_stopped(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "chat_timeout_s": 60.0}
        async with running(tmp_path, sandbox, **settings):
            chat.first_word_delay_s, chat.held_after = 7.0, 3
            asked = await harness.member.send("general", f"{harness.mention} think well")
            announced = await harness.answer_to(asked, lambda text: "working on the answer" in text)
            assert buttons_of(announced) == ["stop"]
            # The words so far are shown, even if no more come for a while.
            await harness.answer_to(asked, lambda text: text == "Paris is the")
            chat.goes_on.set()
            answer = await harness.answer_to(asked, lambda text: text == "Paris is the capital of France.")
            assert answer["id"] == announced["id"]
            chat.first_word_delay_s = 40.0
            asked = await harness.member.send("general", f"{harness.mention} think for ever")
            announced = await harness.answer_to(asked, lambda text: "working on the answer" in text)
            await harness.member.click(announced, "stop")
            stopped = await harness.answer_to(asked, lambda text: "Stopped." in text)
            assert (stopped["content"], buttons_of(stopped)) == ("-# Stopped.", ["again"])
