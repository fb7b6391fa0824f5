"""Many people at once: nothing is lost, duplicated or reordered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.sandbox_load import Posted, Tally, authors_in, listen_bare, listen_hikari, post_python, post_rest
from bot.sandbox import Options, Sandbox
from tests.sandbox.waiting import until

PEOPLE = 60
RATE = 150.0
DURATION_S = 3.0


@asynccontextmanager
async def listening(sandbox: Sandbox, *, hikari: bool) -> AsyncIterator[Tally]:
    tally, ready = Tally(), asyncio.Event()
    token = sandbox.bot_token
    listener = (
        listen_hikari(sandbox.rest_url, token, tally, ready)
        if hikari
        else listen_bare(sandbox.services.gateway.url, token, tally, ready)
    )
    task = asyncio.create_task(listener)
    try:
        await asyncio.wait_for(ready.wait(), 10)
        yield tally
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def post(sandbox: Sandbox) -> Posted:
    authors = await authors_in(sandbox, PEOPLE)
    host, _, port = sandbox.url.removeprefix("http://").partition(":")
    posted = await post_rest(host, int(port), authors, RATE, DURATION_S)
    assert posted.accepted == posted.due > 400
    return posted


async def heard_whole(tally: Tally, posted: Posted) -> None:
    await until(lambda: tally.heard >= posted.accepted, timeout_s=30)
    await asyncio.sleep(0.1)
    assert (tally.heard, tally.doubled, tally.reordered) == (posted.accepted, 0, 0)


async def test_what_many_people_say_is_heard_whole_and_in_order(sandbox: Sandbox) -> None:
    async with listening(sandbox, hikari=True) as bot, listening(sandbox, hikari=False) as bare:
        posted = await post(sandbox)
        await heard_whole(bot, posted)
        await heard_whole(bare, posted)


async def test_a_bot_that_is_cut_off_amid_it_all_misses_nothing(sandbox: Sandbox) -> None:
    async with listening(sandbox, hikari=True) as bot:
        asyncio.get_running_loop().call_later(1.0, sandbox.close_gateway)
        await heard_whole(bot, await post(sandbox))
        assert sandbox.bot_sessions[0].resumed == 1


async def test_what_is_kept_of_many_messages_is_bounded() -> None:
    options = Options(message_limit=100, replay_limit=50, request_log_limit=30)
    async with Sandbox(options=options) as sandbox, listening(sandbox, hikari=False) as bare:
        authors = await authors_in(sandbox, PEOPLE)
        posted = await post_python(sandbox, authors, 2000.0, 0.5)
        await heard_whole(bare, posted)
        kept = [m for author in authors[:20] for m in sandbox.services.state.messages.in_channel(author.channel_id)]
        assert (posted.accepted, len(kept)) == (1000, 100)
        assert len(sandbox.bot_sessions[0].replay) == 50
        assert len(sandbox.requests.all()) <= 30


def test_the_tally_tells_what_went_wrong() -> None:
    tally = Tally()
    for channel_id, message_id, content in (
        (1, 10, "a 0 0"),
        (1, 12, "b 0 0"),
        (1, 11, "c 0 0"),  # older than the last one in its channel
        (2, 13, "a 2 0"),  # a's number 1 is missing
        (2, 14, "b 1 0"),
        (2, 14, "d 0 0"),  # a duplicate
    ):
        tally.note(channel_id, message_id, content)
    assert (tally.heard, tally.reordered, tally.doubled) == (6, 2, 1)
