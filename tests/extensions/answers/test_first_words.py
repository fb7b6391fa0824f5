"""The first words of an answer are spoken while the rest is written, and playback can be stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.synthesis import synthesizer
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.client.outcome import Outcome
from bot.sandbox.server import Sandbox
from tests.extensions.answers.test_long_notes import minutes
from tests.harness import BotHarness, Message, buttons_of, hear, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import is_heard

FIRST, REST = "Paris is the capital of France.", "It lies on the river Seine."


async def test_the_first_words_are_heard_before_the_rest_is_written(tmp_path: Path, whisper_base: Path) -> None:
    async with (
        ScriptedChat() as chat,
        Sandbox() as sandbox,
        populated(sandbox, chat) as harness,
        running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted", speak="always"),
    ):
        member, dm = harness.member, await harness.dm(harness.member)
        # A sentence's end is certain only once the next word is there.
        chat.answer, chat.held_after = f"{FIRST} {REST}", len(FIRST.split()) + 1
        asked = await member.send(dm, "Where is Paris?")
        text = await harness.answer_to(asked, lambda said: "Paris" in said)
        first = await harness.voice_reply_to(text)
        assert "Seine" not in (await member.fetch(text))["content"]
        assert is_heard(FIRST, await _said(harness, whisper_base, first), 0.5)
        chat.goes_on.set()
        answer = await harness.complete_answer_to(asked)
        assert REST in answer["content"] and "Spoken in two voice messages" in answer["content"]
        rest = await member.wait_for_message(
            lambda one: one["id"] != first["id"] and bool(one["attachments"]), 40, channel=dm, after=first
        )
        assert is_heard(REST, await _said(harness, whisper_base, rest), 0.5)
        await member.delete(asked)
        gone = {one["id"] for one in (answer, first, rest)}

        def deleted() -> bool | None:
            return gone.isdisjoint(member.known_messages) or None

        await member.wait_until(deleted, 20, "the end of all three")


async def test_an_answer_that_a_restart_cuts_off_behind_its_first_words_is_spoken_once(
    tmp_path: Path, whisper_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow this machine is, what is already written is spoken in one message.
    monkeypatch.setattr(synthesizer, "REST_S", 60.0)
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "speak": "always"}
        member, dm = harness.member, await harness.dm(harness.member)
        async with running(tmp_path, sandbox, **settings):
            chat.answer, chat.held_after = f"{FIRST} {REST}", len(FIRST.split()) + 1
            asked = await member.send(dm, "Where is Paris?")
            first = await harness.voice_reply_to(await harness.answer_to(asked, lambda said: "Paris" in said))
        chat.held_after = None
        chat.goes_on.set()
        async with running(tmp_path, sandbox, **settings):
            answer = await harness.complete_answer_to(asked)
            assert REST in answer["content"]
            whole = await member.wait_for_message(
                lambda one: bool(one["attachments"]) and one["id"] != first["id"], 60, channel=dm, after=first
            )
            assert is_heard(f"{FIRST} {REST}", await _said(harness, whisper_base, whole), 0.5)
            assert first["id"] not in member.known_messages


async def test_an_answer_in_two_voice_messages_says_so_though_it_was_written_before_either(
    harness: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthesizer, "REST_S", 0.0)
    harness.chat.answer = f"{FIRST} {REST}"
    member, dm = harness.member, await harness.dm(harness.member)
    asked = await member.send(dm, voice=voice("americans.ogg"))
    answer = await harness.complete_answer_to(asked)
    voices = await member.wait_until(
        lambda: [one for one in _after(member, asked) if one["attachments"]][1:] or None, 40, "both voice messages"
    )
    assert len(voices) == 1
    assert (await member.fetch(answer))["content"].count("Spoken in two voice messages") == 1


def _after(person: DiscordUser, asked: Message) -> list[Message]:
    return [one for id_, one in person.known_messages.items() if int(id_) > int(asked["id"])]


async def test_what_a_command_hears_or_writes_is_stopped(harness: BotHarness) -> None:
    note = ("talk.ogg", minutes(120), "audio/ogg")
    asked = await harness.member.slash("ask", {"prompt": "Who is it?", "voice_note": note}, channel="general")
    await _stop(harness, asked)
    sent = await harness.russian.send("general", files=[note])
    await _stop(harness, await harness.member.message_command("Answer this", sent))
    harness.chat.held_after, harness.chat.answer = 3, "One two three four five six"
    written = await harness.member.slash("ask", {"prompt": "Count, please, as far as you can."}, channel="general")
    stopped = await _stop(harness, written)
    assert "three" in stopped["content"] and "four" not in stopped["content"]


async def _stop(harness: BotHarness, outcome: Outcome) -> Message:
    shown = await outcome.response_where(lambda said: "stop-hearing" in buttons_of(said), 40)
    refused = await (await harness.russian.click(shown, "stop-hearing")).response()
    assert refused["flags"] & 64
    await harness.member.click(shown, "stop-hearing")
    stopped: Message = await outcome.response_where(lambda said: said["content"].endswith("-# Stopped."), 40)
    assert buttons_of(stopped) == []
    return stopped


async def _said(harness: BotHarness, whisper: Path, message: Message) -> str:
    return (await hear(whisper, await harness.member.download(message["attachments"][0]))).text
