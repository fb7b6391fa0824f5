"""/hearing: the languages and the vocabulary of a server, and the progress of a long recording."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from audio import Sound, decode, encode
from bot.sandbox.client.discord_user import UnknownCommandError
from tests.harness import RECORDINGS, Message, Town, voice
from tests.spoken import JFK, PISETS, is_heard, words


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def usual(town: Town) -> AsyncIterator[None]:
    """Afterwards nothing is chosen."""
    yield
    await choose(town, languages="-", vocabulary="-")


async def choose(town: Town, **options: str) -> str:
    answer = await (await town.administrator.slash("hearing", options, channel="general")).response()
    assert answer["flags"] & 1 << 6
    return str(answer["content"])


async def transcript_of(town: Town, channel: str, name: str = "pisets-ru.ogg") -> Message:
    file = (name, (RECORDINGS / name).read_bytes(), "audio/ogg")
    return await (await town.russian.slash("transcribe", {"file": file}, channel=channel)).response(60)


async def test_the_languages_of_a_server_are_chosen_by_name(town: Town) -> None:
    assert await choose(town) == "I listen for every language.\nI know no names or jargon of this server."
    assert await choose(town, languages="English, german, en") == (
        "I listen for: English, German.\nI know no names or jargon of this server."
    )
    heard = await transcript_of(town, "general")
    assert "английский" in heard["content"]
    elsewhere = await transcript_of(town, "second sandbox/general")
    assert is_heard(PISETS, elsewhere["content"]) and "русский" in elsewhere["content"]
    wrong = await choose(town, languages="Klingon")
    assert "does not know the language klingon" in wrong


async def test_a_list_of_languages_completes_itself(town: Town) -> None:
    offered = await town.administrator.autocomplete(
        "hearing", {"languages": "German, Rus"}, "languages", channel="general"
    )
    assert [choice["value"] for choice in offered] == ["German, Russian", "German, Belarusian"]


async def test_names_that_are_known_are_heard(town: Town) -> None:
    told = await choose(town, vocabulary="Сегодня поговорим про нейронные сети.")
    assert told.endswith("Сегодня поговорим про нейронные сети.")
    heard = await transcript_of(town, "general")
    assert "нейронные сети" in words(heard["content"])
    asked = await town.russian.send("general", text=f"{town.mention} вот", voice=None)
    await town.answer_to(asked, lambda text: "capital of France." in text, reader=town.russian)
    noted = await town.russian.send(await town.dm(town.russian), voice=voice("pisets-ru.ogg"))
    answer = await town.answer_to(noted, lambda text: "capital of France." in text, reader=town.russian)
    assert is_heard(PISETS, answer["content"]) and "нейронные" not in words(answer["content"])


async def test_a_member_may_not(town: Town) -> None:
    with pytest.raises(UnknownCommandError):
        await town.member.slash("hearing", {"languages": "-"}, channel="general")


async def test_a_long_recording_shows_how_far_it_is(town: Town) -> None:
    sentence = decode((RECORDINGS / "jfk.ogg").read_bytes()).samples
    minutes = encode(Sound(np.resize(sentence, 75 * 16_000), 16_000)).ogg
    outcome = await town.member.slash(
        "transcribe", {"file": ("talk.ogg", minutes, "audio/ogg")}, channel="general", timeout_s=20
    )
    bar = await outcome.response_where(lambda message: "█" in message["content"], 60)
    assert bar["content"].startswith("I am listening to the recording …")
    done = await outcome.response_where(
        lambda message: is_heard(JFK, message["content"]) or bool(message["attachments"]), 120
    )
    assert "█" not in done["content"]
    kept = await town.member.messages("general", 5)
    assert bar["id"] not in [message["id"] for message in kept]
