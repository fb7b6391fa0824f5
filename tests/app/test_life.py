"""Starling starts strictly, stops gently, and comes back."""

from __future__ import annotations

import asyncio
import io
import signal
import wave
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from audio import decode
from bot.errors import StarlingError
from bot.sandbox.client.discord_user import DiscordUser
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from tests.app.forked import execute
from tests.app.process import WITHOUT_MODELS, command, command_by, ready_at
from tests.databases import place_tables
from tests.harness import RECORDINGS, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, is_heard


async def test_without_a_token_it_runs_in_a_sandbox_answers_and_stops_cleanly(
    tmp_path: Path, whisper_base: Path, piper_joe: Path, smollm2: Path
) -> None:
    settings = {"SANDBOX_PORT": "0", "DATA_FOLDER": str(tmp_path), "TTS_ENGINE": "offline", "CHAT_MAX_TOKENS": "20"}
    async with command_by(execute, "run", **settings) as process:
        url = await ready_at(process)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/sandbox") as response:
                directory = await response.json()
            async with session.get(url) as response:
                assert response.status == 200
        async with DiscordUser(url, directory["users"][1]["token"]) as person:
            channel = (await person.dm(directory["application_id"]))["id"]
            asked = await person.send(channel, voice=voice("americans.ogg"))
            async with asyncio.timeout(60):
                while True:
                    replies = [m for m in await person.messages(channel) if int(m["id"]) > int(asked["id"])]
                    # The beginning may be spoken before the end is written.
                    is_whole = bool(replies) and "small demonstration model" in replies[0]["content"]
                    if is_whole and any(m["flags"] & 1 << 13 for m in replies):
                        break
                    await asyncio.sleep(0.2)
        assert is_heard(AMERICANS, replies[0]["content"])
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            _out, err = await process.communicate()
        assert process.returncode == 0
        assert b"Traceback" not in err


async def test_a_stop_in_the_middle_of_an_answer_loses_nothing(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "stop_timeout_s": 0.2}
        chat.answer, chat.held_after = "one two three four five six seven eight nine ten", 3
        channel = await harness.dm(harness.member)
        async with running(tmp_path, sandbox, **settings):
            asked = await harness.member.send(channel, "count")
            await harness.answer_to(asked, lambda text: "two" in text)
        halted = await harness.answer_to(asked, lambda text: "restarted in the middle of this answer" in text)
        assert "ten" not in halted["content"]
        chat.goes_on.set()
        async with running(tmp_path, sandbox, **settings):
            answer = await harness.answer_to(asked, lambda text: text == chat.answer)
        assert answer["id"] == halted["id"]
        assert len(await harness.after(asked)) == 1


async def test_a_stop_waits_for_an_answer_that_is_nearly_done(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "stop_timeout_s": 10.0}
        chat.answer, chat.word_delay_s = "one two three four", 0.3
        async with running(tmp_path, sandbox, **settings):
            asked = await harness.member.send(await harness.dm(harness.member), "count")
            await harness.answer_to(asked, bool)
        answer = await harness.answer_to(asked, bool)
        assert answer["content"] == "one two three four"


async def test_a_command_under_way_is_told_of_the_restart(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "stop_timeout_s": 0.2}
        sandbox.fault("slow", method="GET", path="^/ephemeral-attachments/", delay_s=20.0)
        async with running(tmp_path, sandbox, **settings):
            file = ("jfk.ogg", (RECORDINGS / "jfk.ogg").read_bytes(), "audio/ogg")
            outcome = await harness.member.slash("transcribe", {"file": file}, channel=harness.channel("general"))
            await asyncio.sleep(0.5)
        assert "being restarted" in (await outcome.response(30))["content"]


async def test_a_lost_connection_and_a_busy_discord_are_not_noticed(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings):
            sandbox.close_gateway()
            asked = await harness.member.send(await harness.dm(harness.member), "hello")
            await harness.answer_to(asked, lambda text: "capital of France." in text)
            chat.first_word_delay_s = 0.3  # the faults are meant for the bot, not for sending the question
            for kind in ("rate_limit", "error"):
                asked = await harness.member.send(await harness.dm(harness.member), "hello again")
                sandbox.fault(kind, method="POST", path="^/channels/[0-9]+/messages$", retry_after_s=0.3, after=True)
                await harness.answer_to(asked, lambda text: "capital of France." in text)
                assert len(await harness.after(asked)) == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"message_content_intent": True}, "Discord does not grant the message content intent"),
        ({"whisper_model": "/nowhere/at/all"}, "speech model /nowhere/at/all cannot be loaded"),
        ({"database_url": "postgresql://a:b@127.0.0.1:9/c"}, "The database postgresql"),
        ({"instruction_file": "/nowhere/i.txt"}, "INSTRUCTION_FILE cannot be used: there is no file /nowhere/i.txt"),
    ],
)
async def test_what_prevents_a_start_is_told(
    tmp_path: Path, whisper_base: Path, settings: dict[str, object], sentence: str
) -> None:
    async with ScriptedChat() as chat, Sandbox(options=Options(message_content=False)) as sandbox:
        given: dict[str, object] = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        with pytest.raises(StarlingError) as prevented:
            async with running(tmp_path, sandbox, **given | settings):
                raise AssertionError("it runs")
        assert sentence in str(prevented.value)


async def test_without_discord_the_command_ends_with_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    await place_tables(tmp_path / "starling.db")
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        given = WITHOUT_MODELS | {
            "DISCORD_TOKEN": "MTAwMDAwMDAwMDAwMDAwMDAx.GxYzAb.nobody-knows-this-one",
            "DISCORD_API_URL": sandbox.rest_url, "OPENAI_BASE_URL": chat.base_url, "CHAT_MODEL": "scripted",
            "DATA_FOLDER": str(tmp_path),
        }  # fmt: skip
        async with command("run", **given) as process, asyncio.timeout(90):
            _out, err = await process.communicate()
        assert process.returncode == 1
        assert "Discord refuses the token in DISCORD_TOKEN" in " ".join(err.decode().split())
        assert "Traceback" not in err.decode()


async def test_heartbeats_are_on_time_while_ten_minutes_are_transcribed(tmp_path: Path, whisper_base: Path) -> None:
    speech = decode((RECORDINGS / "jfk.ogg").read_bytes()).samples
    long = np.tile(np.concatenate([speech, np.zeros(16000, np.float32)]), 50)[: 595 * 16000]
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((long * 32767).astype("<i2").tobytes())
    async with (
        ScriptedChat() as chat,
        Sandbox(options=Options(heartbeat_interval_s=0.25, person_file_limit_bytes=25 << 20)) as sandbox,
    ):
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "stop_timeout_s": 0.1}
        async with running(tmp_path, sandbox, **settings), populated(sandbox, chat) as harness:
            await harness.member.send(
                await harness.dm(harness.member), files=[("long.wav", buffer.getvalue(), "audio/wav")]
            )
            await asyncio.sleep(2.5)
            late = [beat.late_s or 0.0 for session in sandbox.bot_sessions for beat in session.heartbeats]
    assert len(late) >= 7
    assert max(late) < 2
