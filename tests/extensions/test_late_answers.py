"""Discord accepts the response to a command for a quarter of an hour: later ones are posted instead, and nothing is
lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

LIFETIME_S = 1.0
TOO_LATE = "took longer than Discord lets a command wait"


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def hasty_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[BotHarness]:
    """A harness where the token of a command expires after a second."""
    async with ScriptedChat() as chat, Sandbox(options=Options(token_lifetime_s=LIFETIME_S)) as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with (
            running(tmp_path_factory.mktemp("hasty"), sandbox, **settings),
            populated(sandbox, chat) as harness,
        ):
            yield harness


def texts_in(part: Any) -> str:
    """All text of a message, in its content and in its components."""
    if isinstance(part, list):
        return "\n".join(texts_in(one) for one in part)
    if not isinstance(part, dict):
        return ""
    return "\n".join([str(part.get("content", "")), texts_in(part.get("components", []))]).strip()


async def late(harness: BotHarness, command: str, options: dict[str, Any], says: str) -> list[Message]:
    """The direct messages, up to one that contains ``says``, that result from a command of the administrator whose
    response comes too late."""
    sandbox, person = harness.sandbox, harness.administrator
    before = await person.messages(await harness.dm(person))
    sandbox.fault("slow", path="^/webhooks/", only_bot=True, delay_s=LIFETIME_S * 1.3)
    try:
        await person.slash(command, options, channel=harness.channel("general"))
        async with asyncio.timeout(30):
            while True:
                after = await person.messages(await harness.dm(person))
                known = {message["id"] for message in before}
                new = sorted((m for m in after if m["id"] not in known), key=lambda message: int(message["id"]))
                if says in texts_in(new):
                    return new
                await asyncio.sleep(0.1)
    finally:
        sandbox.faults.clear()


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("usage", {}, "tokens"),
        ("test", {"data": '[{"prompt": "Capital of France?", "answer": "Paris"}]'}, "Capital of France?"),
    ],
)
async def test_a_card_that_comes_too_late_comes_whole(
    hasty_harness: BotHarness, command: str, options: dict[str, Any], says: str
) -> None:
    told = await late(hasty_harness, command, options, says)
    assert TOO_LATE in texts_in(told)
    assert len(told) == 1


async def kept_tests(harness: BotHarness, typed: str) -> list[Message]:
    """The choices that the administrator gets when looking for a test."""
    return await harness.administrator.autocomplete("tests show", {"number": typed}, "number", channel="general")


async def test_what_a_test_has_found_is_there_although_it_could_not_be_shown(
    hasty_harness: BotHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How long hikari backs off before it retries does not matter here.
    monkeypatch.setattr("hikari.impl.rate_limits.ExponentialBackOff.__next__", lambda _self: 0.05)
    harness, ada = hasty_harness, hasty_harness.administrator
    harness.sandbox.fault("error", path="^/(webhooks|channels|users)/", status=500, only_bot=True, times=1000)
    try:
        asked = '["Where does the sparrow sleep?", "And when?"]'
        await ada.slash("test", {"data": asked}, channel=harness.channel("general"))
        async with asyncio.timeout(30):
            while not (found := await kept_tests(harness, "what you gave me (2)")):
                await asyncio.sleep(0.2)
    finally:
        harness.sandbox.faults.clear()
    test = found[0]
    listed = await (await ada.slash("tests list", channel="general")).response()
    assert f"**#{test['value']}**" in listed["content"] and "Asked: what you gave me (2)." in listed["content"]
    shown = await (await ada.slash("tests show", {"number": test["value"]}, channel="general")).response()
    assert shown["content"].startswith("### Test of `scripted`")
    assert "Where does the sparrow sleep?" in (await ada.download(shown["attachments"][0])).decode()
    elsewhere = await (await ada.slash("tests show", {"number": "1"}, channel="second sandbox/general")).response()
    assert "There is no test #1 here" in elsewhere["content"]
    refused = await (await harness.member.slash("tests list", channel="general")).response()
    assert "the permission Manage Server" in refused["content"]


async def test_a_comparison_that_comes_too_late_is_voted_on_all_the_same(hasty_harness: BotHarness) -> None:
    harness, chloe = hasty_harness, hasty_harness.member
    harness.chat.models = ["scripted", "other"]
    harness.sandbox.fault("slow", path="^/webhooks/", only_bot=True, delay_s=LIFETIME_S * 1.3)
    try:
        options = {"prompt": "Capital?", "model": "scripted", "against": "other"}
        await chloe.slash("compare", options, channel=harness.channel("general"))
        card = await chloe.wait_for_message(lambda message: "Which answer is better?" in texts_in(message), 30)
    finally:
        harness.sandbox.faults.clear()
    assert TOO_LATE in texts_in(card)
    await chloe.click(card, "A")
    await chloe.wait_for_edit(card, lambda message: "Votes: 1." in texts_in(message))
