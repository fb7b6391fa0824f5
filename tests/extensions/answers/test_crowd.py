"""Many people who write at the same time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.sandbox.server import Sandbox
from tests.harness import RECORDINGS, BotHarness, Message, buttons_of, populated, running
from tests.scripted_chat import ScriptedChat

PEOPLE, RECORDED = 20, 40
"""More people than are answered at once; and more than the 32 recordings that one worker lets wait, plus a few that it
transcribes meanwhile."""


class Crowd:
    """People who write but do not read: each connected client would get every event."""

    def __init__(self, harness: BotHarness, count: int, http: aiohttp.ClientSession) -> None:
        self._path = f"{harness.sandbox.rest_url}/channels/{harness.channel('general')}/messages"
        self._tokens = [harness.sandbox.add_person(f"person {number}") for number in range(count)]
        self._mention = harness.mention
        self._http = http

    async def all_say(self, text: str) -> list[Message]:
        """Everyone mentions the bot with ``text`` and their own number."""
        said = ({"json": {"content": f"{self._mention} {text} of {number}"}} for number in range(len(self._tokens)))
        return await asyncio.gather(*map(self._post, self._tokens, said))

    async def all_send(self, file: bytes) -> list[Message]:
        """Everyone mentions the bot with a recording."""
        return await asyncio.gather(*(self._post(token, {"data": self._form(file)}) for token in self._tokens))

    def _form(self, file: bytes) -> aiohttp.FormData:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("payload_json", json.dumps({"content": self._mention}), content_type="application/json")
        form.add_field("files[0]", file, filename="note.ogg", content_type="audio/ogg")
        return form

    async def _post(self, token: str, sent: dict[str, Any]) -> Message:
        async with self._http.post(self._path, headers={"Authorization": token}, **sent) as response:
            said: Message = await response.json()
            return said


@asynccontextmanager
async def crowd(harness: BotHarness, count: int) -> AsyncIterator[Crowd]:
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        yield Crowd(harness, count, http)


async def test_people_who_talk_at_once_each_get_their_own_answers_in_order(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.answer, chat.word_delay_s = None, 0.02
        async with (
            crowd(harness, PEOPLE) as people,
            running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"),
        ):
            firsts, seconds = await people.all_say("first"), await people.all_say("second")
            for number, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
                earlier = await harness.complete_answer_to(first)
                later = await harness.complete_answer_to(second)
                assert (earlier["content"], later["content"]) == (f"first of {number}", f"second of {number}")
                assert int(earlier["id"]) < int(later["id"])
        assert list(sandbox.failures) == []
        answers = [m for m in harness.member.known_messages.values() if m["author"]["id"] == harness.bot_id]
        assert len(answers) == 2 * PEOPLE


async def test_when_too_many_recordings_wait_one_can_try_again(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "whisper_workers": 1}
        settings |= {"answers_at_once": RECORDED, "stop_timeout_s": 0.1}
        async with running(tmp_path, sandbox, **settings), crowd(harness, RECORDED) as people:
            await people.all_send((RECORDINGS / "jfk.ogg").read_bytes())
            told = await harness.member.wait_for_message(lambda said: "recordings are waiting" in said["content"], 60)
    assert "again" in buttons_of(told)
