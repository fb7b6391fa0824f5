"""A bot without speech models, and a separate worker that transcribes and speaks for it, as people meet them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from audio import decode
from bot.sandbox.server import Sandbox
from bot.ui.progress_bar import ProgressBar
from bot.work.metrics import REGISTRY
from tests.app.process import StarlingProcess, command
from tests.app.test_health import metrics, told_once
from tests.audio.made_recordings import repeated
from tests.databases import new_database
from tests.harness import RECORDINGS, BotHarness, hear, populated, running, voice
from tests.scaling.nats import PROGRAM, NatsServer, free_port
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, JFK, PISETS, SAOIRSE, is_heard, words

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "A heron waits in the shallow water."


@dataclass
class Elsewhere:
    """A bot and its worker."""

    harness: BotHarness
    start: Callable[[], Awaitable[StarlingProcess]]
    """Starts a worker."""
    worker: StarlingProcess
    folder: Path
    """The worker's data folder."""
    port: int
    """The port of the worker's metrics."""
    log: list[str]
    """The output of all workers, line by line."""


@pytest.fixture(scope="module")
def database(postgresql: str, postgresql_with_tables: str) -> Iterator[str]:
    with new_database(postgresql, postgresql_with_tables) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def shared_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, database: str, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[Elsewhere]:
    if PROGRAM is None:
        pytest.skip("no NATS server is installed (Debian: apt-get install nats-server)")
    folder = tmp_path_factory.mktemp("elsewhere")
    nats = NatsServer(folder)
    nats.start()
    log: list[str] = []
    port = free_port()

    def loaded_here(*_given: object) -> None:
        raise AssertionError("the bot itself loads what hears or speaks")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.app.speech.build_recognizer", loaded_here)
        patch.setattr("bot.app.speech.build_synthesizer", loaded_here)
        patch.setattr("bot.answering.stoppable_commands.ProgressBar", functools.partial(ProgressBar, every_s=0.3))
        async with ScriptedChat() as chat, Sandbox() as sandbox, contextlib.AsyncExitStack() as workers:

            async def start() -> StarlingProcess:
                worker = await workers.enter_async_context(
                    command(
                        "worker", WORK_URL=nats.url, DISCORD_API_URL=sandbox.rest_url, TTS_ENGINE="offline",
                        DATA_FOLDER=str(folder / "worker"), STOP_TIMEOUT_S="60", METRICS_PORT=str(port),
                    )
                )  # fmt: skip
                workers.callback(asyncio.create_task(_read(worker.stderr, log)).cancel)
                return worker

            settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "database_url": database}
            worker = await start()
            async with (
                running(folder / "bot", sandbox, work_url=nats.url, **settings),
                populated(sandbox, chat) as harness,
            ):
                yield Elsewhere(harness, start, worker, folder / "worker", port, log)
    nats.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(shared_elsewhere: Elsewhere) -> Elsewhere:
    """A bot with a running worker."""
    shared_elsewhere.harness.chat.reset()
    if shared_elsewhere.worker.returncode is not None:
        shared_elsewhere.worker = await shared_elsewhere.start()
    return shared_elsewhere


async def _read(stream: asyncio.StreamReader, lines: list[str]) -> None:
    while line := await stream.readline():
        lines.append(line.decode())


async def test_notes_in_two_languages_are_answered_aloud(elsewhere: Elsewhere) -> None:
    harness = elsewhere.harness
    harness.chat.answer = "The heron waits. It is patient."
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("saoirse.ogg"))
    answer = await harness.answer_to(asked, lambda text: "patient." in text)
    assert is_heard(SAOIRSE, answer["content"], 0.5)
    spoken = await harness.voice_reply_to(answer)
    assert decode(await harness.member.download(spoken["attachments"][0])).duration_s > 1

    harness.chat.answer = "Цапля терпелива."
    asked = await harness.russian.send(await harness.dm(harness.russian), voice=voice("pisets-ru.ogg"))
    answer = await harness.answer_to(asked, lambda text: "терпелива." in text, reader=harness.russian)
    assert is_heard(PISETS, answer["content"], 0.5)
    spoken = await harness.voice_reply_to(answer, reader=harness.russian)
    assert decode(await harness.russian.download(spoken["attachments"][0])).duration_s > 1


async def test_the_first_words_of_a_slow_answer_are_heard_at_once(elsewhere: Elsewhere, whisper_base: Path) -> None:
    harness = elsewhere.harness
    harness.chat.answer = "The heron waits in the shallow water. Then it flies away."
    harness.chat.held_after = 8
    try:
        asked = await harness.member.send(await harness.dm(harness.member), voice=voice("saoirse.ogg"))
        answer = await harness.answer_to(asked, bool)
        first = await harness.voice_reply_to(answer)
    finally:
        harness.chat.goes_on.set()
    rest = await harness.told(first, lambda message: bool(message["attachments"]))
    heard = [await hear(whisper_base, await harness.member.download(one["attachments"][0])) for one in (first, rest)]
    assert is_heard("waits in the shallow water", heard[0].text) and "flies" not in words(heard[0].text)
    assert is_heard("then it flies away", heard[1].text) and "shallow" not in words(heard[1].text)
    harness.chat.reset()


