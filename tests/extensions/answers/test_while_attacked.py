"""Whatever one member, one server or one endpoint does, the commands of another server are still answered."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable

import pytest

from tests import attacks
from tests.attacks import ELSEWHERE
from tests.harness import BotHarness

ATTACKS: dict[str, Callable[[BotHarness], Awaitable[object]]] = {
    "text files": functools.partial(attacks.text_files, count=2),
    "a search for keys": functools.partial(attacks.secrets_search, examples=3),
    "odd datasets": attacks.odd_uploads,
    "an answer of 20 MB": functools.partial(attacks.stare, way="a huge answer"),
    "a line without end": functools.partial(attacks.stare, way="a line without end"),
    "a thought without end": functools.partial(attacks.stare, way="a thought without end"),
    "list items": functools.partial(attacks.stare, way="list items"),
}


async def test_whoever_leans_on_the_keyboard_is_offered_something_and_delays_nobody(harness: BotHarness) -> None:
    running = asyncio.create_task(attacks.autocompletes(harness, count=60, timeout_s=3))
    assert (await harness.russian.slash("hi", channel=ELSEWHERE)).succeeded
    offered = [given for given in await running if isinstance(given, list)]
    assert 0 < len(offered) < 60
    assert await harness.administrator.autocomplete("dataset show", {"dataset": "a"}, "dataset") == []


@pytest.mark.parametrize("attack", ATTACKS)
async def test_the_commands_of_another_server_are_answered_while_it_runs(harness: BotHarness, attack: str) -> None:
    """Each within the three seconds that Discord allows: each of these attacks once caused delays of ten seconds and
    more."""
    harness.chat.script = attacks.misbehave
    running = asyncio.ensure_future(ATTACKS[attack](harness))
    waits_s: list[float] = []
    while not running.done() or len(waits_s) < 3:
        began_s = time.monotonic()
        outcome = await harness.russian.slash("hi", channel=ELSEWHERE)
        waits_s.append(time.monotonic() - began_s)
        assert outcome.succeeded, f"it was not acknowledged within {waits_s[-1]:.1f} s"
        await asyncio.sleep(0.1)
    await running
    print(f"{attack}: the longest of {len(waits_s)} waits was {max(waits_s):.2f} s")


async def test_a_button_that_names_the_answer_of_another_server_does_nothing(harness: BotHarness) -> None:
    asked = await harness.member.send("general", f"{harness.mention} What is the capital of France?")
    answer = await harness.complete_answer_to(asked)
    (job,) = [
        part["custom_id"].partition(":")[2]
        for row in answer["components"]
        for part in row["components"]
        if part["custom_id"].startswith("again:")
    ]
    answered = len(harness.chat.requests)
    buttons = [{"type": 2, "style": 2, "custom_id": f"{kind}:{job}", "label": kind} for kind in ("stop", "again")]
    elsewhere = harness.administrator.channel_id(ELSEWHERE)
    forged = await harness.as_bot(
        "POST",
        f"/channels/{elsewhere}/messages",
        {"content": "look", "components": [{"type": 1, "components": buttons}]},
    )
    await harness.administrator.wait_for_message(lambda message: message["id"] == forged["id"])
    for button in ("stop", "again"):
        told = await (await harness.administrator.click(forged, button)).response()
        assert "I no longer know this answer" in told["content"]
    assert len(harness.chat.requests) == answered
    assert (await harness.member.fetch(answer))["content"] == answer["content"]
