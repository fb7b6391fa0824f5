"""The commands, as people meet them on a phone."""

from __future__ import annotations

import asyncio

import pytest

from audio import decode
from tests.harness import RECORDINGS, BotHarness, voice
from tests.spoken import AMERICANS, is_heard

RECORDING = ("americans.ogg", (RECORDINGS / "americans.ogg").read_bytes(), "audio/ogg")
NOTE = ("americans.ogg", (RECORDINGS / "americans.ogg").read_bytes(), "audio/ogg")


async def test_hi_greets_by_name_and_says_what_it_can_do(harness: BotHarness) -> None:
    said = await (await harness.member.slash("hi", channel=harness.channel("general"))).response(30)
    lines = said["content"].splitlines()
    assert lines[0].startswith("Hi, ")
    assert len(lines) == 5
    assert "👎" in lines[3]
    assert "/transcribe" in lines[4]


async def test_a_russian_is_greeted_in_russian(harness: BotHarness) -> None:
    said = await (await harness.russian.slash("hi", channel=await harness.dm(harness.russian))).response(30)
    assert said["content"].startswith("Привет, ")


async def test_a_recording_is_transcribed_with_its_language_and_length(harness: BotHarness) -> None:
    outcome = await harness.member.slash("transcribe", {"file": RECORDING}, channel=harness.channel("general"))
    said = await outcome.response(30)
    assert is_heard(AMERICANS, said["content"])
    assert said["content"].splitlines()[-1].startswith("-# English (")
    assert said["content"].endswith("0:03")


@pytest.mark.parametrize(("form", "beginning"), [("srt", "1\n00:00:0"), ("vtt", "WEBVTT")])
async def test_subtitles_come_as_a_file(harness: BotHarness, form: str, beginning: str) -> None:
    outcome = await harness.member.slash(
        "transcribe", {"file": RECORDING, "format": form}, channel=await harness.dm(harness.member)
    )
    said = await outcome.response(30)
    file = said["attachments"][0]
    assert file["filename"] == f"transcript.{form}"
    text = (await harness.member.download(file)).decode()
    assert text.startswith(beginning)
    assert "-->" in text
    assert is_heard(AMERICANS, text)


async def test_russian_is_translated_to_english(harness: BotHarness) -> None:
    file = ("pisets-ru.ogg", (RECORDINGS / "pisets-ru.ogg").read_bytes(), "audio/ogg")
    options = {"file": file, "language": "ru", "to_english": True}
    said = await (await harness.member.slash("transcribe", options, channel=await harness.dm(harness.member))).response(
        30
    )
    assert "network" in said["content"].lower()


async def test_languages_complete_in_ones_own_language(harness: BotHarness) -> None:
    choices = await harness.russian.autocomplete(
        "transcribe", {"file": RECORDING, "language": "нем"}, "language", channel=harness.channel("general")
    )
    assert {"name": "Немецкий", "value": "de"}.items() <= choices[0].items()


async def test_a_language_that_does_not_exist_is_told_of(harness: BotHarness) -> None:
    options = {"file": RECORDING, "language": "klingon"}
    said = await (await harness.member.slash("transcribe", options, channel=await harness.dm(harness.member))).response(
        30
    )
    assert "I know no language called klingon. Did you mean one of these: " in said["content"]
    assert "Reference: " not in said["content"], "a slip of the person: the log has no more to tell"


async def test_text_is_said_by_the_voice_that_was_chosen(harness: BotHarness) -> None:
    channel = harness.channel("general")
    choices = await harness.member.autocomplete("say", {"text": "Hello", "voice": "joe"}, "voice", channel=channel)
    options = {"text": "Hello there, my friend.", "voice": choices[0]["value"]}
    said = await (await harness.member.slash("say", options, channel=channel)).response(30)
    assert said["flags"] & 1 << 13
    assert said["attachments"][0]["waveform"]
    assert decode(await harness.member.download(said["attachments"][0])).duration_s > 0.8


async def test_text_with_nothing_to_say_gets_a_sentence(harness: BotHarness) -> None:
    said = await (
        await harness.member.slash("say", {"text": "```\nx = 1\n```"}, channel=await harness.dm(harness.member))
    ).response(30)
    assert "nothing in this text that can be said aloud" in said["content"]


async def test_a_message_is_transcribed_from_its_menu(harness: BotHarness) -> None:
    note = await harness.russian.send(harness.channel("voice-notes"), voice=voice("americans.ogg"))
    said = await (await harness.member.message_command("Transcribe", note)).response(30)
    assert is_heard(AMERICANS, said["content"])


async def test_a_message_without_a_recording_cannot_be_transcribed(harness: BotHarness) -> None:
    note = await harness.russian.send(harness.channel("general"), "only words")
    said = await (await harness.russian.message_command("Transcribe", note)).response(30)
    assert said["content"].startswith("В этом сообщении нет ни голосовой записи")
    assert said["flags"] & 1 << 6


async def test_a_message_is_read_aloud_from_its_menu(harness: BotHarness) -> None:
    note = await harness.russian.send(harness.channel("general"), "The bird sings in the **garden**.")
    said = await (await harness.member.message_command("Read aloud", note)).response(30)
    assert said["flags"] & 1 << 13


async def test_everything_is_offered_in_russian_too_and_everywhere(harness: BotHarness) -> None:
    commands = {command["name"]: command for command in (await harness.member.commands(harness.channel("general")))}
    assert set(commands) == {
        *("hi", "help", "about", "ask", "instruction", "model", "transcribe", "say", "voice", "usage"),
        *("correct", "teach", "memory", "corrections", "feedback", "leaderboard", "privacy"),
        *("tests", "compare"),
        *("Transcribe", "Read aloud", "Ask about this", "Answer this", "Correct this reply", "Correct transcript"),
        *("summary", "Translate"),
    }
    everyones = set(commands)
    commands |= {
        command["name"]: command for command in await harness.administrator.commands(harness.channel("general"))
    }
    servers_only = {"join", "leave", "hearing", "settings", "dataset", "select_dataset", "archive"}
    servers_only |= {"Correct transcript", "corrections", "leaderboard"}
    alone_too = {"correct", "teach", "Correct this reply"}
    servers_only |= {"train", "jobs", "test", "tests", "compare", "summary"}
    assert set(commands) - everyones == {"getfile", "files"} | servers_only - everyones
    for command in commands.values():
        name = command["name"]
        only = name in servers_only
        assert command["integration_types"] == ([0] if only or name in alone_too else [0, 1])
        anywhere = [0, 1, 2] if name in everyones - alone_too else [0, 1]
        assert command["contexts"] == ([0] if only else anywhere)
        assert command["name_localizations"]["ru"]
        assert command["type"] != 1 or command["description_localizations"]["ru"]
        for option in command.get("options", []):
            assert option["name_localizations"]["ru"]
            assert option["description_localizations"]["ru"]


async def test_one_user_may_not_take_all_the_room(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    outcomes = await asyncio.gather(
        *(harness.member.slash("transcribe", {"file": NOTE}, channel=channel) for _time in range(3))
    )
    texts = [(await outcome.response(30))["content"] for outcome in outcomes]
    assert sum("You already have 2 commands running" in text for text in texts) == 1
    assert sum(is_heard(AMERICANS, text) for text in texts) == 2
    said = await (await harness.member.slash("hi", channel=channel)).response(30)
    assert said["content"].startswith("Hi, ")
