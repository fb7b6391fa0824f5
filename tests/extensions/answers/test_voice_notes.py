"""The main job: a recording is transcribed, understood, and answered in text and aloud."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np

from audio import decode
from tests.harness import RECORDINGS, BotHarness, hear, voice
from tests.spoken import AMERICANS, JFK, PISETS, is_heard


async def test_an_english_voice_note_is_answered_in_text_and_aloud(harness: BotHarness, whisper_base: Path) -> None:
    harness.chat.answer = "Your country thanks you for asking."
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("jfk.ogg"))
    answer = await harness.answer_to(asked, lambda text: "thanks you for asking." in text)
    assert answer["content"].startswith("> 🎙️ ")
    assert is_heard(JFK, answer["content"])
    assert is_heard(JFK, harness.chat.last_question.splitlines()[-1])

    spoken = await harness.voice_reply_to(answer)
    assert spoken["flags"] & 1 << 13
    assert spoken["content"] == ""
    attachment = spoken["attachments"][0]
    assert attachment["content_type"] == "audio/ogg"
    assert 1.0 < attachment["duration_secs"] < 6.0
    assert len(attachment["waveform"]) > 8
    data = await harness.member.download(attachment)
    with av.open(io.BytesIO(data), format="ogg") as container:
        codec = container.streams.audio[0].codec_context
        assert (codec.name, codec.sample_rate, codec.layout.name) == ("opus", 48000, "mono")
    heard = await hear(whisper_base, data)
    assert heard.language == "en"
    assert is_heard(harness.chat.answer, heard.text, 0.3)


async def test_an_answer_that_was_spoken_is_read_aloud_again_without_being_spoken_anew(harness: BotHarness) -> None:
    harness.chat.answer = "It was **Kennedy**. Do you know the rest?"
    asked = await harness.member.send(
        harness.channel("general"), harness.mention, files=[("note.ogg", _americans(), "audio/ogg")]
    )
    answer = await harness.answer_to(asked, lambda text: "the rest?" in text)
    spoken = await harness.voice_reply_to(answer)
    again = await (await harness.member.message_command("Read aloud", answer)).response(30)
    sounds = [await harness.member.download(message["attachments"][0]) for message in (spoken, again)]
    assert sounds[0] == sounds[1], "the voice never says a sentence twice in exactly the same way"


async def test_a_russian_voice_note_is_answered_aloud_in_russian(harness: BotHarness) -> None:
    harness.chat.answer = "Да, нейронные сети умеют очень многое."
    asked = await harness.russian.send(await harness.dm(harness.russian), voice=voice("pisets-ru.ogg"))
    answer = await harness.answer_to(asked, lambda text: "очень многое." in text, reader=harness.russian)
    assert is_heard(PISETS, answer["content"])
    spoken = await harness.voice_reply_to(answer, reader=harness.russian)
    assert decode(await harness.russian.download(spoken["attachments"][0])).duration_s > 1.0


async def test_in_a_channel_it_answers_who_mentions_it_and_pings_nobody_else(harness: BotHarness) -> None:
    harness.chat.answer = f"@everyone <@{harness.russian.user['id']}> look, that is Kennedy."
    asked = await harness.member.send(
        harness.channel("general"),
        f"{harness.mention} who said this?",
        files=[("speech.ogg", _americans(), "audio/ogg")],
    )
    answer = await harness.answer_to(asked, lambda text: "Kennedy." in text)
    assert not answer["mention_everyone"]
    assert {user["id"] for user in answer["mentions"]} <= {asked["author"]["id"]}
    assert harness.chat.last_question.startswith("who said this?\n")
    assert is_heard(AMERICANS, harness.chat.last_question)
    assert await harness.voice_reply_to(answer)


async def test_a_forwarded_voice_note_is_heard(harness: BotHarness) -> None:
    note = await harness.russian.send(harness.channel("voice-notes"), voice=voice("americans.ogg"))
    asked = await harness.member.forward(note, await harness.dm(harness.member))
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    assert is_heard(AMERICANS, answer["content"])
    assert await harness.voice_reply_to(answer)


async def test_several_recordings_of_a_message_are_heard_in_order_and_told_apart(harness: BotHarness) -> None:
    russian = (RECORDINGS / "pisets-ru.ogg").read_bytes()
    files = [("first.ogg", _americans(), "audio/ogg"), ("film.mp4", _pictures(), "video/mp4")]
    files += [("second.ogg", russian, "audio/ogg")]
    asked = await harness.member.send(await harness.dm(harness.member), "What do they say?", files=files)
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    first, second = (line for line in answer["content"].splitlines() if line.startswith("> 🎙️"))
    for told in ((first, second), harness.chat.last_question.splitlines()[-2:]):
        assert is_heard(f"1 {AMERICANS}", told[0]) and is_heard(f"3 {PISETS}", told[1])
    assert harness.chat.last_question.splitlines()[-3] == "What do they say?"
    assert "-# film.mp4: " in answer["content"]
    whole = await (await harness.member.message_command("Transcribe", asked)).response(60)
    assert is_heard(AMERICANS, whole["content"]) and is_heard(PISETS, whole["content"])


async def test_what_is_written_beside_a_recording_is_answered_when_nothing_is_heard_in_it(harness: BotHarness) -> None:
    ada = harness.administrator
    asked = await ada.send(await harness.dm(ada), "What is the capital?", files=[("gif.mp4", _pictures(), "video/mp4")])
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text, reader=ada)
    assert harness.chat.last_question == "What is the capital?"
    assert "no sound track" in answer["content"]


async def test_the_sound_of_a_video_is_heard(harness: BotHarness) -> None:
    asked = await harness.member.send(await harness.dm(harness.member), files=[("holiday.mp4", _video(), "video/mp4")])
    answer = await harness.answer_to(asked, lambda text: "capital of France." in text)
    assert is_heard(AMERICANS, answer["content"])
    assert await harness.voice_reply_to(answer)


async def test_a_long_answer_comes_in_several_messages_that_keep_their_code(harness: BotHarness) -> None:
    code = "\n".join(f"print({number})  # line {number}" for number in range(150))
    harness.chat.answer = f"Here:\n```python\n{code}\n```\nThat was all."
    asked = await harness.member.send(await harness.dm(harness.member), "write me a program")
    last = await harness.told(asked, lambda message: "That was all." in message["content"])
    parts = await harness.after(asked)
    assert parts[-1]["id"] == last["id"]
    assert len(parts) > 1
    for part in parts:
        assert len(part["content"]) <= 2000
        assert part["content"].count("```") % 2 == 0


async def test_an_answer_of_more_than_ten_thousand_characters_ends_in_a_file(harness: BotHarness) -> None:
    harness.chat.answer = "Antidisestablishmentarianism is a remarkably incomprehensible characterization. " * 205
    asked = await harness.member.send(await harness.dm(harness.member), "tell me everything")
    last = await harness.told(asked, lambda message: bool(message["attachments"]))
    assert "all of it is in the file" in last["content"]
    whole = await harness.member.download(last["attachments"][0])
    assert whole.decode() == harness.chat.answer.strip()
    assert len(await harness.after(asked)) == 5


def _americans() -> bytes:
    return (RECORDINGS / "americans.ogg").read_bytes()


def _pictures() -> bytes:
    """A second of video without a sound track, as messengers send GIFs."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as target:
        pictures = target.add_stream("mpeg4", rate=5)
        pictures.width, pictures.height = 64, 64
        for _number in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            target.mux(pictures.encode(frame))
        target.mux(pictures.encode(None))
    return buffer.getvalue()


def _video() -> bytes:
    """Black pictures with the recording as sound."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as target, av.open(io.BytesIO(_americans()), "r", format="ogg") as source:
        pictures = target.add_stream("mpeg4", rate=5)
        pictures.width, pictures.height = 64, 64
        sound = target.add_stream("aac", rate=48000)
        for _number in range(15):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            target.mux(pictures.encode(frame))
        target.mux(pictures.encode(None))
        for heard in source.decode(audio=0):
            heard.pts = None
            target.mux(sound.encode(heard))
        target.mux(sound.encode(None))
    return buffer.getvalue()
