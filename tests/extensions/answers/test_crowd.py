"""Fifty people at once."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import aiohttp

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.server import Sandbox
from tests.harness import RECORDINGS, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

PEOPLE = 50


async def test_fifty_people_who_talk_at_once_each_get_their_own_answers_in_order(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.answer, chat.word_delay_s = None, 0.02
        tokens = [sandbox.add_person(f"person {number}") for number in range(PEOPLE)]
        rest = f"{sandbox.rest_url}/channels/{harness.channel('general')}/messages"
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            async with aiohttp.ClientSession(raise_for_status=True) as http:

                async def say(number: int, word: str) -> Message:
                    body = {"content": f"{harness.mention} {word} of {number}"}
                    async with http.post(rest, json=body, headers={"Authorization": tokens[number]}) as response:
                        said: Message = await response.json()
                        return said

                firsts = await asyncio.gather(*(say(number, "first") for number in range(PEOPLE)))
                seconds = await asyncio.gather(*(say(number, "second") for number in range(PEOPLE)))
            for number, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
                earlier = await harness.complete_answer_to(first)
                later = await harness.complete_answer_to(second)
                assert (earlier["content"], later["content"]) == (f"first of {number}", f"second of {number}")
                assert int(earlier["id"]) < int(later["id"])
        assert list(sandbox.failures) == []
        answers = [m for m in harness.member.known_messages.values() if m["author"]["id"] == harness.bot_id]
        assert len(answers) == 2 * PEOPLE


async def test_when_too_many_recordings_wait_one_can_try_again(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as town:
        tokens = [sandbox.add_person(f"person {number}") for number in range(PEOPLE)]
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "whisper_workers": 1}
        settings |= {"answers_at_once": PEOPLE, "stop_timeout_s": 0.1}
        async with running(tmp_path, sandbox, **settings), contextlib.AsyncExitStack() as stack:
            note = ("jfk.ogg", (RECORDINGS / "jfk.ogg").read_bytes(), "audio/ogg")
            people = [await stack.enter_async_context(DiscordUser(sandbox.url, token)) for token in tokens]
            await asyncio.gather(*(person.send("general", town.mention, files=[note]) for person in people))
            told = await town.member.wait_for_message(lambda said: "recordings are waiting" in said["content"], 60)
    assert "again" in buttons_of(told)
