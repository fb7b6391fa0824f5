"""The gateway: beginning, staying, losing and resuming a connection."""

from __future__ import annotations

import asyncio

import aiohttp
import hikari
import pytest

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.seed import ADMIN_ID, BOT_TOKEN, GUILD_ID
from tests.sandbox.example_bot import build, running
from tests.sandbox.waiting import until
from tests.sandbox.wire import ALL_INTENTS, Wire, wired


async def test_a_bot_learns_of_its_guilds(sandbox: Sandbox) -> None:
    async with running(build(sandbox)) as bot:
        await until(lambda: bot.cache.get_guild(GUILD_ID))
        guild = bot.cache.get_guild(GUILD_ID)
        assert guild is not None
        assert {channel.name for channel in guild.get_channels().values()} >= {"general", "voice-notes", "no-bots"}
        assert guild.member_count == 4
        me = bot.get_me()
        assert me is not None
        assert list(guild.get_members()) == [me.id]


@pytest.mark.parametrize(
    ("query", "compress"), [("v=10&encoding=json&compress=zlib-stream", False), ("v=10", True), ("v=10", False)]
)
async def test_frames_are_packed_as_asked(sandbox: Sandbox, query: str, compress: bool) -> None:
    async with wired(sandbox, query) as wire:
        ready = await wire.identify(compress=compress)
        assert ready["user"]["bot"]
        assert (await wire.hear_event("GUILD_CREATE"))["d"]["name"] == "Sandbox"


async def test_heartbeats_are_answered_at_once_even_before_identifying(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        await wire.say(1, None)
        assert (await wire.hear())["op"] == 11
        await wire.identify()
        assert len(sandbox.bot_sessions[0].heartbeats) == 1


async def test_heartbeats_are_measured() -> None:
    async with Sandbox(options=Options(heartbeat_interval_s=0.1)) as sandbox, running(build(sandbox)):
        await until(lambda: len(sandbox.bot_sessions[0].heartbeats) >= 4)
        first, *later = sandbox.bot_sessions[0].heartbeats
        assert first.late_s is None
        assert all(beat.late_s is not None and -0.1 < beat.late_s < 30.0 for beat in later)


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (99, {}, 4001),
        (3, {}, 4003),
        (2, {"token": "wrong", "intents": 1}, 4004),
        (2, {"token": BOT_TOKEN, "intents": 1 << 40}, 4013),
        (2, {"token": BOT_TOKEN}, 4013),
        (2, {"token": BOT_TOKEN, "intents": int(Intents.GUILD_MEMBERS)}, 4014),
        (2, {"token": BOT_TOKEN, "intents": 1, "shard": [2, 2]}, 4010),
        (2, {"token": BOT_TOKEN, "intents": 1, "presence": "x" * 5000}, 4002),
        (6, {"token": "wrong", "session_id": "x", "seq": 1}, 4004),
    ],
)
async def test_what_is_wrong_is_closed_with_discords_code(sandbox: Sandbox, op: int, data: object, code: int) -> None:
    async with wired(sandbox) as wire:
        await wire.say(op, data)
        assert await wire.closed_with() == code


@pytest.mark.parametrize("nonsense", ["{nonsense", '{"op": 1, "d": "\\ud800"}', "[" * 4000])
async def test_nonsense_is_closed(sandbox: Sandbox, nonsense: str) -> None:
    async with wired(sandbox) as wire:
        await wire.socket.send_str(nonsense)
        assert await wire.closed_with() == 4002


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"query": "BO", "limit": 1}, ["boris"]),
        ({"query": "", "limit": 2}, ["starling", "ada"]),
        ({"user_ids": [str(ADMIN_ID), "17"]}, ["ada"]),
    ],
)
async def test_members_are_looked_up(sandbox: Sandbox, asked: dict[str, object], found: list[str]) -> None:
    async with wired(sandbox) as wire:
        await wire.identify()
        await wire.say(8, {"guild_id": str(GUILD_ID), "nonce": "n", **asked})
        chunk = (await wire.hear_event("GUILD_MEMBERS_CHUNK"))["d"]
        assert [member["user"]["username"] for member in chunk["members"]] == found
        assert (chunk["chunk_index"], chunk["chunk_count"], chunk["nonce"]) == (0, 1, "n")
        assert chunk.get("not_found") == (["17"] if "user_ids" in asked else None)


