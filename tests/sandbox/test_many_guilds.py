"""A bot in hundreds of guilds."""

from __future__ import annotations

import aiohttp
import pytest

from bot.sandbox import DiscordUser, Options, Sandbox
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.seed import GUILD_ID
from tests.sandbox.example_bot import build, running
from tests.sandbox.waiting import until
from tests.sandbox.wire import wired

GUILDS = 300


async def test_a_bot_of_two_shards_knows_hundreds_of_guilds_and_is_heard_in_each(sandbox: Sandbox) -> None:
    ids = sandbox.add_guilds(GUILDS, channels=2, members=3)
    assert ids[0] == GUILD_ID + (2 << 22)
    async with running(build(sandbox), shard_count=2) as bot:
        await until(lambda: len(bot.cache.get_guilds_view()) == GUILDS + 2, timeout_s=30)
        async with await DiscordUser.named(sandbox.url, "boris") as boris:
            assert len(boris.ready["guilds"]) == GUILDS + 2
            for guild_id in (ids[0], ids[-1]):
                channels = bot.cache.get_guild_channels_view_for_guild(guild_id)
                assert {channel.name for channel in channels.values()} == {"general", "channel-2"}
                said = await bot.rest.create_message(guild_id + 102, "Hello, guild")
                heard = await boris.wait_for_message(channel=said.channel_id)
                assert heard["content"] == "Hello, guild"


async def test_a_guild_is_joined_while_the_bot_runs(sandbox: Sandbox, ada: DiscordUser) -> None:
    async with wired(sandbox) as zero, wired(sandbox) as one:
        for shard_id, wire in enumerate((zero, one)):
            await wire.identify(shard=[shard_id, 2])
            await wire.hear_event("GUILD_CREATE")
        async with aiohttp.ClientSession() as http:
            async with http.post(f"{sandbox.url}/sandbox/guilds", json={"count": 2}) as answer:
                joined = await answer.json()
            for nonsense in ({"count": "many"}, {"colour": 1}, {"count": 1, "channels": 0}):
                async with http.post(f"{sandbox.url}/sandbox/guilds", json=nonsense) as answer:
                    assert answer.status == 400
        heard = [(await wire.hear_event("GUILD_CREATE"))["d"]["id"] for wire in (zero, one)]
        assert sorted(heard) == sorted(joined)
        await ada.wait_for(lambda event: event.name == "GUILD_CREATE" and event.data["id"] == joined[-1])
    with pytest.raises(SandboxError, match="1 to 100 channels"):
        sandbox.add_guilds(1, channels=101)


async def test_limits_are_turned_while_it_runs_and_what_they_refuse_is_counted() -> None:
    async with Sandbox(options=Options(requests_per_bucket=2)) as sandbox, aiohttp.ClientSession() as http:

        async def ask() -> int:
            headers = {"Authorization": f"Bot {sandbox.bot_token}"}
            async with http.get(f"{sandbox.rest_url}/users/@me", headers=headers) as answer:
                return answer.status

        async def turn(**limits: object) -> tuple[int, object]:
            async with http.post(f"{sandbox.url}/sandbox/limits", json=limits) as answer:
                return answer.status, (await answer.json()).get("refused")

        assert [await ask() for _ in range(3)] == [200, 200, 429]
        assert await turn(requests_per_bucket=0, global_requests_per_s=2, shards=4) == (200, {"user": 1})
        assert [await ask() for _ in range(3)] == [200, 200, 429]
        assert await turn() == (200, {"user": 1, "global": 1})
        assert sandbox.options.shards == 4
        for nonsense in ({"shards": 0}, {"shards": 1.5}, {"colour": 1}, {"identify_interval_s": "long"}):
            assert (await turn(**nonsense))[0] == 400
