"""Who may do what, where: roles, overwrites, and what a bot may read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import hikari
import pytest

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.model.errors import DiscordError
from bot.sandbox.model.permissions import EVERYONE, Permissions
from bot.sandbox.model.seed import (
    APPLICATION_ID,
    BOT_ROLE_ID,
    GENERAL_ID,
    GUILD_ID,
    MODERATORS_ID,
    READ_ONLY_ID,
    VOICE_NOTES_ID,
)
from tests.sandbox.example_bot import INTENTS, VOICE, WAVEFORM, build, running

FILE = hikari.Bytes(b"x", "x.txt")
Deed = Callable[[hikari.GatewayBot], Awaitable[object]]


async def _deny(ada: DiscordUser, channel_id: int, denied: Permissions) -> None:
    body = {"type": 0, "allow": "0", "deny": str(int(denied))}
    await ada.request("PUT", f"/channels/{channel_id}/permissions/{BOT_ROLE_ID}", body)


REFUSED: tuple[tuple[Permissions, int, Deed], ...] = (
    (Permissions.VIEW_CHANNEL, 50001, lambda bot: bot.rest.create_message(GENERAL_ID, "x")),
    (Permissions.VIEW_CHANNEL, 50001, lambda bot: bot.rest.fetch_channel(GENERAL_ID)),
    (Permissions.SEND_MESSAGES, 50013, lambda bot: bot.rest.create_message(GENERAL_ID, "x")),
    (Permissions.SEND_MESSAGES, 50013, lambda bot: bot.rest.trigger_typing(GENERAL_ID)),
    (Permissions.ATTACH_FILES, 50013, lambda bot: bot.rest.create_message(GENERAL_ID, "x", attachment=FILE)),
    (
        Permissions.SEND_VOICE_MESSAGES,
        50173,
        lambda bot: bot.rest.create_voice_message(GENERAL_ID, VOICE, WAVEFORM, 1.5),
    ),
    (
        Permissions.CREATE_PUBLIC_THREADS,
        50013,
        lambda bot: bot.rest.create_thread(GENERAL_ID, hikari.ChannelType.GUILD_PUBLIC_THREAD, "x"),
    ),
    (Permissions.NONE, 50013, lambda bot: bot.rest.edit_channel(GENERAL_ID, name="mine")),
    (Permissions.NONE, 50013, lambda bot: bot.rest.create_role(GUILD_ID, name="mine")),
)


async def test_what_is_denied_is_refused(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    for denied, code, deed in REFUSED:
        await _deny(ada, GENERAL_ID, denied)
        with pytest.raises(hikari.ForbiddenError) as refused:
            await deed(bot)
        assert refused.value.code == code, denied


async def test_a_voice_message_does_not_need_the_permission_for_files(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    await _deny(ada, GENERAL_ID, Permissions.ATTACH_FILES)
    assert await bot.rest.create_voice_message(GENERAL_ID, VOICE, WAVEFORM, 1.5)


async def test_reactions_and_history_have_their_own_permissions(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    message = await ada.send(text="look")
    await _deny(ada, GENERAL_ID, Permissions.ADD_REACTIONS)
    with pytest.raises(hikari.ForbiddenError):
        await bot.rest.add_reaction(GENERAL_ID, int(message["id"]), "👍")
    await _deny(ada, GENERAL_ID, Permissions.READ_MESSAGE_HISTORY)
    assert not await bot.rest.fetch_messages(GENERAL_ID)
    with pytest.raises(hikari.ForbiddenError):
        await bot.rest.fetch_message(GENERAL_ID, int(message["id"]))


async def test_threads_have_the_permissions_of_their_channel(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    thread = await ada.thread("talk")
    await _deny(ada, GENERAL_ID, Permissions.SEND_MESSAGES)
    assert await bot.rest.create_message(int(thread["id"]), "in threads I may")
    await _deny(ada, GENERAL_ID, Permissions.SEND_MESSAGES_IN_THREADS)
    with pytest.raises(hikari.ForbiddenError) as refused:
        await bot.rest.create_message(int(thread["id"]), "no longer")
    assert refused.value.code == 50013


async def test_the_seeded_channels_are_as_they_are_called(
    bot: hikari.GatewayBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    with pytest.raises(hikari.ForbiddenError) as refused:
        await bot.rest.create_message(READ_ONLY_ID, "x")
    assert refused.value.code == 50013
    await bot.rest.create_message(MODERATORS_ID, "to review")
    await ada.send("moderators", "among us")
    with pytest.raises(DiscordError, match="50001"):
        await boris.send("moderators", "let me in")
    await ada.send("general", "a mark in time")
    await boris.wait_for_message(lambda m: m["content"] == "a mark in time", from_bot=False)
    assert all(m["content"] != "among us" for m in boris.known_messages.values())
    assert "moderators" not in {c["name"] for g in boris.ready["guilds"] for c in g["channels"]}


async def test_a_role_gives_what_it_says(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    message = await ada.send(text="delete me")
    with pytest.raises(hikari.ForbiddenError):
        await bot.rest.delete_message(GENERAL_ID, int(message["id"]))
    granted = str(int(EVERYONE | Permissions.MANAGE_MESSAGES))
    await ada.request("PATCH", f"/guilds/{GUILD_ID}/roles/{BOT_ROLE_ID}", {"permissions": granted})
    await bot.rest.delete_message(GENERAL_ID, int(message["id"]))


async def test_a_member_who_is_timed_out_may_only_read(
    bot: hikari.GatewayBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    path = f"/guilds/{GUILD_ID}/members/{boris.user['id']}"
    until = datetime.now(UTC) + timedelta(minutes=1)
    with pytest.raises(DiscordError, match="50013"):
        await boris.request("PATCH", path, {"communication_disabled_until": until.isoformat()})
    for wrong in ("soon", (until + timedelta(days=29)).isoformat()):
        with pytest.raises(DiscordError, match="50035"):
            await ada.request("PATCH", path, {"communication_disabled_until": wrong})
    changed = await ada.request("PATCH", path, {"communication_disabled_until": until.isoformat()})
    assert datetime.fromisoformat(changed["communication_disabled_until"]) == until
    with pytest.raises(DiscordError, match="50013"):
        await boris.send(text="but I want to say")
    await ada.send(text="he only reads now")
    assert [m["content"] for m in await boris.messages()] == ["he only reads now"]
    await ada.request("PATCH", path, {"communication_disabled_until": None})
    await boris.send(text="at last")
    with pytest.raises(DiscordError, match="50013"):
        owner = f"/guilds/{GUILD_ID}/members/{ada.user['id']}"
        await ada.request("PATCH", owner, {"communication_disabled_until": until.isoformat()})


async def test_an_interaction_tells_what_the_bot_may(bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    await _deny(ada, VOICE_NOTES_ID, Permissions.SEND_VOICE_MESSAGES)
    told = asyncio.create_task(bot.wait_for(hikari.InteractionCreateEvent, 5))
    await asyncio.sleep(0)
    await ada.slash("echo", {"text": "x"}, channel="voice-notes")
    interaction = (await told).interaction
    assert isinstance(interaction, hikari.CommandInteraction)
    assert not interaction.app_permissions & hikari.Permissions.SEND_VOICE_MESSAGES
    assert interaction.app_permissions & hikari.Permissions.SEND_MESSAGES
    assert interaction.member is not None
    assert interaction.member.permissions & hikari.Permissions.ADMINISTRATOR
    assert interaction.attachment_size_limit == 10 << 20


async def test_without_the_content_intent_a_bot_reads_only_what_is_meant_for_it(
    sandbox: Sandbox, ada: DiscordUser
) -> None:
    bot = build(sandbox, INTENTS & ~hikari.Intents.MESSAGE_CONTENT)
    heard: list[tuple[str | None, int, int]] = []

    async def hear(event: hikari.MessageCreateEvent) -> None:
        if event.is_human:
            heard.append((event.content, len(event.message.attachments), int(event.message.flags)))

    bot.subscribe(hikari.MessageCreateEvent, hear)
    async with running(bot):
        own = await bot.rest.create_message(GENERAL_ID, "my own words")
        assert own.content == "my own words"
        shown = await ada.wait_for_message()
        await ada.send(text="not for you", files=[("x.txt", b"x", "text/plain")])
        await ada.send(voice=(b"OggS", 1.0, "AAAA"))
        await ada.send(text=f"for <@{APPLICATION_ID}>", files=[("x.txt", b"x", "text/plain")])
        await ada.send(reply_to=shown, text="a reply that pings")
        await ada.send(reply_to=shown, text="a reply that does not", ping=False)
        answer = await (await ada.slash("echo", {"text": "an answer"})).response()
        await ada.send(reply_to=answer, text="a reply to an answer")
        await ada.send(await ada.dm(), "in private")
        quoted = await ada.send(text="quote me")
        assert (await (await ada.message_command("Quote this", quoted)).response())["content"] == "> quote me"
    assert heard == [
        (None, 0, 0),
        (None, 0, 8192),
        (f"for <@{APPLICATION_ID}>", 1, 0),
        ("a reply that pings", 0, 0),
        (None, 0, 0),
        (None, 0, 0),
        ("in private", 0, 0),
        (None, 0, 0),
    ]


async def test_without_the_content_intent_reading_is_gated_too() -> None:
    async with (
        Sandbox(options=Options(message_content=False)) as sandbox,
        await DiscordUser.named(sandbox.url, "ada") as ada,
        running(build(sandbox, INTENTS & ~hikari.Intents.MESSAGE_CONTENT)) as bot,
    ):
        message = await ada.send(text="not for you")
        assert (await bot.rest.fetch_message(GENERAL_ID, int(message["id"]))).content is None
        assert not sandbox.failures


async def test_events_come_only_to_those_who_asked(sandbox: Sandbox, ada: DiscordUser) -> None:
    bot = build(sandbox, hikari.Intents.GUILDS)
    names: list[str] = []

    async def note(event: hikari.ShardPayloadEvent) -> None:
        names.append(event.name)

    bot.subscribe(hikari.ShardPayloadEvent, note)
    async with running(bot):
        message = await ada.send(text="unheard")
        await ada.react(message, "👍")
        await ada.send(await ada.dm(), "unheard")
        assert (await (await ada.slash("echo", {"text": "heard"})).response())["content"] == "heard"
    assert set(names) == {"READY", "GUILD_CREATE", "INTERACTION_CREATE"}


async def test_a_command_of_an_installed_person_works_where_the_bot_is_not(
    bot: hikari.GatewayBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    channel = await ada.dm(boris.user["id"])
    told = asyncio.create_task(bot.wait_for(hikari.InteractionCreateEvent, 5))
    await asyncio.sleep(0)
    outcome = await ada.slash("echo", {"text": "between people"}, channel=channel)
    interaction = (await told).interaction
    assert isinstance(interaction, hikari.CommandInteraction)
    assert interaction.context == 2
    assert (await outcome.response())["content"] == "between people"
    await boris.wait_for_message(lambda m: m["content"] == "between people")
    for i in range(5):
        await interaction.execute(str(i))
    with pytest.raises(hikari.BadRequestError) as refused:
        await interaction.execute("one too many")
    assert refused.value.code == 40094
