"""A discord.py bot, unmodified apart from its address: the sandbox does not only suit hikari's idea of Discord."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.model.seed import (
    BOT_ROLE_ID,
    GENERAL_ID,
    GUILD_ID,
    MEMBER_ID,
    MODERATORS_ID,
    READ_ONLY_ID,
    SECOND_GUILD_ID,
)
from tests.sandbox.discord_py_bot import DiscordPyBot, Unpaused, running
from tests.sandbox.example_bot import WAVEFORM
from tests.sandbox.waiting import until


class Sharded(Unpaused, discord.AutoShardedClient):
    pass


Point = Callable[[Sandbox], None]


def intents() -> discord.Intents:
    wanted = discord.Intents.default()
    wanted.message_content = True
    return wanted


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Point:
    """Sets the sandbox's address in discord.py, with the two lines shown in the README."""

    def set_address(sandbox: Sandbox) -> None:
        monkeypatch.setattr(Route, "BASE", sandbox.rest_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.services.gateway.url))

    return set_address


@pytest.fixture
async def bot(sandbox: Sandbox, point: Point, caplog: pytest.LogCaptureFixture) -> AsyncIterator[DiscordPyBot]:
    """The bot; the test fails if it or discord.py logs an error."""
    point(sandbox)
    async with running(sandbox.bot_token, intents()) as started:
        yield started
    assert not [r for r in caplog.get_records("call") if r.name.startswith("discord") and r.levelno >= logging.ERROR]


def general(bot: DiscordPyBot) -> discord.TextChannel:
    channel = bot.get_channel(GENERAL_ID)
    assert isinstance(channel, discord.TextChannel)
    return channel


# Connecting


async def test_it_learns_of_its_guilds_and_registers_its_commands(bot: DiscordPyBot, ada: DiscordUser) -> None:
    guild = bot.get_guild(GUILD_ID)
    assert guild is not None
    assert {channel.name for channel in guild.text_channels} >= {"general", "voice-notes", "no-bots"}
    assert guild.me.guild_permissions.send_messages
    hidden = guild.get_channel(MODERATORS_ID)
    assert hidden is not None
    assert not hidden.permissions_for(guild.default_role).view_channel
    registered = {command.name: command for command in await bot.tree.fetch_commands()}
    assert set(registered) == {command["name"] for command in await ada.commands()}
    assert {"think", "eat", "settings", "Quote this", "Greet"} <= set(registered)
    portions = registered["eat"].options[1]
    assert isinstance(portions, discord.app_commands.Argument)
    assert (portions.min_value, portions.max_value) == (1, 5)
    info = await bot.application_info()
    assert info.name == "starling"
    assert info.approximate_guild_count == 2


async def test_the_gateway_is_where_rest_says_it_is(sandbox: Sandbox, bot: DiscordPyBot) -> None:
    _, url, limits = await bot.http.get_bot_gateway()
    assert url == sandbox.services.gateway.url
    assert limits["max_concurrency"] >= 1


async def test_a_dropped_connection_is_resumed_and_nothing_is_lost_or_doubled(
    sandbox: Sandbox, bot: DiscordPyBot, ada: DiscordUser
) -> None:
    for name in ("one", "two"):
        await ada.send(text=f"before {name}")
    await until(lambda: len(bot.texts()) == 2)
    sandbox.close_gateway()
    for name in ("one", "two", "three"):
        await ada.send(text=f"during {name}")
    await until(lambda: bot.count("resumed"), timeout_s=30)
    await ada.send(text="after")
    await until(lambda: "after" in bot.texts())
    assert bot.texts() == ["before one", "before two", "during one", "during two", "during three", "after"]
    assert bot.count("ready") == 1
    assert sandbox.services.gateway.identifies == 1
    assert sandbox.bot_sessions[0].resumed == 1


async def test_a_request_to_reconnect_is_followed(sandbox: Sandbox, bot: DiscordPyBot, ada: DiscordUser) -> None:
    sandbox.reconnect()
    await ada.send(text="meanwhile")
    await until(lambda: bot.count("resumed"), timeout_s=30)
    await until(lambda: bot.texts() == ["meanwhile"])


