"""/ask and Ask about this."""

from __future__ import annotations

import pytest

from tests.extensions.answers.test_answers import picture, shown_to_model
from tests.harness import BotHarness, Message, voice
from tests.spoken import AMERICANS, is_heard


async def finished(harness: BotHarness, person: str, options: dict[str, object], channel: str = "general") -> Message:
    outcome = await getattr(harness, person).slash("ask", options, channel=channel)
    answer: Message = await outcome.response_where(lambda said: "France." in said["content"], 40)
    return answer


async def test_a_question_is_answered_below_itself_and_the_conversation_goes_on(harness: BotHarness) -> None:
    answer = await finished(harness, "member", {"prompt": "What is the capital of France? 🗼"})
    assert answer["content"].startswith("> 💬 What is the capital of France? 🗼\nParis is")
    assert not answer["flags"] & 64
    follow_up = await harness.member.send("general", f"{harness.mention} and of Spain?", reply_to=answer)
    await harness.complete_answer_to(follow_up)
    said = [message["content"] for message in harness.chat.requests[-1]["messages"][1:]]
    assert said == ["What is the capital of France? 🗼", "Paris is the capital of France.", "and of Spain?"]


async def test_a_private_answer_is_for_one(harness: BotHarness) -> None:
    answer = await finished(harness, "russian", {"prompt": "Столица Франции?", "private": True})
    assert answer["flags"] & 64
    assert answer["id"] not in [message["id"] for message in await harness.member.messages("general")]


async def test_it_is_spoken_when_wanted(harness: BotHarness) -> None:
    answer = await finished(harness, "member", {"prompt": "Capital?", "aloud": True})
    spoken = await harness.voice_reply_to(answer)
    assert spoken["flags"] & 1 << 13


async def test_a_prompt_of_4000_characters_and_a_long_answer(harness: BotHarness) -> None:
    harness.chat.answer = "All work and no play makes a dull bird. " * 60 + "France."
    outcome = await harness.member.slash("ask", {"prompt": "слово " * 666}, channel="general")
    await outcome.response_where(lambda said: said["content"].endswith("France."), 40)
    first, _second = outcome.messages
    assert first["content"].startswith("> 💬 слово слово")
    assert len(first["content"]) <= 2000
    assert harness.chat.last_question == ("слово " * 666).strip()


async def test_a_voice_note_or_a_picture_comes_along(harness: BotHarness) -> None:
    data, _duration, _waveform = voice("americans.ogg")
    answer = await finished(harness, "member", {"prompt": "Who?", "voice_note": ("note.ogg", data, "audio/ogg")})
    assert answer["content"].startswith("> 💬 Who?\n> 🎙️ ")
    assert is_heard(AMERICANS, answer["content"])
    assert harness.chat.last_question.startswith("Who?\n")
    assert is_heard(f"who {AMERICANS}", harness.chat.last_question)
    await finished(harness, "member", {"prompt": "What?", "voice_note": ("red.png", picture("red"), "image/png")})
    assert len(shown_to_model(harness)) == 1


@pytest.mark.parametrize("trouble", [{"status": 401}, "drop"])
async def test_of_a_question_that_fails_nothing_is_left_in_public(
    harness: BotHarness, trouble: str | dict[str, object]
) -> None:
    harness.chat.trouble = trouble
    outcome = await harness.member.slash("ask", {"prompt": "Is this left here?"}, channel="general")
    told = await outcome.response_where(lambda said: "Reference: " in said["content"], 40)
    assert told["flags"] & 64
    assert told["content"].startswith("> 💬 Is this left here?\n")
    left = [
        one for one in await harness.member.messages("general") if one["flags"] & 128 or "left here" in one["content"]
    ]
    assert left == []


async def test_trouble_is_told(harness: BotHarness) -> None:
    harness.chat.trouble = {"status": 401}
    outcome = await harness.member.slash("ask", {"prompt": "Capital?", "private": True}, channel="general")
    assert await outcome.response_where(lambda said: "refuses the key" in said["content"])


async def test_a_message_of_anyone_can_be_asked_about(harness: BotHarness) -> None:
    note = await harness.russian.send("general", "Скворцы прилетают в марте.")
    form = await harness.member.message_command("Ask about this", note)
    outcome = await harness.member.submit(form, {"question": "When do they come?"})
    answer = await outcome.response_where(lambda said: "France." in said["content"], 40)
    assert answer["content"].startswith("> 💬 When do they come?")
    said = [message["content"] for message in harness.chat.requests[-1]["messages"][1:]]
    assert said == ["Борис: Скворцы прилетают в марте.\n\nChloe: When do they come?"]


async def test_a_voice_note_can_be_asked_about(harness: BotHarness) -> None:
    note = await harness.russian.send("general", voice=voice("americans.ogg"))
    form = await harness.member.message_command("Ask about this", note)
    outcome = await harness.member.submit(form, {"question": "Who says this?"})
    await outcome.response_where(lambda said: "France." in said["content"], 40)
    assert is_heard(AMERICANS, harness.chat.requests[-1]["messages"][1]["content"])
