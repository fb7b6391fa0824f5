"""Whatever people say, and whichever way ("road") it takes, is gone once they have taken it back: from every byte of
the data folder, and every row.

Every road that stores text gets its own phrase, so that any remains show how they got there.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import text

from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.gateway.events import Event
from bot.sandbox.server import Sandbox
from bot.storage.database import Database
from bot.storage.tables import Base
from tests.harness import BotHarness, Message, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.web_server import served

ROADS = (
    *("message", "textfile", "voicenote", "missed", "ask", "about", "comparison", "reason", "feedback", "listened"),
    *("correction", "question", "direct", "memory", "taught", "voted", "menu"),
)
"""The roads by which Chloe says something."""
ADAS = ("dataset", "test", "upload")
"""The roads by which Ada does."""
GUILDS = ("instruction", "vocabulary", "name")
"""What belongs to the server, and is deleted with it."""


OWN_FILES = {
    ".running", ".inference-priority", "archive.key", "chat-profiles.json", "forgotten.jsonl", "guilds-known.json",
    "last-connected", "starling.db", "starling.db-shm", "starling.db-wal", "starling.db.lock",
}  # fmt: skip
"""The files of a data folder after everything that people and servers said is taken back; they contain none of their
words."""


def phrase(road: str) -> str:
    """What is said by this road, and by no other."""
    return f"sparrow{road}noon"


@contextlib.asynccontextmanager
async def ears() -> AsyncIterator[str]:
    """The address of a speech service that hears the same words in every recording."""

    async def transcriptions(_request: web.Request) -> web.Response:
        heard = phrase("voicenote")
        segment = {
            "id": 0, "seek": 0, "start": 0.0, "end": 2.0, "text": f" {heard}", "tokens": [1], "temperature": 0.0,
            "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.0,
        }  # fmt: skip
        return web.json_response({"text": heard, "language": "english", "duration": 2.0, "segments": [segment]})

    app = web.Application(client_max_size=32 << 20)
    app.router.add_post("/v1/audio/transcriptions", transcriptions)
    async with served(app) as address:
        yield f"{address}/v1"


class Store:
    """A data folder, and its database, wherever that is."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    async def telling(self, *roads: str) -> dict[str, list[str]]:
        """For each of these roads whose phrase is still stored, the files (including packed ones) and tables that
        contain it."""
        places = await asyncio.to_thread(self._files)
        if self.url.startswith("postgresql"):
            places |= await self._rows()
        found = {
            road: [place for place, content in places.items() if phrase(road).encode() in content] for road in roads
        }
        return {road: where for road, where in found.items() if where}

    def _files(self) -> dict[str, bytes]:
        contents: dict[str, bytes] = {}
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                name = str(path.relative_to(self.folder))
                contents[name] = name.encode() + path.read_bytes()
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as packed:
                        contents |= {f"{name}/{inner}": packed.read(inner) for inner in packed.namelist()}
        return contents

    async def _rows(self) -> dict[str, bytes]:
        database = await Database.open(self.url)
        try:
            async with database.engine.connect() as connection:
                return {
                    table: json.dumps(
                        [list(map(str, row)) for row in await connection.execute(text(f'SELECT * FROM "{table}"'))]
                    ).encode()
                    for table in Base.metadata.tables
                }
        finally:
            await database.close()

    async def until_silent(self, *roads: str) -> None:
        """Wait until no phrase of these roads is stored: what is deleted on Discord is deleted here a moment later."""
        left: dict[str, list[str]] = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(15):
                while left := await self.telling(*roads):
                    await asyncio.sleep(0.2)
        assert left == {}, "this was taken back, and is still kept"


async def told(person: DiscordUser, command: str, channel: str = "general", **options: object) -> Message:
    said: Message = await (await person.slash(command, options, channel=channel)).response(40)
    return said


async def answered(person: DiscordUser, prompt: str) -> Message:
    """The complete answer to /ask."""
    outcome = await person.slash("ask", {"prompt": prompt}, channel="general")
    answer: Message = await outcome.response_where(lambda message: "good" in buttons_of(message), 40)
    return answer


