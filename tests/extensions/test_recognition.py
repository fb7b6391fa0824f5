"""/hearing: the languages and the vocabulary of a server, and the progress of a long recording."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.sandbox.client.discord_user import UnknownCommandError
from tests.audio.made_recordings import repeated
from tests.harness import RECORDINGS, BotHarness, Message, voice
from tests.spoken import PISETS, SAOIRSE, is_heard


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def usual(harness: BotHarness) -> AsyncIterator[None]:
    """Clears the server's choices after each test."""
    yield
    await choose(harness, languages="-", vocabulary="-")


async def choose(harness: BotHarness, **options: str) -> str:
    answer = await (await harness.administrator.slash("hearing", options, channel="general")).response()
    assert answer["flags"] & 1 << 6
    return str(answer["content"])


async def transcript_of(harness: BotHarness, channel: str, name: str = "pisets-ru.ogg") -> Message:
    file = (name, (RECORDINGS / name).read_bytes(), "audio/ogg")
    return await (await harness.russian.slash("transcribe", {"file": file}, channel=channel)).response(60)


async def test_the_languages_of_a_server_are_chosen_by_name(harness: BotHarness) -> None:
    assert await choose(harness) == "I listen for every language.\nI know no names or jargon of this server."
    assert await choose(harness, languages="English, german, en") == (
        "I listen for: English, German.\nI know no names or jargon of this server."
    )
    heard = await transcript_of(harness, "general")
    assert "английский" in heard["content"]
    elsewhere = await transcript_of(harness, "second sandbox/general")
    assert is_heard(PISETS, elsewhere["content"]) and "русский" in elsewhere["content"]
    wrong = await choose(harness, languages="Klingon")
    assert "I know no language called klingon. Did you mean one of these: " in wrong


async def test_a_list_of_languages_completes_itself(harness: BotHarness) -> None:
    offered = await harness.administrator.autocomplete(
        "hearing", {"languages": "German, Rus"}, "languages", channel="general"
    )
    assert [choice["value"] for choice in offered] == ["German, Russian", "German, Belarusian"]


async def test_names_that_are_known_are_heard(harness: BotHarness) -> None:
    told = await choose(harness, vocabulary="Saoirse Blackwood, нейронные сети")
    assert told.endswith("Saoirse Blackwood, нейронные сети")
    heard = await transcript_of(harness, "general", "saoirse.ogg")
    assert is_heard("saoirse blackwood", heard["content"], 0)
    asked = await harness.russian.send("general", text=f"{harness.mention} вот", voice=None)
    await harness.answer_to(asked, lambda text: "capital of France." in text, reader=harness.russian)
    noted = await harness.russian.send(await harness.dm(harness.russian), voice=voice("saoirse.ogg"))
    answer = await harness.answer_to(noted, lambda text: "capital of France." in text, reader=harness.russian)
    assert is_heard(SAOIRSE, answer["content"], 0.5) and not is_heard("saoirse", answer["content"], 0)


async def test_a_member_may_not(harness: BotHarness) -> None:
    with pytest.raises(UnknownCommandError):
        await harness.member.slash("hearing", {"languages": "-"}, channel="general")


async def test_of_a_long_recording_the_words_are_shown_as_they_are_heard_until_it_is_stopped(
    harness: BotHarness,
) -> None:
    minutes = repeated((RECORDINGS / "jfk.ogg").read_bytes(), 150)
    outcome = await harness.member.slash(
        "transcribe", {"file": ("talk.ogg", minutes, "audio/ogg")}, channel="general", timeout_s=20
    )
    bar = await outcome.response_where(lambda message: "█" in message["content"], 60)
    assert bar["content"].startswith("-# I am listening to the recording …")
    # How much is shown with the first bar depends on the machine.
    assert is_heard("and so my fellow americans", bar["content"])
    refused = await (await harness.russian.click(bar, "stop-hearing")).response()
    assert "тот, кто спросил" in refused["content"]
    await harness.member.click(bar, "stop-hearing")
    done = await outcome.response_where(lambda message: "Stopped." in message["content"], 60)
    assert not is_heard("and so my fellow americans", done["content"])
