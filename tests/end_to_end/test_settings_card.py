"""/settings, /model, and voice notes that are written down by themselves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from tests.end_to_end.town import Message, Town, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat

SECOND = "second sandbox/general"


async def card(town: Town, channel: str = "general") -> Message:
    shown: Message = await (await town.administrator.slash("settings", channel=channel)).response()
    assert shown["flags"] & 64
    return shown


async def set_(town: Town, what: str, *values: str, channel: str = "general") -> Message:
    outcome = await town.administrator.click(await card(town, channel), f"set:{what}", list(values))
    changed: Message = await outcome.response()
    return changed


async def test_a_server_says_when_it_is_spoken_to(town: Town) -> None:
    try:
        await set_(town, "speak", "always")
        asked = await town.member.send("general", f"{town.mention} hello")
        await town.voice_reply_to(await town.complete_answer_to(asked))
        elsewhere = await town.administrator.send(SECOND, f"{town.mention} hello")
        answer = await town.complete_answer_to(elsewhere, reader=town.administrator)
        assert buttons_of(answer) == ["aloud", "again"]
    finally:
        await set_(town, "speak", "host")


@pytest.mark.parametrize(
    ("style", "begins", "ends"),
    [
        ("quote", "> 🎙️ And so, my fellow Americans", "country."),
        ("plain", "And so, my fellow Americans", "0:11"),
        ("times", "`0:00` And so, my fellow Americans", "0:11"),
    ],
)
async def test_voice_notes_are_written_down_where_a_server_wants_that(
    town: Town, style: str, begins: str, ends: str
) -> None:
    notes = town.channel("voice-notes")
    changed = await set_(town, "channels", notes)
    assert f"<#{notes}>" in str(changed["components"])
    await set_(town, "style", style)
    try:
        asked = await town.russian.send(notes, voice=voice("jfk.ogg"))
        written = await town.answer_to(asked, bool, reader=town.russian)
        assert written["content"].startswith(begins)
        assert written["content"].endswith(ends)
        assert buttons_of(written) == []
        assert town.chat.requests == []
        await town.russian.send(notes, "only words")
        await town.russian.delete(asked)
        await town.russian.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == written["id"])
    finally:
        await set_(town, "channels")
        await set_(town, "style", "quote")
    unwritten = await town.russian.send(notes, voice=voice("jfk.ogg"))
    await asyncio.sleep(1.0)
    assert await town.after(unwritten, reader=town.russian) == []


async def test_limits_are_written_in_a_form(town: Town) -> None:
    form = await town.administrator.click(await card(town, SECOND), "set:limits")
    wrong = await town.administrator.submit(form, {"tokens_a_day": "много"})
    assert "много is not a limit" in (await wrong.response())["content"]
    form = await town.administrator.click(await card(town, SECOND), "set:limits")
    changed = await (await town.administrator.submit(form, {"member_tokens_a_day": "1"})).response()
    assert "each member: 1 tokens" in str(changed["components"])
    try:
        for _time in range(2):
            asked = await town.administrator.send(SECOND, f"{town.mention} hello")
            answer = await town.answer_to(
                asked, lambda text: "France." in text or "1 tokens" in text, reader=town.administrator
            )
        assert "that each member of this server has a day" in answer["content"]
        free = await town.administrator.send("general", f"{town.mention} hello")
        await town.complete_answer_to(free, reader=town.administrator)
    finally:
        form = await town.administrator.click(await card(town, SECOND), "set:limits")
        await (await town.administrator.submit(form, {"member_tokens_a_day": ""})).response()


async def test_languages_and_memory_are_chosen_and_kept(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as town:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings):
            await set_(town, "languages", "ru", "en")
            await set_(town, "days", "7")
        async with running(tmp_path, sandbox, **settings):
            components = (await card(town))["components"][0]["components"]
            options = [o for row in components for menu in row.get("components", ()) for o in menu.get("options", ())]
            assert {o["value"] for o in options if o.get("default")} == {"host", "quote", "ru", "en", "7"}
            assert "90" not in {o["value"] for o in options}


async def test_only_who_manages_a_server_sets_it(town: Town) -> None:
    assert "settings" not in [command["name"] for command in await town.member.commands("general")]
    button = {"type": 2, "style": 2, "label": "Change limits", "custom_id": "set:limits"}
    body = {"content": "x", "components": [{"type": 1, "components": [button]}]}
    shown = await town.as_bot("POST", f"/channels/{town.channel('general')}/messages", body)
    refused = await (await town.member.click(shown, "set:limits")).response()
    assert "Only those who may manage this server can change that." in refused["content"]


async def test_a_server_chooses_its_model(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as town:
        chat.models = ["scripted", "Большая-модель", *(f"model-{n:03}" for n in range(300))]
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            ada = town.administrator
            offered = await ada.autocomplete("model set", {"model": "больш"}, "model", channel="general")
            assert [choice["value"] for choice in offered] == ["Большая-модель"]
            assert len(await ada.autocomplete("model set", {"model": "model"}, "model", channel="general")) == 25
            chosen = await (await ada.slash("model set", {"model": "Большая-модель"}, channel="general")).response()
            assert chosen["content"] == "From now on `Большая-модель` answers on this server."
            for channel, expected in (("general", "Большая-модель"), (SECOND, "scripted")):
                asked = await ada.send(channel, f"{town.mention} hello")
                await town.complete_answer_to(asked, reader=ada)
                assert chat.requests[-1]["model"] == expected
            listed = await (await town.member.slash("model list", channel="general")).response()
            assert "Here it is `Большая-модель`" in listed["content"]
            shown = await (await town.russian.slash("model show", channel="general")).response()
            assert shown["content"] == "Здесь отвечает `Большая-модель`."
            wrong = await (await ada.slash("model set", {"model": "nothing"}, channel="general")).response()
            assert "There is no model nothing" in wrong["content"]
            refused = await (await town.member.slash("model set", {"model": "scripted"}, channel="general")).response()
            assert "Only those who may manage this server" in refused["content"]
            await (await ada.slash("model set", channel="general")).response()
            shown = await (await ada.slash("model show", channel="general")).response()
            assert shown["content"] == "Here `scripted` answers."
