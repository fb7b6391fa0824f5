"""Whatever happens to a request to Discord, people get each thing once, and are told what failed."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness import BotHarness, buttons_of, voice

POSTING = "^/channels/[0-9]+/messages$"


@pytest.mark.parametrize("kind", ["error", "drop"])
async def test_a_voice_answer_that_discord_took_and_then_failed_comes_once(harness: BotHarness, kind: str) -> None:
    harness.chat.first_word_delay_s = 1.0
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("americans.ogg"))
    answer = await harness.answer_to(asked, bool)
    harness.sandbox.fault(kind, method="POST", path=POSTING, only_bot=True, after=True)
    await harness.voice_reply_to(answer)
    while harness.sandbox.faults.payload:
        await asyncio.sleep(0.1)
    await asyncio.sleep(3)  # the request is retried once
    assert [bool(message["attachments"]) for message in await harness.after(asked)] == [False, True]


async def test_trouble_is_told_in_place_of_a_message_that_discord_took_and_denied(harness: BotHarness) -> None:
    harness.sandbox.fault("error", method="POST", path=POSTING, only_bot=True, after=True, times=4)
    asked = await harness.member.send(await harness.dm(harness.member), "What is the capital of France?")
    told = await harness.answer_to(asked, lambda text: "Reference: " in text)
    assert "Paris" not in told["content"]
    assert buttons_of(told) == ["again"]
    assert len(await harness.after(asked)) == 1
