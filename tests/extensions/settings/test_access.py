"""Who may use Starling: as its host has set it, and as a server has set it on the card of /settings."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.model.seed import MODERATOR_ROLE_ID, SECOND_GUILD_ID
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, populated, running
from tests.scripted_chat import ScriptedChat


async def access_card(harness: BotHarness) -> Message:
    shown = await (await harness.administrator.slash("settings", channel="general")).response()
    opened: Message = await (await harness.administrator.click(shown, "access:show")).response()
    assert opened["flags"] & 64
    return opened


async def choose(harness: BotHarness, what: str, *values: str) -> str:
    """Choose on the card, and return what it then shows."""
    shown = await access_card(harness)
    await harness.administrator.click(shown, f"access:{what}", list(values))
    return str((await harness.administrator.wait_for_edit(shown))["components"])


async def told_by_the_bot(harness: BotHarness, person: DiscordUser, words: str) -> Message:
    """The bot's direct message that contains ``words``."""
    message: Message = await person.wait_for_message(
        lambda one: words in one["content"], channel=await harness.dm(person)
    )
    return message


async def test_a_host_blocks_a_server_and_a_person(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        boris = next(int(user["id"]) for user in harness.directory["users"] if user["name"] == "boris")
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        blocked = {"blocked_users": [boris], "blocked_guilds": f"{SECOND_GUILD_ID}, 12345"}
        async with running(tmp_path, sandbox, **settings, **blocked):
            farewell = await told_by_the_bot(harness, harness.administrator, "so I am leaving now")
            assert "**Second sandbox**" in farewell["content"]
            refused = await (await harness.russian.slash("hi", channel="general")).response()
            assert refused["flags"] & 64
            assert "Владелец бота не разрешает вам" in refused["content"]
            own = await (await harness.russian.slash("privacy show", channel="general")).response()
            assert "corrections" in own["content"] or "исправлен" in own["content"]
            asked = await harness.russian.send("general", f"{harness.mention} hello")
            answered = await harness.member.send("general", f"{harness.mention} hello")
            await harness.answer_to(answered, lambda text: "capital of France." in text)
            assert not [one for one in await harness.after(asked) if "capital" in one["content"]][1:]
            async with asyncio.timeout(30):
                while ("DELETE", 204) not in [(one.method, one.status) for one in sandbox.requests.all()]:
                    await asyncio.sleep(0.05)
            assert (SECOND_GUILD_ID, int(harness.bot_id)) not in sandbox.services.state.members


async def test_a_server_chooses_channels_roles_and_people_and_limits_by_role(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.usage = (40, 20)
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        chloe, ada = harness.member, harness.administrator
        general = harness.channel("general")
        async with running(tmp_path, sandbox, **settings):
            assert f"<#{general}>" in await choose(harness, "not-channels", general)
            await chloe.send("general", f"{harness.mention} hello")
            await told_by_the_bot(harness, chloe, f"I do not answer in <#{general}>")
            refused = await (await chloe.slash("hi", channel="general")).response()
            assert f"I do not answer in <#{general}>" in refused["content"]
            asked = await ada.send("general", f"{harness.mention} hello")  # she manages the server
            await harness.answer_to(asked, lambda text: "capital of France." in text, reader=ada)
            await choose(harness, "not-channels")

            assert f"<@&{MODERATOR_ROLE_ID}>" in await choose(harness, "only-roles", str(MODERATOR_ROLE_ID))
            refused = await (await chloe.slash("hi", channel="general")).response()
            assert "Your roles on this server do not let you use me" in refused["content"]
            asked = await ada.send("general", f"{harness.mention} hello")
            await harness.answer_to(asked, lambda text: "capital of France." in text, reader=ada)
            await choose(harness, "only-roles")

            member = next(user["id"] for user in harness.directory["users"] if user["name"] == "chloe")
            assert f"<@{member}>" in await choose(harness, "not-people", member)
            refused = await (await chloe.slash("hi", channel="general")).response()
            assert "On this server you may not use me" in refused["content"]
            await choose(harness, "not-people")

            shown = await access_card(harness)
            form = await ada.click(shown, "access:role", [str(MODERATOR_ROLE_ID)])
            await ada.submit(form, {"tokens": "50", "audio": ""})
            changed = str((await ada.wait_for_edit(shown))["components"])
            assert f"<@&{MODERATOR_ROLE_ID}>: 50 tokens" in changed
            asked = await ada.send("general", f"{harness.mention} hello")
            await harness.answer_to(asked, lambda text: "used up the 50 tokens" in text, reader=ada)
            asked = await chloe.send("general", f"{harness.mention} hello")
            await harness.answer_to(asked, lambda text: "capital of France." in text)