async def asked(harness: BotHarness, person: DiscordUser, words: str, **given: Any) -> tuple[Message, Message]:
    """A question by the person, and its answer."""
    question = await person.send("general", f"{harness.mention} {words}", **given)
    return question, await harness.complete_answer_to(question, reader=person)


async def confirmed(person: DiscordUser, command: str, button: str, **options: str) -> str:
    """Confirm the command with ``button``, and return the final text."""
    question = await told(person, command, **options)
    await person.click(question, button)
    done = await person.wait_for_edit(question, lambda message: not message["components"])
    return str(done["content"])


async def said_by_chloe(harness: BotHarness) -> tuple[Message, Message]:
    """Let Chloe say everything except what she asks while the bot is away; returns the message and the message with a
    file that she deletes later."""
    chloe, direct = harness.member, await harness.dm(harness.member)
    file = ("notes.txt", f"Read: {phrase('textfile')}".encode(), "text/plain")
    message, answer = await asked(harness, chloe, f"Where? {phrase('message')}")
    with_file, _answer = await asked(harness, chloe, "What is in it?", files=[file])
    await told(chloe, "ask", prompt=f"Why? {phrase('ask')}")
    form = await chloe.message_command("Ask about this", answer)
    await (await chloe.submit(form, {"question": phrase("about")})).response(40)
    # Another person asks with her words through the message's menu.
    boris, words = harness.russian, await chloe.send("general", f"Where is it? {phrase('menu')}")
    outcome = await boris.message_command("Answer this", words)
    await outcome.response_where(lambda said: "good" in buttons_of(said), 40)
    card = await told(chloe, "compare", prompt=phrase("comparison"), model="scripted", against="other")
    await chloe.click(card, "compare-vote")
    await chloe.click(card, "Show the names")
    liked, disliked = [await answered(chloe, f"How? {phrase('voted')}") for _time in range(2)]
    await chloe.click(liked, "good")
    await chloe.click(disliked, "bad")
    await told(chloe, "feedback", text=phrase("feedback"))
    await harness.complete_answer_to(await chloe.send(direct, f"Alone: {phrase('direct')}"))
    note = await chloe.send(direct, voice=voice("americans.ogg"))
    await harness.complete_answer_to(note)
    _question, other = await asked(harness, chloe, f"Who runs it? {phrase('question')}")
    form = await chloe.click(other, "bad")
    consent = await (await chloe.submit(form, {"reason": phrase("reason"), "answer": phrase("correction")})).response()
    await chloe.click(consent, "I agree")
    await chloe.wait_for_edit(consent)
    form = await chloe.slash("teach", {}, channel="general")
    await (await chloe.submit(form, {"asked": "Who taught?", "answer": phrase("taught")})).response()
    form = await chloe.slash("teach", {}, channel=direct)
    await (await chloe.submit(form, {"asked": "My locker?", "answer": phrase("memory")})).response()
    recorded = await chloe.send("general", voice=voice("americans.ogg"))
    await (await chloe.message_command("Transcribe", recorded)).response(40)
    form = await chloe.message_command("Correct transcript", recorded)
    await (await chloe.submit(form, {"said": f"{phrase('voicenote')} {phrase('listened')}"})).response()
    return message, with_file


