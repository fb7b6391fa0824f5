"""Discord's limit for all requests of a bot is kept, and less important requests give way."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import hikari
import pytest

from bot.sandbox.model.seed import GUILD_ID
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from bot.ui.pace import Pace, keep_pace, pace_of
from tests.harness import populated, running
from tests.scripted_chat import ScriptedChat

PER_S = 20
GUILDS, ASKED_IN, FEW_PER_S = 120, 12, 10


def a_discord(per_s: int = PER_S) -> Sandbox:
    """A sandbox with both of Discord's limits, per channel and per bot."""
    return Sandbox(options=Options(global_requests_per_s=per_s, requests_per_bucket=5))


@asynccontextmanager
async def connected(sandbox: Sandbox, pace: Pace | None) -> AsyncIterator[hikari.GatewayBot]:
    bot = hikari.GatewayBot(
        sandbox.bot_token, rest_url=sandbox.rest_url, banner=None, logs=None, suppress_optimization_warning=True
    )
    if pace is not None:
        keep_pace(bot, pace)
    await bot.start(check_for_updates=False)
    try:
        yield bot
    finally:
        await bot.close()


@pytest.mark.parametrize("is_paced", [True, False])
async def test_a_bot_that_keeps_its_pace_is_never_refused(is_paced: bool) -> None:
    async with a_discord() as sandbox:
        guilds = sandbox.add_guilds(30)
        async with connected(sandbox, Pace(PER_S) if is_paced else None) as bot:
            # hikari queues all messages behind those of one channel until it has learned that route's limit.
            await bot.rest.create_message(GUILD_ID + 101, "hello")
            await asyncio.gather(*(bot.rest.create_message(guild + 101, "hello") for guild in guilds * 2))
        assert bool(sandbox.rate_limits_given["global"]) != is_paced


async def test_what_is_refused_all_the_same_is_waited_for() -> None:
    """Another process uses the same token: no request is sent before Discord's waiting time is over."""
    async with a_discord(1_000) as sandbox, connected(sandbox, Pace(1_000)) as bot:
        sandbox.fault("rate_limit", method="POST", retry_after_s=0.3, scope="global")
        said = await asyncio.gather(*(bot.rest.create_message(GUILD_ID + 101, str(n)) for n in range(3)))
        posts = [one.status for one in sandbox.requests.all() if one.method == "POST"]
    assert (len(said), sorted(posts)) == (3, [200, 200, 200, 429])


async def test_answers_to_commands_do_not_count() -> None:
    async with a_discord() as sandbox, connected(sandbox, Pace(PER_S)) as bot:
        pace = pace_of(bot.rest)
        assert pace is not None
        before = pace.left
        with pytest.raises(hikari.NotFoundError):
            await bot.rest.fetch_webhook_message(GUILD_ID, "token", GUILD_ID)
        assert pace.left >= before
        await bot.rest.fetch_my_user()
        assert pace.left < 1


async def test_edits_come_further_apart_and_then_not_at_all() -> None:
    pace, end = Pace(10), asyncio.Event()
    intervals, signs = [], []

    async def request() -> None:
        async with pace.turn():
            await end.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(11):
            intervals.append(pace.edit_interval_s(1.0))
            signs.append(pace.has_room_for_signs)
            tasks.create_task(request())
            await asyncio.sleep(0)
        assert pace.left == 0
        end.set()
        await asyncio.sleep(0)
        assert pace.left == 0, "one waits"
    assert intervals[:8] == [1.0] * 8
    assert 1.0 < intervals[8] < intervals[9] <= 10.0
    assert intervals[10] == math.inf
    assert signs == [True] * 8 + [False] * 3


async def test_a_share_below_one_is_a_request_in_so_many_seconds() -> None:
    pace = Pace(0.25)
    async with pace.turn():
        assert pace.left == 0
    assert pace._window_s == 4.0


async def test_many_questions_at_once_are_all_answered_within_discords_limit(
    tmp_path: Path, whisper_base: Path
) -> None:
    """On a hundred servers, each with typing indicators and edits, no request is refused, and no last word is
    missing."""
    async with ScriptedChat() as chat, a_discord(FEW_PER_S) as sandbox, populated(sandbox, chat) as harness:
        chat.answer, chat.word_delay_s = " ".join([*("word" for _ in range(30)), "end."]), 0.05
        guilds = sandbox.add_guilds(GUILDS)
        settings: dict[str, object] = {"openai_base_url": chat.base_url, "chat_model": "scripted", "speak": "never"}
        settings |= {"discord_requests_per_s": FEW_PER_S, "answers_at_once": 64, "answers_waiting": 1_000}
        async with running(tmp_path, sandbox, **settings):
            asked = await asyncio.gather(
                *(
                    person.send(guild + 101, f"{harness.mention} What is it?")
                    for guild in guilds[:: GUILDS // ASKED_IN][:ASKED_IN]
                    for person in (harness.administrator, harness.russian)
                )
            )
            for question in asked:
                await harness.answer_to(question, lambda text: "end." in text, reader=harness.administrator)
        assert not sandbox.rate_limits_given["global"]
        assert not sandbox.failures