async def test_who_lacks_the_intent_is_not_told_of_all_members(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        await wire.identify()
        await wire.say(8, {"guild_id": str(GUILD_ID), "query": "", "limit": 0})
        await wire.say(8, {"guild_id": str(GUILD_ID), "query": "ada", "limit": 1, "presences": True})
        await wire.say(8, {"guild_id": str(GUILD_ID), "query": "ada", "limit": 1, "nonce": "the last"})
        assert (await wire.hear_event("GUILD_MEMBERS_CHUNK"))["d"]["nonce"] == "the last"


async def test_a_newcomer_is_announced_and_may_talk() -> None:
    async with Sandbox(options=Options(guild_members=True)) as sandbox, wired(sandbox) as wire:
        await wire.identify(intents=ALL_INTENTS | int(Intents.GUILD_MEMBERS))
        async with DiscordUser(sandbox.url, sandbox.add_person("dora")) as dora:
            joined = (await wire.hear_event("GUILD_MEMBER_ADD"))["d"]
            assert (joined["user"]["username"], joined["guild_id"]) == ("dora", str(GUILD_ID))
            said = await dora.send(text="hello everyone")
            assert (await wire.hear_event("MESSAGE_CREATE"))["d"]["id"] == said["id"]
        assert (await DiscordUser.named(sandbox.url, "dora")).events == []
        with pytest.raises(SandboxError, match="already somebody called 'dora'"):
            sandbox.add_person("dora")
        with pytest.raises(SandboxError, match="needs 2 to 32"):
            sandbox.add_person("d")


async def test_identifying_twice_is_closed(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        await wire.identify()
        await wire.say(2, {"token": BOT_TOKEN, "intents": 1})
        assert await wire.closed_with() == 4005


async def test_another_version_is_closed(sandbox: Sandbox) -> None:
    url = f"{sandbox.services.gateway.url}?v=8"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        assert await Wire(socket, stream=False).closed_with() == 4012


async def test_chatter_is_closed(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        for _ in range(121):
            await wire.say(1, None)
        assert await wire.closed_with() == 4008


async def test_hikari_gives_up_on_intents_that_it_was_not_given() -> None:
    async with Sandbox(options=Options(message_content=False)) as sandbox:
        bot = build(sandbox)
        with pytest.raises(hikari.GatewayServerClosedConnectionError) as closed:
            await bot.start(check_for_updates=False)
        await bot.close()
        assert closed.value.code == 4014


async def _resumes_after(
    sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser, disturb: object
) -> list[str | None]:
    """The messages that the bot receives, of three: one before, one during and one after the disturbance."""
    assert callable(disturb)
    heard: list[str | None] = []
    complete = asyncio.Event()

    @bot.listen()
    async def hear(event: hikari.GuildMessageCreateEvent) -> None:
        heard.append(event.content)
        if event.content == "after":
            complete.set()

    await ada.send(text="before")
    await until(lambda: heard)
    disturb()
    await ada.send(text="during")
    async with asyncio.timeout(30):
        await bot.wait_for(hikari.ShardDisconnectedEvent, 5)
        await bot.wait_for(hikari.ShardConnectedEvent, 10)
        await ada.send(text="after")
        await complete.wait()
    return heard


async def test_a_lost_connection_is_resumed_and_nothing_is_missed(
    sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser
) -> None:
    assert await _resumes_after(sandbox, bot, ada, sandbox.close_gateway) == ["before", "during", "after"]
    assert sandbox.bot_sessions[0].resumed == 1


async def test_a_request_to_reconnect_is_followed(sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    assert await _resumes_after(sandbox, bot, ada, sandbox.reconnect) == ["before", "during", "after"]
    assert sandbox.bot_sessions[0].resumed == 1


async def test_an_invalid_session_begins_anew(sandbox: Sandbox, bot: hikari.GatewayBot, ada: DiscordUser) -> None:
    heard = await _resumes_after(sandbox, bot, ada, sandbox.invalidate_sessions)
    assert heard[0] == "before"
    assert heard[-1] == "after"
    assert sandbox.bot_sessions[0].resumed == 0
    assert sandbox.services.gateway.identifies == 2


async def test_a_session_of_another_day_cannot_be_resumed(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        await wire.say(6, {"token": BOT_TOKEN, "session_id": "of another day", "seq": 1})
        assert (await wire.hear()) == {"op": 9, "d": False, "s": None, "t": None}


async def test_a_sequence_from_the_future_is_closed(sandbox: Sandbox) -> None:
    async with wired(sandbox) as first:
        ready = await first.identify()
        await first.socket.close(code=4000)
    async with wired(sandbox) as second:
        await second.say(6, {"token": BOT_TOKEN, "session_id": ready["session_id"], "seq": 10_000})
        assert await second.closed_with() == 4007


async def test_a_client_that_says_goodbye_has_no_session_left(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        await wire.identify()
        assert len(sandbox.bot_sessions) == 1
        await wire.socket.close(code=1000)
    await until(lambda: not sandbox.bot_sessions)


async def test_what_is_no_longer_kept_cannot_be_replayed() -> None:
    async with Sandbox(options=Options(replay_limit=5)) as sandbox:
        async with wired(sandbox) as first:
            ready = await first.identify()
            await first.socket.close(code=4000)
        async with await DiscordUser.named(sandbox.url, "ada") as ada:
            for i in range(10):
                await ada.send(text=str(i))
        async with wired(sandbox) as second:
            await second.say(6, {"token": BOT_TOKEN, "session_id": ready["session_id"], "seq": 3})
            assert (await second.hear())["op"] == 9