async def done_by_ada(harness: BotHarness) -> None:
    """What a manager does with Chloe's words, so that they end up in datasets, archives, packed examples and tests."""
    ada = harness.administrator
    name = f"set {phrase('name')}"
    for number in ("1", "2"):
        await told(ada, "corrections approve", number=number)
    # The answer to another person repeats what was taught, and so does a correction of that answer.
    boris = harness.russian
    _question, answer = await asked(harness, boris, "Who taught?")
    assert phrase("taught") in answer["content"]
    consent = await (await boris.message_command("Correct this reply", answer)).response()
    form = await boris.click(consent, "consent-agree")
    await boris.submit(form, {"asked": "And who else?", "answer": "Nobody"})
    await told(ada, "corrections approve", number="3")
    await told(ada, "dataset create", dataset=name)
    table = "prompt,answer\n" + "".join(f"What is {n}?,It is {n} and {phrase('dataset')}\n" for n in range(12))
    await told(ada, "dataset add", dataset=name, file=("given.csv", table.encode(), "text/csv"))
    await told(ada, "dataset add_corrections", dataset=name)
    added = await told(ada, "dataset add_comparisons", dataset=name)
    assert ": 2. Already there: 0." in added["content"]
    await told(ada, "archive", dataset=name)
    plan = await told(ada, "train", dataset=name, trainer="export")
    await ada.click(plan, "train-start")
    await ada.wait_for_message(lambda message: "is packed" in message["content"], 40)
    for options in ({"dataset": name}, {"data": json.dumps([phrase("test")])}):
        outcome = await ada.slash("test", options, channel="general")
        await outcome.response_where(lambda said: "Test of" in json.dumps(said["components"]), 40)
    await told(ada, "files upload", file=("notes.txt", phrase("upload").encode(), "text/plain"))
    form = await ada.slash("instruction set", {}, channel="general")
    await (await ada.submit(form, {"text": f"Be brief. {phrase('instruction')}"})).response()
    await told(ada, "hearing", vocabulary=phrase("vocabulary"))


async def test_what_is_taken_back_is_nowhere(tmp_path: Path, url: str, whisper_base: Path, piper_joe: Path) -> None:
    store = Store(tmp_path, url)
    async with ears() as heard_by, ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.answer, chat.models = None, ["scripted", "other"]
        times = itertools.count()

        def says(model: str, question: str) -> str | None:
            if "Who taught?" in question:
                return question
            # Nobody can prefer one of two equal answers.
            differs = phrase("comparison") in question or phrase("voted") in question
            return f"{model} {next(times)}: {question}" if differs else None

        chat.says = says
        settings = {
            "openai_base_url": chat.base_url, "chat_model": "scripted", "database_url": url, "stt_base_url": heard_by,
            "stt_engine": "openai", "stt_api_key": "a-key", "recall_check": False,
        }  # fmt: skip
        chloe, ada = harness.member, harness.administrator
        async with running(tmp_path, sandbox, **settings):
            message, with_file = await said_by_chloe(harness)
            await done_by_ada(harness)
            await harness.complete_answer_to(await chloe.send(await harness.dm(chloe), "Hello"))
        missed = await chloe.send(await harness.dm(chloe), f"Are you there? {phrase('missed')}")
        async with running(tmp_path, sandbox, **settings):
            await harness.complete_answer_to(missed)
            kept = await store.telling(*ROADS, *ADAS, *GUILDS)
            assert set(kept) == {*ROADS, *ADAS, *GUILDS}, "what is stored nowhere shows nothing"
            for road in ("correction", "comparison", "voted"):
                assert {place.partition("/")[0] for place in kept[road]} >= {"guilds", "trainings"}
            for deleted in (message, with_file, missed):
                await chloe.delete(deleted)
            await store.until_silent("message", "textfile", "missed")
            assert "are out of my reach" in await confirmed(chloe, "corrections delete", "Delete", number="1")
            await store.until_silent("correction")
            await confirmed(chloe, "privacy forget", "Forget it all")
            await store.until_silent(*ROADS)
            await confirmed(ada, "privacy forget", "Forget it all")
            await store.until_silent(*ROADS, *ADAS)
            guild = int(harness.directory["guild_id"])
            sandbox.services.publish(Event("GUILD_DELETE", {"id": str(guild)}, guild_id=guild, to_people=False))
            await store.until_silent(*ROADS, *ADAS, *GUILDS)
        await store.until_silent(*ROADS, *ADAS, *GUILDS)
        left = {place.rpartition("/")[2] for place in await asyncio.to_thread(store._files)}
        assert left <= OWN_FILES, "a file of a person or a server is left"