async def test_an_invalid_session_begins_anew(sandbox: Sandbox, bot: DiscordPyBot, ada: DiscordUser) -> None:
    sandbox.invalidate_sessions()
    await until(lambda: bot.count("ready") == 2, timeout_s=30)
    await ada.send(text="still there?")
    await until(lambda: bot.texts() == ["still there?"])
    assert bot.count("resumed") == 0
    assert sandbox.services.gateway.identifies == 2


async def test_a_session_that_may_be_resumed_is(sandbox: Sandbox, bot: DiscordPyBot) -> None:
    sandbox.invalidate_sessions(resumable=True)
    await until(lambda: bot.count("resumed"), timeout_s=30)
    assert sandbox.services.gateway.identifies == 1


async def test_two_shards_know_their_guilds_and_talk(sandbox: Sandbox, point: Point, ada: DiscordUser) -> None:
    point(sandbox)
    client = Sharded(intents=intents(), shard_count=2, guild_ready_timeout=0.1)
    heard: list[tuple[str, int]] = []

    @client.event
    async def on_message(message: discord.Message) -> None:
        assert message.guild is not None
        heard.append((message.content, message.guild.shard_id))

    async with client:
        await client.login(sandbox.bot_token)
        connection = asyncio.create_task(client.connect())
        try:
            await asyncio.wait_for(client.wait_until_ready(), 15)
            assert {guild.id for guild in client.guilds} == {GUILD_ID, SECOND_GUILD_ID}
            await ada.send(text="first")
            await ada.send("second sandbox/general", "second")
            await until(lambda: len(heard) == 2)
            assert sorted(heard) == [("first", (GUILD_ID >> 22) % 2), ("second", (SECOND_GUILD_ID >> 22) % 2)]
        finally:
            await client.close()
            await asyncio.wait({connection})


async def test_intents_that_were_not_given_are_refused(point: Point) -> None:
    async with Sandbox(options=Options(message_content=False)) as sandbox:
        point(sandbox)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(sandbox.bot_token, intents()):
                pass


async def test_a_wrong_token_is_refused(sandbox: Sandbox, point: Point) -> None:
    point(sandbox)
    with pytest.raises(discord.LoginFailure):
        async with running("wrong", intents()):
            pass


async def test_all_members_are_learnt_when_asked_for(point: Point) -> None:
    async with Sandbox(options=Options(guild_members=True, presences=True)) as sandbox:
        point(sandbox)
        async with running(sandbox.bot_token, discord.Intents.all()) as bot:
            guild = bot.get_guild(GUILD_ID)
            assert guild is not None
            assert guild.chunked
            assert {member.name for member in guild.members} == {"ada", "boris", "chloe", "starling"}
            [found] = await guild.query_members("bor")
            assert found.id == MEMBER_ID
            assert [member.name for member in await guild.query_members(user_ids=[MEMBER_ID])] == ["boris"]
            [cached] = [member async for member in guild.fetch_members() if member.name == "ada"]
            assert cached.id == guild.owner_id
        assert not sandbox.failures


# Commands


async def test_a_deferral_is_followed_by_an_edit_and_more(bot: DiscordPyBot, ada: DiscordUser) -> None:
    outcome = await ada.slash("think")
    assert outcome.succeeded
    assert (await outcome.response())["content"] == "thought"
    more = await ada.wait_for_message(lambda m: m["content"] == "and more")
    assert [m["id"] for m in outcome.messages] == [(await outcome.response())["id"], more["id"]]


async def test_an_answer_has_a_file_and_an_embed_that_shows_it(bot: DiscordPyBot, ada: DiscordUser) -> None:
    answer = await (await ada.slash("chart")).response()
    [attachment] = answer["attachments"]
    assert (attachment["filename"], attachment["description"], attachment["size"]) == ("chart.png", "A chart", 104)
    assert await ada.download(attachment) == b"\x89PNG" + bytes(100)
    assert answer["embeds"][0]["image"]["url"] == attachment["url"]


async def test_an_option_is_completed_while_it_is_typed(bot: DiscordPyBot, ada: DiscordUser) -> None:
    choices = await ada.autocomplete("eat", {"fruit": "ap"}, "fruit")
    assert [(c["name"], c["value"]) for c in choices] == [("Apple", "apple"), ("Apricot", "apricot")]
    answer = await (await ada.slash("eat", {"fruit": "apple", "portions": 3})).response()
    assert answer["content"] == "ate 3 apple"


