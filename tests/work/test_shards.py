"""Which guilds belong to which gateway, and which unfinished jobs a gateway takes up."""

from __future__ import annotations

import pytest

from bot.storage.database import Database
from bot.work.job_store import JobStore
from bot.work.shards import WHOLE, ShardShare

GUILDS = [(number << 22) + 77 for number in (1, 2, 3, 2**41 - 1)]


@pytest.mark.parametrize(("gateways", "shards"), [(2, 2), (2, 5), (3, 16), (7, 7)])
def test_each_shard_is_one_gateways_and_each_guild_where_discord_tells_of_it(gateways: int, shards: int) -> None:
    shares = [ShardShare(gateway, gateways, shards) for gateway in range(gateways)]
    assert sorted(shard for share in shares for shard in share.shard_ids or ()) == list(range(shards))
    assert sum(share.fraction for share in shares) == pytest.approx(1)
    for guild in (None, *GUILDS):
        shard = 0 if guild is None else (guild >> 22) % shards
        owners = [share for share in shares if share.owns(guild)]
        assert [share.gateway for share in owners] == [shard % gateways]
        assert shard in (owners[0].shard_ids or ())


def test_a_single_one_has_them_all() -> None:
    assert all(WHOLE.owns(guild) for guild in (None, *GUILDS))
    assert (WHOLE.shard_ids, WHOLE.shard_count, WHOLE.fraction) == (None, None, 1.0)
    assert ShardShare(shards=4).shard_count == 4


async def test_what_was_promised_is_taken_up_by_one_gateway_however_many_there_are_next_time(
    database: Database,
) -> None:
    single = JobStore(database)
    for number, guild in enumerate((None, *GUILDS)):
        await single.create("answer", channel_id=number, user_id=1, guild_id=guild, message_id=number)
    promised = [(job.channel_id, job.guild_id) for job in await single.unfinished()]
    assert len(promised) == 1 + len(GUILDS)
    for gateways, shards in ((1, 0), (2, 2), (3, 16)):
        taken = []
        for gateway in range(gateways):
            share = ShardShare(gateway, gateways, shards)
            jobs = JobStore(database, share)
            ours = [(job.channel_id, job.guild_id) for job in await jobs.unfinished()]
            assert all(share.owns(guild) for _channel, guild in ours)
            since = (await single.unfinished())[0].created_at
            assert sorted(await jobs.recent_channels(since, 50), key=str) == sorted(ours, key=str)
            taken += ours
        assert sorted(taken) == sorted(promised, key=lambda each: each[0])
