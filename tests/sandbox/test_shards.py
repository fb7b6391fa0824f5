"""Several connections, each for its share of the guilds."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.model.seed import BOT_TOKEN, GUILD_ID, SECOND_GUILD_ID
from tests.sandbox.bare_bot import BareBot
from tests.sandbox.example_bot import build, running
from tests.sandbox.waiting import until
from tests.sandbox.wire import wired

FIRST, SECOND = (GUILD_ID >> 22) % 2, (SECOND_GUILD_ID >> 22) % 2
"""Which of two shards each guild belongs to."""
EVERYWHERE = {"integration_types": [0, 1], "contexts": [0, 1, 2]}


async def test_each_shard_hears_of_its_own_guilds(sandbox: Sandbox, ada: DiscordUser) -> None:
    async with wired(sandbox) as zero, wired(sandbox) as one:
        wires = (zero, one)
        for shard_id, guild_id in ((FIRST, GUILD_ID), (SECOND, SECOND_GUILD_ID)):
            ready = await wires[shard_id].identify(shard=[shard_id, 2])
            assert ready["shard"] == [shard_id, 2]
            assert [guild["id"] for guild in ready["guilds"]] == [str(guild_id)]
        direct = await ada.send(await ada.dm(), "hello")
        second = await ada.send("second sandbox/general", "there")
        assert (await zero.hear_event("MESSAGE_CREATE"))["d"]["id"] == direct["id"]
        assert (await wires[SECOND].hear_event("MESSAGE_CREATE"))["d"]["id"] == second["id"]


async def test_a_command_reaches_the_shard_of_its_guild(sandbox: Sandbox, ada: DiscordUser, discord: BareBot) -> None:
    """This also holds in guilds where only a person has installed the application; in direct messages, it is the first
    shard."""
    await discord(
        "PUT",
        f"/applications/{sandbox.description['application_id']}/commands",
        [{"name": "hello", "description": "Greets", **EVERYWHERE}],
    )
    sandbox.options.ack_timeout_s = 0.05
    async with wired(sandbox) as zero, wired(sandbox) as one:
        wires = (zero, one)
        for shard_id in (0, 1):
            await wires[shard_id].identify(shard=[shard_id, 2])
        assert (await discord("DELETE", f"/users/@me/guilds/{SECOND_GUILD_ID}"))[0] == 204
        assert (await wires[SECOND].hear_event("GUILD_DELETE"))["d"]["id"] == str(SECOND_GUILD_ID)
        for channel, shard_id in (("general", FIRST), ("second sandbox/general", SECOND), (await ada.dm(), 0)):
            used = await ada.slash("hello", channel=channel)
            assert (await wires[shard_id].hear_event("INTERACTION_CREATE"))["d"]["id"] == used.id


async def test_members_are_told_by_the_shard_of_their_guild(sandbox: Sandbox) -> None:
    async with wired(sandbox) as wire:
        await wire.identify(shard=[FIRST, 2])
        for guild_id in (SECOND_GUILD_ID, GUILD_ID):
            await wire.say(8, {"guild_id": str(guild_id), "query": "ada", "limit": 1})
        assert (await wire.hear_event("GUILD_MEMBERS_CHUNK"))["d"]["guild_id"] == str(GUILD_ID)


async def test_two_sessions_of_one_shard_and_one_of_all_hear_the_same(sandbox: Sandbox, ada: DiscordUser) -> None:
    async with wired(sandbox) as old, wired(sandbox) as new, wired(sandbox) as whole:
        for wire in (old, new):
            await wire.identify(shard=[FIRST, 2])
        await whole.identify()
        said = await ada.send(text="to all of you")
        for wire in (old, new, whole):
            assert (await wire.hear_event("MESSAGE_CREATE"))["d"]["id"] == said["id"]


async def test_each_session_is_resumed_for_itself(sandbox: Sandbox, ada: DiscordUser) -> None:
    async with wired(sandbox) as other:
        async with wired(sandbox) as lost:
            await other.identify(shard=[1 - FIRST, 2])
            ready = await lost.identify(shard=[FIRST, 2])
            await lost.hear_event("GUILD_CREATE")
            await lost.socket.close(code=4000)
        said = await ada.send(text="while you were away")
        async with wired(sandbox) as back:
            await back.say(6, {"token": BOT_TOKEN, "session_id": ready["session_id"], "seq": 2})
            assert (await back.hear_event("MESSAGE_CREATE"))["d"]["id"] == said["id"]
            await back.hear_event("RESUMED")
            assert [session.resumed for session in sandbox.bot_sessions] == [0, 1]


async def test_shards_of_one_bucket_identify_in_turn() -> None:
    options = Options(max_concurrency=2, identify_interval_s=0.3)
    async with Sandbox(options=options) as sandbox, wired(sandbox) as first, wired(sandbox) as other:
        await first.identify(shard=[0, 4])
        await other.identify(shard=[1, 4])
        async with wired(sandbox) as early:
            await early.say_who(shard=[2, 4])
            assert await early.hear() == {"op": 9, "d": False, "s": None, "t": None}

            async def comes_in() -> bool:
                await early.say_who(shard=[2, 4])
                return bool((await early.hear())["t"] == "READY")

            async with asyncio.timeout(30):
                while not await comes_in():
                    await asyncio.sleep(0.05)


async def test_who_is_asked_to_shard_must(sandbox: Sandbox) -> None:
    sandbox.options.guilds_per_shard = 1
    async with wired(sandbox) as whole, wired(sandbox) as half:
        await whole.say_who()
        assert await whole.closed_with() == 4011
        assert len((await half.identify(shard=[0, 2]))["guilds"]) == 1


@pytest.mark.parametrize("shard", [[2, 2], [-1, 2], [0], [0, 0], "0", ["0", "1"]])
async def test_a_shard_that_cannot_be_is_closed(sandbox: Sandbox, shard: object) -> None:
    async with wired(sandbox) as wire:
        await wire.say_who(shard=shard)
        assert await wire.closed_with() == 4010


async def test_how_many_shards_is_told(discord: BareBot, sandbox: Sandbox) -> None:
    sandbox.options.shards, sandbox.options.max_concurrency = 4, 2
    async with wired(sandbox) as wire:
        await wire.identify(shard=[0, 4])
        _, told = await discord("GET", "/gateway/bot")
    assert (told["shards"], told["session_start_limit"]["max_concurrency"]) == (4, 2)
    assert told["session_start_limit"]["remaining"] == told["session_start_limit"]["total"] - 1


async def test_hikari_runs_two_shards(sandbox: Sandbox) -> None:
    async with running(build(sandbox), shard_count=2) as bot:
        await until(lambda: set(bot.cache.get_guilds_view()) == {GUILD_ID, SECOND_GUILD_ID})
