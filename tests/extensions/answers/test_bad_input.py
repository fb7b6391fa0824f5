"""Whatever people send, they get one clear sentence, and nothing is lost."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from bot.sandbox.model.seed import BOT_ROLE_ID
from bot.sandbox.options import Options
from bot.sandbox.server import Sandbox
from tests.harness import RECORDINGS, BotHarness, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, is_heard

RECORDING = (RECORDINGS / "americans.ogg").read_bytes()


def _wav(seconds: float, rate: int = 16000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(int(seconds * rate) * 2))
    return buffer.getvalue()


def _silent_video() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as target:
        pictures = target.add_stream("mpeg4", rate=5)
        pictures.width, pictures.height = 64, 64
        for _number in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            target.mux(pictures.encode(frame))
        target.mux(pictures.encode(None))
    return buffer.getvalue()


def _flac_that_claims_a_day() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="flac") as target:
        sound = target.add_stream("flac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        target.mux(sound.encode(frame))
        target.mux(sound.encode(None))
    data = bytearray(buffer.getvalue())
    samples = 8000 * 86400
    data[21] = data[21] & 0xF0 | samples >> 32 & 0x0F  # STREAMINFO, 36 bits of total samples
    data[22:26] = (samples & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "kind", "sentence"),
    [
        ("text.ogg", b"just a letter to you", "audio/ogg", "not a recording that I can read"),
        ("noise.ogg", bytes(range(256)) * 40, "audio/ogg", "not a recording that I can read"),
        ("header.ogg", RECORDING[:60], "audio/ogg", "damaged"),
        ("film.mp4", _silent_video(), "video/mp4", "no sound track"),
        ("click.wav", _wav(0.01), "audio/wav", "too short"),
        ("silence.wav", _wav(4.0), "audio/wav", "I heard no speech in this recording."),
        ("long.wav", _wav(64.0, 8000), "audio/wav", "too long"),
        ("day.flac", _flac_that_claims_a_day(), "audio/flac", "too long"),
        ("list.ogg", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "audio/ogg", "not a recording that I can read"),
        ("list2.ogg", b"ffconcat version 1.0\nfile /etc/passwd\n", "audio/ogg", "not a recording that I can read"),
    ],
)  # fmt: skip
async def test_a_file_that_is_no_recording_gets_its_sentence(
    strict_harness: BotHarness, name: str, data: bytes, kind: str, sentence: str
) -> None:
    harness = strict_harness
    asked = await harness.member.send(await harness.dm(harness.member), files=[(name, data, kind)])
    told = await harness.answer_to(asked, bool)
    assert sentence in told["content"]
    assert "…" not in told["content"]


async def test_a_russian_is_told_in_russian(harness: BotHarness) -> None:
    channel = await harness.dm(harness.russian)
    await (await harness.russian.slash("hi", channel=channel)).response(30)
    asked = await harness.russian.send(channel, files=[("text.ogg", b"just a letter", "audio/ogg")])
    told = await harness.answer_to(asked, bool, reader=harness.russian)
    assert told["content"].startswith("Этот файл не похож на запись")


async def test_a_broken_off_recording_is_heard_as_far_as_it_goes(harness: BotHarness) -> None:
    whole = (RECORDINGS / "jfk.ogg").read_bytes()
    asked = await harness.member.send(
        await harness.dm(harness.member), files=[("cut.ogg", whole[: len(whole) // 3], "audio/ogg")]
    )
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    assert is_heard(AMERICANS, answer["content"])
    assert "The end of this recording is damaged" in answer["content"]


async def test_a_recording_that_is_too_large_is_refused_whatever_size_it_declares(strict_harness: BotHarness) -> None:
    harness = strict_harness
    data = _wav(40.0, 16000)
    channel = await harness.dm(harness.member)
    asked = await harness.member.send(channel, files=[("big.wav", data, "audio/wav")])
    told = await harness.answer_to(asked, bool)
    assert "larger than 1 MB" in told["content"]
    harness.sandbox.lie_about_size(1000)
    asked = await harness.member.send(channel, files=[("big.wav", data, "audio/wav")])
    assert asked["attachments"][0]["size"] < len(data)
    told = await harness.answer_to(asked, bool)
    assert "larger than 1 MB" in told["content"]


async def test_an_expired_link_is_told_of(harness: BotHarness) -> None:
    harness.sandbox.fault("expire_links")
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("americans.ogg"))
    told = await harness.answer_to(asked, bool)
    assert "its link has expired" in told["content"]


async def test_a_chat_model_that_is_down_leaves_the_transcript(harness: BotHarness) -> None:
    harness.chat.trouble = {"status": 503, "headers": {"retry-after-ms": "1"}}
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("americans.ogg"))
    told = await harness.answer_to(asked, lambda text: "Reference" in text)
    assert is_heard(AMERICANS, told["content"])
    assert "My chat model is overloaded" in told["content"]


async def test_a_chat_model_that_says_nothing_is_told_of(harness: BotHarness) -> None:
    harness.chat.answer = " "
    asked = await harness.member.send(await harness.dm(harness.member), "hello")
    told = await harness.answer_to(asked, lambda text: "Reference" in text)
    assert "sent an empty answer" in told["content"]


async def test_an_answer_that_breaks_off_keeps_what_was_said(harness: BotHarness) -> None:
    harness.chat.answer, harness.chat.trouble = "Paris is", "drop"
    asked = await harness.member.send(await harness.dm(harness.member), "hello")
    told = await harness.answer_to(asked, lambda text: "Reference" in text)
    assert told["content"].startswith("Paris")
    assert "broke off in the middle" in told["content"]


async def test_where_it_may_not_write_it_says_so_in_a_direct_message(harness: BotHarness) -> None:
    channel = harness.channel("no-bots")
    await harness.administrator.send(channel, f"{harness.mention} hello")
    told = await harness.administrator.wait_for_message(lambda message: f"<#{channel}>" in message["content"])
    assert told["channel_id"] == await harness.dm(harness.administrator)
    assert "give me these permissions: View Channel" in told["content"] or "Send Messages" in told["content"]


@pytest.mark.parametrize("word_delay_s", [0.0, 0.01], ids=["at once", "as it is written"])
async def test_the_permission_that_is_missing_is_named_and_without_files_all_of_it_comes(
    harness: BotHarness, word_delay_s: float
) -> None:
    channel = harness.channel("general")
    deny = f"/channels/{channel}/permissions/{BOT_ROLE_ID}"
    history, files = 1 << 16, 1 << 15
    try:
        await harness.administrator.request("PUT", deny, {"type": 0, "allow": "0", "deny": str(history)})
        asked = await harness.member.send(channel, f"{harness.mention} hello")
        told = await harness.told(asked, lambda message: "Read Message History" in message["content"])
        assert "give me these permissions: Read Message History." in told["content"]
        await harness.administrator.request("PUT", deny, {"type": 0, "allow": "0", "deny": str(files)})
        # Few words, each of which arrives separately.
        harness.chat.answer = (f"{'tu-whit-tu-whoo-' * 6} says the dull bird. ") * 100
        harness.chat.word_delay_s = word_delay_s
        asked = await harness.member.send(channel, f"{harness.mention} tell me everything")
        last = await harness.told(asked, lambda message: "I may not attach files here" in message["content"])
    finally:
        await harness.administrator.request("DELETE", deny)
    parts = await harness.after(asked)
    assert parts[-1]["id"] == last["id"]
    assert sum(part["content"].count("dull bird.") for part in parts) == 100
    assert "again" in buttons_of(last)


async def test_a_question_that_is_deleted_at_once_is_met_with_silence(harness: BotHarness) -> None:
    """Some bots do this: they delete a message and post it again under another name."""
    channel = await harness.dm(harness.member)
    for asked in ("Hello!", ""):
        first = await harness.member.send(channel, asked, voice=None if asked else voice("americans.ogg"))
        await harness.member.delete(first)
    second = await harness.member.send(channel, "And what is the capital?")
    answer = await harness.complete_answer_to(second)
    assert [message["id"] for message in await harness.after(first)] == [second["id"], answer["id"]]


async def test_an_answer_that_is_deleted_while_it_is_written_stays_deleted(harness: BotHarness) -> None:
    harness.chat.answer, harness.chat.word_delay_s = "one two three four five six seven eight nine ten", 0.15
    channel = harness.channel("general")
    asked = await harness.member.send(channel, f"{harness.mention} count")
    answer = await harness.answer_to(asked, bool)
    await harness.administrator.delete(answer)
    await asyncio.sleep(2)
    assert await harness.after(asked) == []


async def test_an_answer_that_is_deleted_before_it_is_spoken_stays_silent(harness: BotHarness) -> None:
    harness.chat.answer = "This is one of very many sentences that take a while to say. " * 2
    asked = await harness.member.send(
        harness.channel("general"), harness.mention, files=[("note.ogg", RECORDING, "audio/ogg")]
    )
    answer = await harness.answer_to(asked, lambda text: text.endswith("to say."))
    await harness.administrator.delete(answer)
    await asyncio.sleep(4)
    assert await harness.after(asked) == []


async def test_an_answer_that_breaks_off_is_not_spoken(harness: BotHarness) -> None:
    harness.chat.answer, harness.chat.trouble = "Once. Upon. A. Time.", "filter"
    asked = await harness.member.send(
        harness.channel("general"), harness.mention, files=[("note.ogg", RECORDING, "audio/ogg")]
    )
    await harness.answer_to(asked, lambda text: "filter stopped this answer" in text)
    await asyncio.sleep(2)
    assert len(await harness.after(asked)) == 1


async def test_when_no_voice_can_speak_the_text_still_comes_with_a_note(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "tts_engine": "piper"}
        chat.answer = "Столица Франции называется Париж."  # Piper's voice speaks English only
        async with running(tmp_path, sandbox, **settings), populated(sandbox, chat) as harness:
            asked = await harness.member.send(await harness.dm(harness.member), voice=voice("pisets-ru.ogg"))
            answer = await harness.answer_to(asked, lambda text: "Здесь нет голоса" in text)
    assert "называется Париж." in answer["content"]


async def test_a_command_whose_time_is_over_is_answered_by_a_message(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox(options=Options(token_lifetime_s=1.0)) as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, sandbox, **settings), populated(sandbox, chat) as harness:
            sandbox.fault("slow", method="GET", path="^/ephemeral-attachments/", delay_s=1.2)
            channel = harness.channel("general")
            await harness.member.slash("transcribe", {"file": ("note.ogg", RECORDING, "audio/ogg")}, channel=channel)
            told = await harness.member.wait_for_message(lambda message: is_heard(AMERICANS, message["content"]), 30)
    assert "took longer than Discord lets a command wait" in told["content"]
