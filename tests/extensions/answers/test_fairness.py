"""People who ask much wait for those who ask little, and keep nobody out."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.sandbox.server import Sandbox
from tests.harness import BotHarness, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

FLOOD = 30


async def test_a_flood_of_one_member_is_answered_once_and_keeps_nobody_waiting(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings: dict[str, object] = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        settings |= {"answers_at_once": 1, "answers_waiting": 50, "stop_timeout_s": 0.1}
        chat.answer, chat.word_delay_s = None, 0.3
        async with running(tmp_path, sandbox, **settings):
            first = await harness.member.send("general", f"{harness.mention} question 0")
            await harness.answer_to(first, bool)
            flood = [
                await harness.member.send("general", f"{harness.mention} question {number}")
                for number in range(1, FLOOD)
            ]
            others = [
                await harness.administrator.send("general", f"{harness.mention} and another"),
                await harness.russian.send(await harness.dm(harness.russian), "and one elsewhere"),
            ]
            for asked, reader in zip(others, (harness.administrator, harness.russian), strict=True):
                answer = await harness.answer_to(asked, bool, reader=reader)
                assert answer["content"].startswith("and")
            known = [m for m in harness.member.known_messages.values() if m["author"]["id"] == harness.bot_id]
            refusals = [m for m in known if "questions of yours are already waiting" in m["content"]]
            assert [buttons_of(m) for m in refusals] == [["again"]]
            of_flood = {(m.get("message_reference") or {}).get("message_id") for m in known}
            assert len(of_flood & {asked["id"] for asked in flood}) < 5, "the others had to wait for all of it"


async def test_one_person_who_asks_in_many_places_leaves_some_to_others(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings: dict[str, object] = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        settings |= {"answers_at_once": 2, "stop_timeout_s": 0.1}
        chat.answer, chat.held_after = "A story without an end", 1
        async with running(tmp_path, sandbox, **settings):
            for place in ("general", "voice-notes", await harness.dm(harness.member)):
                await harness.member.send(place, f"{harness.mention} tell me a story")
            while not chat.requests:
                await asyncio.sleep(0.01)
            asked = await harness.russian.send(await harness.dm(harness.russian), "And another one")
            assert await harness.answer_to(asked, bool, reader=harness.russian)
            assert len(chat.requests) == 2, "two are answered at once, of two people"


async def test_one_person_cannot_have_all_at_once_read_aloud(harness: BotHarness) -> None:
    harness.chat.answer = "This is one of very many sentences that take a while to say. " * 3
    asked = await harness.administrator.send("general", f"{harness.mention} tell me a lot")
    answer = await harness.complete_answer_to(asked)
    outcomes = await asyncio.gather(*(harness.member.click(answer, "aloud") for _time in range(8)))
    told = await asyncio.gather(*(outcome.response(60) for outcome in outcomes))
    refused = [message for message in told if "You already have 2" in message["content"]]
    assert len(refused) == 6