async def test_commands_hear_and_speak_and_the_worker_s_voices_are_offered(
    elsewhere: Elsewhere, whisper_base: Path
) -> None:
    person = elsewhere.harness.member
    recording = ("saoirse.ogg", (RECORDINGS / "saoirse.ogg").read_bytes(), "audio/ogg")
    transcript = await (await person.slash("transcribe", {"file": recording}, channel="general")).response(30)
    assert is_heard(SAOIRSE, transcript["content"], 0.5)
    offered = await person.autocomplete("say", {"voice": "joe"}, "voice", channel="general")
    assert [choice["value"] for choice in offered] == ["en_US-joe-medium"]
    said = await (await person.slash("say", {"text": SAID, "voice": "espeak-en-US"}, channel="general")).response(30)
    assert decode(await person.download(said["attachments"][0])).duration_s > 1
    unknown = await (await person.slash("voice set", {"voice": "Nobody"}, channel="general")).response(30)
    assert "There is no voice named Nobody" in unknown["content"]
    nothing = await (await person.slash("say", {"text": "🙂"}, channel="general")).response(30)
    assert "nothing in this text that can be said aloud" in nothing["content"]


async def test_what_cannot_be_heard_is_told_as_it_is_without_workers(elsewhere: Elsewhere) -> None:
    harness = elsewhere.harness
    silent = ("note.mp3", b"no sound at all" * 50, "audio/mpeg")
    refused = await (await harness.russian.slash("transcribe", {"file": silent}, channel="general")).response(30)
    assert refused["content"].startswith("Этот файл не похож на запись")
    harness.sandbox.fault("error", path="^/attachments/", status=500, times=10)
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("saoirse.ogg"))
    failed = await harness.answer_to(asked, lambda text: "could not download this file" in text)
    harness.sandbox.faults.clear()
    await harness.member.click(failed, "again")
    await harness.member.wait_for_edit(failed, lambda message: is_heard(SAOIRSE, message["content"], 0.5), 40)


async def test_where_a_link_has_expired_its_message_is_read_anew(elsewhere: Elsewhere) -> None:
    harness = elsewhere.harness
    harness.sandbox.fault("expire_links", times=1)
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("saoirse.ogg"))
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    assert is_heard(SAOIRSE, answer["content"], 0.5)
    harness.sandbox.fault("expire_links", times=2)
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("saoirse.ogg"))
    assert "its link has expired" in (await harness.answer_to(asked, bool))["content"]


async def test_of_a_long_recording_the_words_are_shown_until_it_is_stopped(elsewhere: Elsewhere) -> None:
    harness = elsewhere.harness
    outcome = await harness.member.slash(
        "transcribe", {"file": ("talk.ogg", _minutes(1.5), "audio/ogg")}, channel="general", timeout_s=20
    )
    bar = await outcome.response_where(lambda message: "█" in message["content"] and "fellow" in message["content"], 60)
    assert is_heard(AMERICANS, bar["content"])
    await harness.member.click(bar, "stop-hearing")
    await outcome.response_where(lambda message: "Stopped." in message["content"], 60)
    async with asyncio.timeout(20):
        while (await metrics(elsewhere.port))["starling_worker_running", ()]:
            await asyncio.sleep(0.2)


async def test_a_worker_that_is_stopped_ends_what_it_has_and_has_logged_no_word_of_it(elsewhere: Elsewhere) -> None:
    harness, worker = elsewhere.harness, elsewhere.worker
    itself = f"worker {worker.pid}"
    status, checks = await told_once(
        lambda checks: itself in checks and checks[itself]["finding"] == "good", elsewhere.folder
    )
    assert status == 0 and checks["process"]["detail"].endswith("workers run, and no gateway")
    assert checks[itself]["detail"].startswith("hear and speak: ")
    waiting = next(family for family in REGISTRY.collect() if family.name == "starling_work_waiting")
    assert {sample.labels["lane"] for sample in waiting.samples} == {"interactive", "long", "bulk"}
    outcome = await harness.member.slash(
        "transcribe", {"file": ("talk.ogg", _minutes(0.55), "audio/ogg")}, channel="general", timeout_s=20
    )
    await outcome.response_where(lambda message: "█" in message["content"], 60)
    worker.send_signal(signal.SIGTERM)
    done = await outcome.response_where(lambda message: "█" not in message["content"], 60)
    assert is_heard(JFK, done["content"])
    async with asyncio.timeout(20):
        assert await worker.wait() == 0
    log = words(" ".join(elsewhere.log))
    assert "the worker is ready" in log
    for said in ("fellow", "country", "blackwood", "нейронные", "heron", "цапля", "shallow"):
        assert said not in log


def _minutes(count: float) -> bytes:
    return repeated((RECORDINGS / "jfk.ogg").read_bytes(), count * 60)