async def test_a_subcommand_has_choices_and_a_member(bot: DiscordPyBot, boris: DiscordUser) -> None:
    options = {"language": "ru", "who": boris.user["id"]}
    answer = await (await boris.slash("settings language", options)).response()
    assert answer["content"] == "Русский for Борис (ru)"


async def test_an_uploaded_file_is_read(bot: DiscordPyBot, ada: DiscordUser) -> None:
    answer = await (await ada.slash("measure", {"file": ("note.ogg", b"OggS" * 100, "audio/ogg")})).response()
    assert answer["content"] == "note.ogg audio/ogg 400"


async def test_menus_of_messages_and_people_offer_commands(
    bot: DiscordPyBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    wise = await ada.send(text="something wise")
    assert (await (await boris.message_command("Quote this", wise)).response())["content"] == "> something wise (Ada)"
    greeted = await (await ada.user_command("Greet", boris.user["id"])).response()
    assert greeted["content"] == "hello, Борис, here since 2026"


async def test_answering_twice_is_refused(bot: DiscordPyBot, ada: DiscordUser) -> None:
    outcome = await ada.slash("fail")
    await outcome.response_where(lambda m: m["content"] == "400 40060")


async def test_a_command_works_in_a_direct_message(bot: DiscordPyBot, boris: DiscordUser) -> None:
    answer = await (await boris.slash("eat", {"fruit": "pear"}, channel=await boris.dm())).response()
    assert answer["content"] == "ate 1 pear"


# Components and forms


async def test_a_button_changes_its_message(bot: DiscordPyBot, ada: DiscordUser) -> None:
    panel = await (await ada.slash("panel")).response()
    assert (await ada.click(panel, "Count")).succeeded
    changed = await ada.wait_for_edit(panel, lambda m: m["content"] == "counted once")
    assert changed["components"][0]["components"][0]["label"] == "Counted"


async def test_a_button_whispers_and_another_takes_its_time(
    bot: DiscordPyBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    panel = await (await ada.slash("panel")).response()
    whisper = await ada.click(panel, "Whisper")
    first = await whisper.response()
    assert first["content"] == f"only for <@{ada.user['id']}>"
    second = await whisper.response_where(lambda m: m["content"] == "and this")
    assert first["flags"] & second["flags"] & 64
    assert (await boris.click(panel, "Slowly")).succeeded
    late = await ada.wait_for_edit(panel, lambda m: m["content"] == "came late")
    assert late["components"] == []
    assert not {first["id"], second["id"]} & set(boris.known_messages)


async def test_lists_of_words_and_of_people_are_chosen_from(
    bot: DiscordPyBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    panel = await (await ada.slash("panel")).response()
    chosen = await (await ada.click(panel, "panel:colours", ["red", "blue"])).response()
    assert chosen["content"] == "chose red and blue"
    who = await (await ada.click(panel, "panel:people", [boris.user["id"]])).response()
    assert who["content"] == "chose Борис"


async def test_a_message_of_components_alone_works_like_any_other(bot: DiscordPyBot, ada: DiscordUser) -> None:
    shown = await (await ada.slash("layout")).response()
    assert shown["flags"] & 1 << 15
    assert shown["components"][0]["components"][0]["content"] == "## A layout"
    assert (await (await ada.click(shown, "Press")).response())["content"] == "pressed"


async def test_a_form_with_text_and_a_file_is_filled_in(bot: DiscordPyBot, ada: DiscordUser) -> None:
    opened = await ada.slash("ask")
    assert opened.modal is not None
    assert opened.modal["title"] == "Questionnaire"
    values = {"Answer": "at length", "Recording": ("r.ogg", b"OggS" * 5, "audio/ogg")}
    assert (await (await ada.submit(opened, values)).response())["content"] == "nobody: at length [20]"


# Messages


async def test_a_mention_is_answered_with_what_was_attached(bot: DiscordPyBot, ada: DiscordUser) -> None:
    assert bot.user is not None
    asked = await ada.send(text=f"<@{bot.user.id}> listen", files=[("a.txt", b"hello", "text/plain")])
    reply = await ada.wait_for_message(after=asked)
    assert reply["content"] == "You called, Ada? a.txt text/plain 5"
    assert reply["message_reference"]["message_id"] == asked["id"]
    assert [user["id"] for user in reply["mentions"]] == [ada.user["id"]]


async def test_a_voice_note_is_known_as_one(bot: DiscordPyBot, ada: DiscordUser) -> None:
    await ada.send(voice=(b"OggS" * 30, 1.5, WAVEFORM))
    await until(lambda: bot.count("message"))
    [note] = [what for name, what in bot.heard if name == "message"]
    [attachment] = note.attachments
    assert note.flags.voice
    assert attachment.is_voice_message()
    assert (attachment.duration, attachment.waveform) == (1.5, bytes(range(64)))
    assert await attachment.read() == b"OggS" * 30


async def test_a_prefix_command_is_run(bot: DiscordPyBot, ada: DiscordUser) -> None:
    await ada.send(text="!add 2 40")
    assert (await ada.wait_for_message())["content"] == "42"
    assert any(event.name == "TYPING_START" for event in ada.events)


async def test_it_sees_people_edit_react_and_delete(bot: DiscordPyBot, ada: DiscordUser) -> None:
    said = await ada.send(text="a tpyo")
    await until(lambda: bot.texts())
    await ada.edit(said, "a typo")
    await ada.react(said, "👍")
    await ada.delete(said)
    await until(lambda: bot.count("delete"))
    heard = [(name, what) for name, what in bot.heard if name in ("edit", "reaction")]
    assert heard == [("edit", ("a tpyo", "a typo")), ("reaction", ("👍", "ada"))]


async def test_it_edits_reacts_and_deletes(bot: DiscordPyBot, ada: DiscordUser) -> None:
    channel = general(bot)
    message = await channel.send("draft", silent=True)
    draft = await ada.wait_for_message(lambda m: m["content"] == "draft")
    edited = await message.edit(content="final")
    assert edited.edited_at is not None
    await message.add_reaction("🎉")
    seen = await ada.wait_for_edit(draft, lambda m: m["content"] == "final")
    assert seen["flags"] & 1 << 12
    assert (await ada.fetch(seen))["reactions"][0]["emoji"]["name"] == "🎉"
    fetched = await channel.fetch_message(message.id)
    assert [(str(r.emoji), r.count, r.me) for r in fetched.reactions] == [("🎉", 1, True)]
    assert [user.name async for user in fetched.reactions[0].users()] == ["starling"]
    await message.remove_reaction("🎉", bot.user)  # type: ignore[arg-type]
    assert not (await channel.fetch_message(message.id)).reactions
    await message.delete()
    with pytest.raises(discord.NotFound) as gone:
        await channel.fetch_message(message.id)
    assert gone.value.code == 10008


async def test_files_are_added_and_removed(bot: DiscordPyBot, ada: DiscordUser) -> None:
    message = await general(bot).send("files", files=[discord.File(io.BytesIO(b"a"), f"{name}.txt") for name in "ab"])
    await message.edit(attachments=[message.attachments[1], discord.File(io.BytesIO(b"ccc"), "c.txt")])
    shown = await general(bot).fetch_message(message.id)
    assert [(a.filename, a.size, await a.read()) for a in shown.attachments] == [
        ("b.txt", 1, b"a"),
        ("c.txt", 3, b"ccc"),
    ]


async def test_it_is_refused_what_its_role_does_not_allow(
    bot: DiscordPyBot, ada: DiscordUser, boris: DiscordUser
) -> None:
    message = await general(bot).send("mine")
    member = await message.guild.fetch_member(MEMBER_ID)  # type: ignore[union-attr]
    silenced = bot.get_channel(READ_ONLY_ID)
    assert isinstance(silenced, discord.TextChannel)
    for forbidden in (
        message.pin(),
        member.timeout(timedelta(minutes=1)),
        silenced.send("hello"),
        general(bot).edit(slowmode_delay=5),
    ):
        with pytest.raises(discord.Forbidden):
            await forbidden


async def test_it_asks_for_one_thing_at_a_time(bot: DiscordPyBot) -> None:
    guild = await bot.fetch_guild(GUILD_ID)
    assert (await guild.fetch_role(BOT_ROLE_ID)).name == "starling"
    assert (await guild.fetch_member(MEMBER_ID)).display_name == "Борис"
    assert {channel.name for channel in await guild.fetch_channels()} >= {"general"}
    assert (await bot.fetch_channel(GENERAL_ID)).id == GENERAL_ID


async def test_it_reads_back_what_was_said(bot: DiscordPyBot, ada: DiscordUser) -> None:
    for i in range(5):
        await ada.send(text=str(i))
    channel = general(bot)
    assert [m.content async for m in channel.history(limit=3)] == ["4", "3", "2"]
    [first] = [m async for m in channel.history(limit=1, oldest_first=True)]
    assert first.content == "0"
    assert [m.content async for m in channel.history(after=first, limit=2)] == ["1", "2"]


async def test_a_thread_is_made_and_talked_in(bot: DiscordPyBot, ada: DiscordUser) -> None:
    said = await ada.send(text="much to say")
    await until(lambda: bot.texts())
    thread = await general(bot).get_partial_message(int(said["id"])).create_thread(name="about it")
    assert thread.id == int(said["id"])
    posted = await thread.send("go on")
    heard = await ada.wait_for_message(lambda m: m["id"] == str(posted.id), channel=thread.id)
    assert heard["content"] == "go on"
    await ada.send(thread.id, "and on")
    await until(lambda: "and on" in bot.texts())
    assert [t.name for t in general(bot).threads] == ["about it"]
    await thread.edit(archived=True)
    async with asyncio.timeout(30):
        assert [t.id async for t in general(bot).archived_threads()] == [thread.id]


async def test_it_writes_to_somebody_directly(bot: DiscordPyBot, boris: DiscordUser) -> None:
    user = await bot.fetch_user(MEMBER_ID)
    await user.send("psst", file=discord.File(__file__, "source.py"))
    heard = await boris.wait_for_message()
    assert (heard["content"], heard["attachments"][0]["filename"]) == ("psst", "source.py")
    assert "guild_id" not in heard
    await boris.send(await boris.dm(), "what?")
    await until(lambda: bot.texts() == ["what?"])


async def test_a_poll_and_a_forward_are_sent(bot: DiscordPyBot, ada: DiscordUser) -> None:
    poll = discord.Poll("Which voice?", timedelta(hours=1))
    poll.add_answer(text="Joe").add_answer(text="Amy", emoji="👩")
    asked = await general(bot).send(poll=poll)
    seen = await ada.wait_for_message()
    assert [a["poll_media"]["text"] for a in seen["poll"]["answers"]] == ["Joe", "Amy"]
    assert (await asked.end_poll()).poll.is_finalised()  # type: ignore[union-attr]
    said = await ada.send(text="worth telling")
    original = await general(bot).fetch_message(int(said["id"]))
    forwarded = await original.forward(general(bot))
    assert forwarded.message_snapshots[0].content == "worth telling"


async def test_a_rate_limit_is_waited_out(sandbox: Sandbox, bot: DiscordPyBot, ada: DiscordUser) -> None:
    sandbox.fault("rate_limit", method="POST", path="/channels/*/messages", retry_after_s=0.5)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await general(bot).send("patience")
    assert loop.time() - began_s >= 0.5
    assert [r.status for r in sandbox.requests.all() if r.path.endswith("/messages")] == [429, 200]
    assert [m["content"] for m in await ada.messages()] == ["patience"]


async def test_buckets_keep_it_from_being_refused(point: Point) -> None:
    async with Sandbox(options=Options(requests_per_bucket=5, bucket_window_s=1.0)) as sandbox:
        point(sandbox)
        async with running(sandbox.bot_token, intents()) as bot, await DiscordUser.named(sandbox.url, "ada") as ada:
            await asyncio.gather(*(general(bot).send(str(i)) for i in range(12)))
            said = [m["content"] for m in await ada.messages()]
        statuses = [r.status for r in sandbox.requests.all() if r.path.endswith("/messages") and r.method == "POST"]
        assert sorted(said, key=int) == [str(i) for i in range(12)]
        assert statuses.count(200) == 12
        assert statuses.count(429) <= 1
