"""How many requests to Discord one question costs; Discord allows 50 a second for a whole bot.

    python -m benchmarks.requests [--only costs | limit] [--per-second 10] [--questions 60]

The real bot runs in the sandbox, with a chat model that writes twenty words a second. All requests that Discord counts
are counted, which is all but downloads of files. Responses to commands and buttons are exempt from the limit for the
whole bot and have their own column. Counts can be compared between machines that keep up with the writing.

``limit``: ``--questions`` questions within two seconds, each on its own server, while Discord accepts ``--per-second``
requests a second, with and without the bot's own rate limiting. Reaching fifty a second would take more than two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from benchmarks.machine import machine
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat

WORD_S = 0.05
FIRST_WORD_S = 0.3
ASKED_WITHIN_S = 2.0
_COUNTED = ("/channels/", "/users/", "/guilds/", "/interactions/", "/webhooks/")
_ID = re.compile(r"/\d{5,}(?:/[\w.-]{20,})?")

Ask = Callable[[BotHarness], Awaitable[Message]]


def requests_for(sandbox: Sandbox) -> Counter[str]:
    """The bot's requests to Discord since the log was last cleared: how often each method and route."""
    made = [one for one in sandbox.requests.all() if not one.by_person and one.path.startswith(_COUNTED)]
    return Counter(f"{one.method} {_ID.sub('/ID', one.path)}" for one in made)


def is_exempt(route: str) -> bool:
    """Whether a request does not count against the limit for the whole bot."""
    return route.partition(" ")[2].startswith(("/interactions", "/webhooks"))


async def text_in_a_channel(harness: BotHarness) -> Message:
    return await harness.member.send("general", f"{harness.mention} What is the capital of France?")


async def text_in_a_direct_message(harness: BotHarness) -> Message:
    return await harness.member.send(await harness.dm(harness.member), "What is the capital of France?")


async def voice_note(harness: BotHarness) -> Message:
    return await harness.member.send(await harness.dm(harness.member), voice=voice("jfk.ogg"))


async def command(harness: BotHarness) -> Message:
    invocation = await harness.member.slash("ask", {"prompt": "What is the capital of France?"}, channel="general")
    return await invocation.response(120)


async def reply_to_an_answer(harness: BotHarness) -> Message:
    answer = await harness.complete_answer_to(await text_in_a_channel(harness))
    harness.sandbox.requests.clear()
    return await harness.member.send("general", f"{harness.mention} And of Spain?", reply_to=answer)


ROWS: Sequence[tuple[str, Ask, int]] = (
    ("a text in a channel, a short answer", text_in_a_channel, 20),
    ("a reply to an answer, a short answer", reply_to_an_answer, 20),
    ("a text in a direct message, a short answer", text_in_a_direct_message, 20),
    ("a text, an answer of 10 s", text_in_a_channel, 200),
    ("a text, an answer of 60 s", text_in_a_channel, 1200),
    ("a voice note, answered in writing", voice_note, 20),
    ("/ask, a short answer", command, 20),
)
"""The name of each row, how the question is asked, and how many words the answer has."""


async def cost(harness: BotHarness, ask: Ask, words: int, *, aloud: bool) -> Counter[str]:
    """The requests for one question, until its answer is complete and, if it is spoken, its voice message is posted."""
    harness.chat.answer = " ".join(f"Word{n}." if n % 10 == 9 else f"word{n}" for n in range(words))
    harness.sandbox.requests.clear()
    asked = await ask(harness)
    if ask is command:
        answer = asked
        await harness.member.wait_for_message(
            lambda one: one["id"] == answer["id"] and "aloud" in buttons_of(one), 120, channel=asked["channel_id"]
        )
    else:
        first = await harness.complete_answer_to(asked, timeout_s=120)
        if aloud:
            await harness.voice_reply_to(await harness.answer_to(asked, bool))
        assert first
    await asyncio.sleep(0.5)
    return requests_for(harness.sandbox)


async def under_the_limit(per_s: int, questions: int, *, is_paced: bool) -> None:
    """Print one row: ``questions`` questions, each on its own server, with Discord's limit at ``per_s`` a second."""
    options = Options(global_requests_per_s=per_s, requests_per_bucket=5, request_log_limit=100_000)
    async with ScriptedChat() as chat, Sandbox(options=options) as sandbox, populated(sandbox, chat) as harness:
        chat.answer, chat.first_word_delay_s, chat.word_delay_s = " ".join(["word"] * 60), FIRST_WORD_S, WORD_S
        guilds = sandbox.add_guilds(questions)
        settings: dict[str, object] = {"openai_base_url": chat.base_url, "chat_model": "scripted", "speak": "never"}
        settings |= {"answers_at_once": 256, "discord_requests_per_s": per_s if is_paced else 100_000}
        with tempfile.TemporaryDirectory() as folder:
            async with running(Path(folder), sandbox, **settings):
                await text_in_a_channel(harness)
                sandbox.requests.clear()
                asked_s: dict[str, float] = {}
                waits_s: list[float] = []
                for guild in guilds:
                    asked = await harness.administrator.send(guild + 101, f"{harness.mention} What is it?")
                    asked_s[asked["channel_id"]] = time.monotonic()
                    await asyncio.sleep(ASKED_WITHIN_S / questions)

                def is_whole(message: Message) -> bool:
                    return message["channel_id"] in asked_s and "again" in buttons_of(message)

                for _ in guilds:
                    answer = await harness.administrator.wait_for_message(is_whole, 300)
                    waits_s.append(time.monotonic() - asked_s.pop(answer["channel_id"]))
        made = requests_for(sandbox)
        refused = sandbox.rate_limits_given["global"]
        cells = (len(waits_s), made.total(), f"{(made.total() - refused) / questions:.1f}", refused)
        times = f"{statistics.median(waits_s):.1f} | {max(waits_s):.1f}"
        print(f"| {'with' if is_paced else 'without'} | {' | '.join(map(str, cells))} | {times} |", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=("costs", "limit"))
    parser.add_argument("--per-second", type=int, default=10)
    parser.add_argument("--questions", type=int, default=60)
    arguments = parser.parse_args()
    print(machine())
    if arguments.only != "limit":
        await costs()
    if arguments.only != "costs":
        print(
            f"\n{arguments.questions} texts within {ASKED_WITHIN_S:.0f} s, {arguments.per_second} requests a second\n"
        )
        print("| pace | answered | requests | a question | refused | median wait s | longest s |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        # The bot logs every refused request.
        logging.disable(logging.ERROR)
        for is_paced in (True, False):
            await under_the_limit(arguments.per_second, arguments.questions, is_paced=is_paced)


async def costs() -> None:
    """Print the table of what one question costs."""
    print("\n| question | requests | exempt | of what |\n| --- | ---: | ---: | --- |")
    for speak in ("never", "voice"):
        async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
            chat.first_word_delay_s, chat.word_delay_s = FIRST_WORD_S, WORD_S
            settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "speak": speak}
            with tempfile.TemporaryDirectory() as folder:
                async with running(Path(folder), sandbox, **settings):
                    await cost(harness, voice_note, 5, aloud=speak == "voice")
                    for name, ask, words in (
                        ROWS if speak == "never" else [("a voice note, answered aloud", voice_note, 20)]
                    ):
                        counted = await cost(harness, ask, words, aloud=speak == "voice")
                        exempt = sum(times for route, times in counted.items() if is_exempt(route))
                        of_what = ", ".join(f"{times} {route}" for route, times in counted.most_common())
                        print(f"| {name} | {counted.total() - exempt} | {exempt} | {of_what} |", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
