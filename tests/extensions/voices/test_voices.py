"""Choosing who speaks, how fast and how high."""

from __future__ import annotations

from typing import Any

import pytest

from audio import decode
from bot.sandbox.client.discord_user import DiscordUser
from tests.harness import BotHarness

TEXT = "The bird sings in the garden every morning."


async def said_by(person: DiscordUser, harness: BotHarness, channel: str, **options: object) -> bytes:
    """The speech that ``/say`` produces from ``TEXT``."""
    message = await (await person.slash("say", {"text": TEXT, **options}, channel=channel)).response(30)
    return await harness.member.download(message["attachments"][0])


async def choose(person: DiscordUser, channel: str, **options: object) -> str:
    """The response to ``/voice set`` or ``reset``, which only its caller sees."""
    command = "voice set" if "voice" in options else "voice reset"
    answer: dict[str, Any] = await (await person.slash(command, options, channel=channel)).response(30)
    assert answer["flags"] & 1 << 6
    return str(answer["content"])


async def test_a_person_is_spoken_to_by_the_voice_they_chose_and_a_server_by_its_own(harness: BotHarness) -> None:
    channel = harness.channel("general")
    caribbean = await said_by(harness.member, harness, channel, voice="espeak-en-029")
    american = await said_by(harness.member, harness, channel, voice="espeak-en-US")
    usual = await said_by(harness.member, harness, channel)
    assert len({caribbean, american, usual}) == 3

    told = await choose(harness.administrator, channel, voice="espeak-en-US", listener="guild")
    assert told.startswith("From now on espeak-en-US speaks on this server")
    assert await said_by(harness.member, harness, channel) == american
    assert "Теперь с вами говорит espeak-en-029" in await choose(harness.russian, channel, voice="espeak-en-029")
    assert await said_by(harness.russian, harness, channel) == caribbean
    assert await said_by(harness.member, harness, channel) == american
    assert await said_by(harness.member, harness, await harness.dm(harness.member)) == usual

    note = await harness.member.send(channel, TEXT)
    read = await (await harness.russian.message_command("Read aloud", note)).response(30)
    assert await harness.member.download(read["attachments"][0]) == caribbean

    await choose(harness.russian, channel)
    assert await said_by(harness.russian, harness, channel) == american
    assert "by the language of the text" in await choose(harness.administrator, channel, listener="guild")
    assert await said_by(harness.russian, harness, channel) == usual


@pytest.mark.parametrize("where", ["guild", "dm"])
async def test_only_a_manager_chooses_for_a_server_and_only_there(harness: BotHarness, where: str) -> None:
    channel = harness.channel("general") if where == "guild" else await harness.dm(harness.member)
    answer = await (
        await harness.member.slash("voice set", {"voice": "espeak-en-US", "listener": "guild"}, channel=channel)
    ).response(30)
    expected = {"guild": "the permission Manage Server", "dm": "That works only on a server."}
    assert expected[where] in answer["content"]


async def test_a_voice_that_does_not_exist_is_told_of(harness: BotHarness) -> None:
    answer = await (
        await harness.member.slash("voice set", {"voice": "Nobody"}, channel=await harness.dm(harness.member))
    ).response(30)
    assert "There is no voice named Nobody" in answer["content"]


async def test_text_is_said_faster_and_higher(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    usual, fast, high = [
        await said_by(harness.member, harness, channel, voice="espeak-en", **options)
        for options in ({}, {"speed": 2.0}, {"pitch": 5.0})
    ]
    assert decode(fast).duration_s < 0.7 * decode(usual).duration_s
    assert decode(high).duration_s == pytest.approx(decode(usual).duration_s, rel=0.1)
    assert high != usual


async def test_whom_a_message_mentions_is_said_by_name(harness: BotHarness) -> None:
    channel = harness.channel("general")
    mention = f"<@{harness.russian.user['id']}>"
    name = harness.russian.user.get("global_name") or harness.russian.user["username"]
    note = await harness.member.send(channel, f"{mention} sings in the garden.")
    read = await (await harness.member.message_command("Read aloud", note)).response(30)
    said = await (
        await harness.member.slash("say", {"text": f"{name} sings in the garden."}, channel=channel)
    ).response(30)
    sounds = [await harness.member.download(message["attachments"][0]) for message in (read, said)]
    assert sounds[0] == sounds[1]


async def test_a_voice_can_be_heard_before_it_is_chosen(harness: BotHarness) -> None:
    channel = harness.channel("general")
    heard = await (await harness.member.slash("voice preview", {"voice": "espeak-ru"}, channel=channel)).response(30)
    assert heard["flags"] & 1 << 6
    transcript = await harness.member.download(heard["attachments"][0])
    assert decode(transcript).duration_s > 2
    unknown = await (await harness.member.slash("voice preview", {"voice": "Nobody"}, channel=channel)).response(30)
    assert "There is no voice named Nobody" in unknown["content"]
    offered = await harness.russian.autocomplete("voice preview", {"voice": "русский"}, "voice", channel=channel)
    assert offered
