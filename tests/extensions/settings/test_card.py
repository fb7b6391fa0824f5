"""/settings, /model, and voice notes that are transcribed automatically."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from bot.sandbox.model.seed import MODERATOR_ROLE_ID
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, is_heard

SECOND = "second sandbox/general"


async def card(harness: BotHarness, channel: str = "general") -> Message:
    shown: Message = await (await harness.administrator.slash("settings", channel=channel)).response()
    assert shown["flags"] & 64
    return shown


async def set_(harness: BotHarness, what: str, *values: str, channel: str = "general") -> Message:
    shown = await card(harness, channel)
    await harness.administrator.click(shown, f"set:{what}", list(values))
    changed: Message = await harness.administrator.wait_for_edit(shown)
    return changed


async def limit(harness: BotHarness, **limits: str) -> Message:
    """Set ``limits`` of the second guild in the form."""
    shown = await card(harness, SECOND)
    await harness.administrator.submit(await harness.administrator.click(shown, "set:limits"), limits)
    changed: Message = await harness.administrator.wait_for_edit(shown)
    return changed


async def test_a_server_says_when_it_is_spoken_to(harness: BotHarness) -> None:
    try:
        await set_(harness, "speak", "always")
        asked = await harness.member.send("general", f"{harness.mention} hello")
        await harness.voice_reply_to(await harness.complete_answer_to(asked))
        elsewhere = await harness.administrator.send(SECOND, f"{harness.mention} hello")
        answer = await harness.complete_answer_to(elsewhere, reader=harness.administrator)
        assert buttons_of(answer) == ["aloud", "again", "good", "bad", "correct"]
    finally:
        await set_(harness, "speak", "host")


async def test_voice_notes_are_written_down_where_a_server_wants_that(tmp_path: Path, whisper_base: Path) -> None:
    styles = [
        ("quote", r"> 🎙️ \w[^\n]*"),
        ("plain", r"\w.*\n-# [^\n]*0:03"),
        ("times", r"`0:00` \w.*\n-# [^\n]*0:03"),
    ]
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        async with running(tmp_path, sandbox, **settings):
            notes, boris = harness.channel("voice-notes"), harness.russian
            changed = await set_(harness, "channels", notes)
            assert f"<#{notes}>" in str(changed["components"])
            assert "Message Content Intent" not in str(changed["components"])
            for style, form in styles:
                if style != "quote":
                    await set_(harness, "style", style)
                if style == "times":
                    # People see the transcript before the bot learns it was posted; the note is deleted in between.
                    sandbox.fault("error", method="POST", path=f"/channels/{notes}/messages", only_bot=True, after=True)
                asked = await boris.send(notes, voice=voice("americans.ogg"))
                written = await harness.answer_to(asked, bool, reader=boris)
                assert re.fullmatch(form, written["content"], re.DOTALL)
                assert is_heard(AMERICANS, re.sub(r"`[\d:]+`|\n-# .*", " ", written["content"]))
                assert buttons_of(written) == []
            await boris.delete(asked)
            await boris.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == written["id"])
            await boris.send(notes, "only words")
            await set_(harness, "channels")
            unwritten = await boris.send(notes, voice=voice("americans.ogg"))
            await asyncio.sleep(1.0)
            assert await harness.after(unwritten, reader=boris) == []
            assert chat.requests == []


async def test_a_server_learns_that_its_voice_notes_cannot_be_seen(harness: BotHarness) -> None:
    try:
        changed = await set_(harness, "channels", harness.channel("voice-notes"))
        assert "switch on the Message Content Intent" in str(changed["components"])
    finally:
        await set_(harness, "channels")


async def test_limits_are_written_in_a_form(harness: BotHarness) -> None:
    form = await harness.administrator.click(await card(harness, SECOND), "set:limits")
    wrong = await harness.administrator.submit(form, {"tokens_a_day": "много"})
    assert "много is not a limit" in (await wrong.response())["content"]
    changed = await limit(harness, member_tokens_a_day="1")
    assert "each member: 1 token" in str(changed["components"])
    try:
        for _time in range(2):
            asked = await harness.administrator.send(SECOND, f"{harness.mention} hello")
            answer = await harness.answer_to(
                asked, lambda text: "France." in text or "1 token that" in text, reader=harness.administrator
            )
        assert "that each member of this server has a day" in answer["content"]
        free = await harness.administrator.send("general", f"{harness.mention} hello")
        await harness.complete_answer_to(free, reader=harness.administrator)
    finally:
        await limit(harness, member_tokens_a_day="")


async def test_languages_and_memory_are_chosen_and_kept(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings):
            await set_(harness, "languages", "ru", "en")
            await set_(harness, "days", "7")
        async with running(tmp_path, sandbox, **settings):
            components = (await card(harness))["components"][0]["components"]
            options = [o for row in components for menu in row.get("components", ()) for o in menu.get("options", ())]
            assert {o["value"] for o in options if o.get("default")} == {"host", "short", "quote", "ru", "en", "7"}
            assert "90" not in {o["value"] for o in options}


async def test_roles_correct_and_approve(harness: BotHarness) -> None:
    moderators = str(MODERATOR_ROLE_ID)
    changed = await set_(harness, "approve", moderators)
    assert f"besides managers: <@&{moderators}>" in str(changed["components"])
    try:
        changed = await set_(harness, "correct", moderators)
        assert f"who may correct me: <@&{moderators}>;" in str(changed["components"])
        asked = await harness.member.send("general", f"{harness.mention} hello")
        answer = await harness.complete_answer_to(asked)
        refused = await (await harness.member.message_command("Correct this reply", answer)).response()
        assert refused["flags"] & 64
        assert f"<@&{moderators}>" in refused["content"] or "role" in refused["content"]
    finally:
        await set_(harness, "correct")
        changed = await set_(harness, "approve")
    assert "who may correct me: everyone; who may approve corrections, besides managers: nobody" in str(
        changed["components"]
    )


async def test_only_who_manages_a_server_sets_it(harness: BotHarness) -> None:
    assert "settings" not in [command["name"] for command in await harness.member.commands("general")]
    button = {"type": 2, "style": 2, "label": "Change limits", "custom_id": "set:limits"}
    body = {"content": "x", "components": [{"type": 1, "components": [button]}]}
    shown = await harness.as_bot("POST", f"/channels/{harness.channel('general')}/messages", body)
    refused = await (await harness.member.click(shown, "set:limits")).response()
    assert "Only those who have the permission Manage Server can do that." in refused["content"]


async def test_a_server_chooses_its_model(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.models = ["scripted", "Большая-модель", *(f"model-{n:03}" for n in range(300))]
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            ada = harness.administrator
            offered = await ada.autocomplete("model set", {"model": "больш"}, "model", channel="general")
            assert [choice["value"] for choice in offered] == ["Большая-модель"]
            assert len(await ada.autocomplete("model set", {"model": "model"}, "model", channel="general")) == 25
            chosen = await (await ada.slash("model set", {"model": "Большая-модель"}, channel="general")).response()
            assert chosen["content"] == "From now on `Большая-модель` answers on this server."
            for channel, expected in (("general", "Большая-модель"), (SECOND, "scripted")):
                asked = await ada.send(channel, f"{harness.mention} hello")
                await harness.complete_answer_to(asked, reader=ada)
                assert chat.requests[-1]["model"] == expected
            listed = await (await harness.member.slash("model list", channel="general")).response()
            assert "Here it is `Большая-модель`" in listed["content"]
            shown = await (await harness.russian.slash("model show", channel="general")).response()
            assert shown["content"] == "Здесь отвечает `Большая-модель`."
            wrong = await (await ada.slash("model set", {"model": "nothing"}, channel="general")).response()
            assert "There is no model nothing" in wrong["content"]
            refused = await (
                await harness.member.slash("model set", {"model": "scripted"}, channel="general")
            ).response()
            assert "the permission Manage Server" in refused["content"]
            await (await ada.slash("model set", channel="general")).response()
            shown = await (await ada.slash("model show", channel="general")).response()
            assert shown["content"] == "`scripted` answers here."
