"""How many requests to Discord one question costs: Discord allows 50 a second for a whole bot.

    python -m benchmarks.requests

The real bot in the sandbox, with a chat model that writes twenty words a second. Counted is what Discord counts:
everything but the download of files; answers to commands and buttons are exempt from its limit for the whole bot, and
stand in a column of their own. Counts can be compared between machines where those keep up with the writing.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from benchmarks.machine import machine
from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, Message, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat

WORD_S = 0.05
FIRST_WORD_S = 0.3
_COUNTED = ("/channels/", "/users/", "/guilds/", "/interactions/", "/webhooks/")
_ID = re.compile(r"/\d{5,}(?:/[\w.-]{20,})?")

Ask = Callable[[BotHarness], Awaitable[Message]]


def requests_for(sandbox: Sandbox) -> Counter[str]:
    """What the bot has asked of Discord since the log was cleared last: how often each method and route."""
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
"""What is asked, how, and how many words the answer has."""


async def cost(harness: BotHarness, ask: Ask, words: int, *, aloud: bool) -> Counter[str]:
    """The requests for one question, until its answer is whole, and posted aloud where it is spoken."""
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


async def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    print(f"{machine()}\n\n| question | requests | exempt | of what |\n| --- | ---: | ---: | --- |")
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
