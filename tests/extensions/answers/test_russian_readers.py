"""What Russian readers see of messages that contain more than words, and where something is missing."""

from __future__ import annotations

import pytest

from bot.sandbox.model.seed import BOT_ROLE_ID
from tests.extensions.answers.test_voice_notes import _pictures
from tests.harness import BotHarness, buttons_of

OLD_WORD = ("letter.doc", b"old", "application/msword")
PROGRAM = ("game.exe", b"MZ", "application/x-msdownload")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([OLD_WORD], "Я не прочитал letter.doc: это старый формат."),
        ([PROGRAM], "Я не прочитал game.exe: такие файлы я читать не умею."),
        ([("clip.mp4", None, "video/mp4")], "нет звуковой дорожки"),
    ],
    ids=["an old format", "a program", "a silent clip"],
)
async def test_what_is_not_read_or_heard_is_told_in_russian_and_the_question_is_answered(
    harness: BotHarness, files: list[tuple[str, bytes | None, str]], told: str
) -> None:
    sent = [(name, _pictures() if data is None else data, kind) for name, data, kind in files]
    channel = await harness.dm(harness.russian)
    asked = await harness.russian.send(channel, "Какой город столица Франции?", files=sent)
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text, reader=harness.russian)
    assert told in answer["content"]
    assert "Какой город столица Франции?" in harness.chat.last_question


async def test_a_bare_mention_below_a_russian_message_asks_about_it_in_russian(harness: BotHarness) -> None:
    note = await harness.russian.send("general", "Скворцы прилетают в марте.")
    asked = await harness.russian.send("general", harness.mention, reply_to=note)
    await harness.answer_to(asked, lambda text: "capital of France." in text, reader=harness.russian)
    shown = str(harness.chat.requests[-1]["messages"])
    assert "Скворцы прилетают в марте." in shown
    assert "Что ты об этом скажешь?" in shown


async def test_of_a_russian_command_that_fails_nothing_is_left_in_public(harness: BotHarness) -> None:
    harness.chat.trouble = {"status": 401}
    outcome = await harness.russian.slash("ask", {"prompt": "Останется ли это здесь?"}, channel="general")
    told = await outcome.response_where(lambda said: "не принимает ключ" in said["content"], 40)
    assert told["flags"] & 64
    assert not [one for one in await harness.russian.messages("general") if "Останется" in one["content"]]


async def test_the_permission_that_is_missing_is_named_in_russian(harness: BotHarness) -> None:
    channel = harness.channel("general")
    deny = f"/channels/{channel}/permissions/{BOT_ROLE_ID}"
    try:
        await harness.administrator.request("PUT", deny, {"type": 0, "allow": "0", "deny": str(1 << 16)})
        asked = await harness.russian.send(channel, f"{harness.mention} Какой город столица Франции?")
        told = await harness.told(asked, lambda message: "Читать историю сообщений" in message["content"])
        assert "Попросите модератора дать мне права" in told["content"]
        await harness.administrator.request("PUT", deny, {"type": 0, "allow": "0", "deny": str(1 << 15)})
        harness.chat.answer = "Скворцы прилетают домой весной. " * 400
        asked = await harness.russian.send(channel, f"{harness.mention} Расскажи мне всё о скворцах.")
        last = await harness.told(asked, lambda message: "весь ответ в сообщениях" in message["content"])
    finally:
        await harness.administrator.request("DELETE", deny)
    assert sum(part["content"].count("весной.") for part in await harness.after(asked)) == 400
    assert "again" in buttons_of(last)
