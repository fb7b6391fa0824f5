"""/instruction: how answers should be, on a server or in one of its channels."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat

SECOND = "second sandbox/general"
PIRATE = "Отвечай как пират. 🏴‍☠️"


@pytest_asyncio.fixture(loop_scope="session")
async def taught(harness: BotHarness) -> AsyncIterator[BotHarness]:
    """The shared harness; neither of its two servers has instructions before or after a test."""
    yield harness
    for channel in ("general", SECOND):
        await told(harness, "instruction reset", {"here": True}, channel)
        await told(harness, "instruction reset", {}, channel)
        for name in await harness.administrator.autocomplete("instruction pick", {"name": ""}, "name", channel=channel):
            await told(harness, "instruction delete", {"name": name["value"]}, channel)


async def told(harness: BotHarness, command: str, options: dict[str, Any], channel: str = "general") -> Message:
    answer: Message = await (await harness.administrator.slash(command, options, channel=channel)).response()
    return answer


async def write(harness: BotHarness, text: str, channel: str = "general", **options: Any) -> Message:
    form = await harness.administrator.slash("instruction set", options, channel=channel)
    saved: Message = await (await harness.administrator.submit(form, {"text": text})).response()
    return saved


async def prompted(harness: BotHarness, channel: str = "general") -> str:
    """The system prompt of a question in ``channel``."""
    asked = await harness.administrator.send(channel, f"{harness.mention} hello")
    await harness.complete_answer_to(asked, reader=harness.administrator)
    return str(harness.chat.requests[-1]["messages"][0]["content"])


async def test_a_server_writes_its_instruction_in_a_form_and_the_next_answer_follows_it(taught: BotHarness) -> None:
    saved = await write(taught, PIRATE)
    assert saved["content"] == "From now on the instruction **default** applies on this server."
    assert saved["flags"] & 64
    assert (await prompted(taught)).startswith(f"{PIRATE}\nToday is")
    assert PIRATE not in await prompted(taught, SECOND)
    shown = await (await taught.russian.slash("instruction show", channel="general")).response()
    assert shown["content"] == f"На этом сервере действует инструкция **default**:\n> {PIRATE}"
    elsewhere = await told(taught, "instruction show", {}, SECOND)
    assert elsewhere["content"].startswith("My built-in instruction applies here:")
    await told(taught, "instruction reset", {})
    assert PIRATE not in await prompted(taught)


async def test_a_channel_has_its_own_and_its_threads_have_it_too(taught: BotHarness) -> None:
    await write(taught, "Be brief.", name="short")
    await write(taught, "Speak in rhymes.", "voice-notes", name="Поэт 🪶", here=True)
    assert (await prompted(taught, "voice-notes")).startswith("Speak in rhymes.")
    assert (await prompted(taught)).startswith("Be brief.")
    start = await taught.administrator.send("voice-notes", "let us talk")
    path = f"/channels/{taught.channel('voice-notes')}/messages/{start['id']}/threads"
    thread = await taught.administrator.request_object("POST", path, {"name": "talk"})
    assert (await prompted(taught, thread["id"])).startswith("Speak in rhymes.")
    picked = await told(taught, "instruction pick", {"name": "short", "here": True}, "voice-notes")
    assert picked["content"] == "From now on the instruction **short** applies in this channel."
    assert (await prompted(taught, "voice-notes")).startswith("Be brief.")
    unknown = await told(taught, "instruction pick", {"name": "nobody"})
    assert "no instruction named nobody" in unknown["content"]
    foreign = await told(taught, "instruction pick", {"name": "short"}, SECOND)
    assert "no instruction named short" in foreign["content"]
    assert await taught.administrator.autocomplete("instruction pick", {"name": ""}, "name", channel=SECOND) == []
    found = await taught.administrator.autocomplete("instruction pick", {"name": "поэт"}, "name", channel="general")
    assert [choice["value"] for choice in found] == ["Поэт 🪶"]


async def test_what_holds_in_a_channel_alone_is_edited_without_spreading(taught: BotHarness) -> None:
    await write(taught, "Only here.", "voice-notes", name="own", here=True)
    saved = await write(taught, "Only here, still.", "voice-notes")
    assert saved["content"] == "From now on the instruction **own** applies in this channel."
    file = ("own.md", b"Only here, again.", "text/markdown")
    done = await told(taught, "instruction file", {"file": file}, "voice-notes")
    assert done["content"] == saved["content"]
    assert (await prompted(taught, "voice-notes")).startswith("Only here, again.")
    assert "Only here" not in await prompted(taught)


async def test_a_name_that_is_used_again_holds_only_where_it_is_picked_again(taught: BotHarness) -> None:
    await write(taught, "The first.", "voice-notes", name="again", here=True)
    await told(taught, "instruction pick", {"name": "again"})
    await told(taught, "instruction delete", {"name": "again"})
    await write(taught, "The second.", "general", name="again", here=True)
    assert (await prompted(taught)).startswith("The second.")
    assert (await prompted(taught, "voice-notes")).startswith("You are Starling")


async def test_an_instruction_that_the_model_cannot_take_in_is_cut_and_that_is_told(taught: BotHarness) -> None:
    await write(taught, "Ы🪶" * 2000)
    taught.chat.context_characters = 3000
    asked = await taught.administrator.send("general", f"{taught.mention} What is the capital of France?")
    answer = await taught.complete_answer_to(asked, reader=taught.administrator)
    assert answer["content"].startswith("Paris is the capital of France.")
    assert "it read only its beginning" in answer["content"]
    shown = taught.chat.requests[-1]["messages"]
    assert shown[0]["content"].startswith("Ы🪶" * 100)
    assert shown[-1]["content"] == "What is the capital of France?"


async def test_earlier_versions_come_back(taught: BotHarness) -> None:
    for text in ("First things first.", "Second thoughts.", "Third time lucky."):
        await write(taught, text)
    offered = await taught.administrator.autocomplete(
        "instruction restore", {"version": "first"}, "version", channel="general"
    )
    [first] = offered
    assert first["name"].startswith("default · ")
    assert all(len(choice["name"]) <= 100 for choice in offered)
    everyones = await taught.member.autocomplete("instruction restore", {"version": ""}, "version", channel="general")
    assert everyones == []
    assert (
        "is back to its earlier text"
        in (await told(taught, "instruction restore", {"version": first["value"]}))["content"]
    )
    assert (await prompted(taught)).startswith("First things first.")
    for wrong in ("²", "99999999", "nothing"):
        assert "no instruction named" in (await told(taught, "instruction restore", {"version": wrong}))["content"]
    stolen = await told(taught, "instruction restore", {"version": first["value"]}, SECOND)
    assert "no instruction named" in stolen["content"]
    form = await taught.administrator.slash("instruction set", channel="general")
    assert "First things first." in str(form.modal)


async def test_a_long_one_is_taken_from_a_file_and_shown_as_one(taught: BotHarness) -> None:
    text = "Ы" * 3999 + "!"
    file = ("persona.md", text.encode("utf-8-sig"), "text/markdown")
    done = await told(taught, "instruction file", {"file": file, "name": "long`one`"})
    assert done["content"] == "From now on the instruction **longone** applies on this server."
    assert (await prompted(taught)).startswith(text)
    shown = await told(taught, "instruction show", {})
    assert (await taught.administrator.download(shown["attachments"][0])).decode() == text
    for data, sentence in (
        (b"x" * 4001, "has 4001 characters; I take at most 4000"),
        (b"\xff\xfa\x00", "is not text"),
        (b"  \n ", "There is nothing in it."),
        (b"x" * (257 << 10), "is too large for me"),
    ):
        refused = await told(taught, "instruction file", {"file": ("persona.md", data, "text/markdown")})
        assert sentence in refused["content"]
    assert (await prompted(taught)).startswith(text)


async def test_only_who_manages_the_server_writes_but_everyone_may_read(taught: BotHarness) -> None:
    await write(taught, "Be kind.")
    for command, options in (
        ("instruction set", {}),
        ("instruction pick", {"name": "default"}),
        ("instruction reset", {}),
        ("instruction delete", {"name": "default"}),
        ("instruction file", {"file": ("a.txt", b"I rule", "text/plain")}),
    ):
        refused = await (await taught.member.slash(command, options, channel="general")).response()
        assert "the permission Manage Server" in refused["content"]
    alone = await (await taught.member.slash("instruction set", channel=await taught.dm(taught.member))).response()
    assert "works only on a server" in alone["content"]
    shown = await (await taught.member.slash("instruction show", channel="general")).response()
    assert shown["content"].endswith("> Be kind.")


async def test_no_more_than_twenty_five_and_they_survive_a_restart(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings):
            for number in range(25):
                await write(harness, f"Number {number}.", name=f"name {number}")
            # The refusal comes before anyone writes a text in vain.
            refused = await told(harness, "instruction set", {"name": "one more"})
            assert "has 25 instructions already" in refused["content"]
        async with running(tmp_path, sandbox, **settings):
            assert (await prompted(harness)).startswith("Number 24.")
            offered = await harness.administrator.autocomplete(
                "instruction pick", {"name": ""}, "name", channel="general"
            )
            assert len(offered) == 25
            assert (await told(harness, "instruction delete", {"name": "name 24"}))["content"].endswith("is deleted.")
            assert (await prompted(harness)).startswith("You are Starling")
