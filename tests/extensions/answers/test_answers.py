"""What people do to an answer: stop it, ask for it anew, edit or delete its question, show it pictures and files."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.server import Sandbox
from bot.storage.database import Database
from bot.work.job_store import JobStore
from tests.harness import Town, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import JFK, is_heard

PARIS = "Paris is the capital of France."
COUNTING = " ".join(f"number{n}" for n in range(60))


def picture(color: str, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (1600, 800), color).save(written, kind)
    return written.getvalue()


def shown_to_model(town: Town) -> list[Image.Image]:
    """The pictures in the last message of the last request."""
    content = town.chat.requests[-1]["messages"][-1]["content"]
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


async def test_an_answer_is_stopped_where_it_is_and_can_be_asked_for_anew(town: Town) -> None:
    town.chat.answer, town.chat.word_delay_s = COUNTING, 0.1
    asked = await town.member.send(await town.dm(town.member), "Count, please.")
    growing = await town.answer_to(asked, lambda text: "number3" in text)
    assert buttons_of(growing) == ["stop"]
    await town.member.click(growing, "stop")
    stopped = await town.answer_to(asked, lambda text: text.endswith("-# Stopped."))
    assert "number59" not in stopped["content"]
    assert buttons_of(stopped) == ["again"]
    town.chat.reset()
    await town.member.click(stopped, "again")
    anew = await town.answer_to(asked, lambda text: text == PARIS)
    assert anew["id"] == stopped["id"]


async def test_an_answer_that_is_asked_for_anew_is_spoken_anew_and_nothing_else_is_left(town: Town) -> None:
    channel = await town.dm(town.member)
    asked = await town.member.send(channel, voice=voice("jfk.ogg"))
    first = await town.complete_answer_to(asked)
    spoken = await town.voice_reply_to(first)
    heard = len(town.chat.requests)
    town.chat.answer = "It was John F. Kennedy."
    await town.member.click(first, "again")
    await town.answer_to(asked, lambda text: text.endswith("Kennedy."))
    anew = await town.member.wait_for_message(
        lambda message: bool(message["attachments"]) and int(message["id"]) > int(spoken["id"]), 40, channel=channel
    )
    assert [message["id"] for message in await town.after(asked)] == [first["id"], anew["id"]]
    assert len(town.chat.requests) == heard + 1
    follow_up = await town.member.send(channel, "Really?", reply_to=first)
    await town.complete_answer_to(follow_up)
    assert "It was John F. Kennedy." in str(town.chat.requests[-1]["messages"])
    assert "capital of France" not in str(town.chat.requests[-1]["messages"])


async def test_an_answer_of_several_messages_shrinks_to_one(town: Town) -> None:
    channel = await town.dm(town.member)
    town.chat.answer = "All work and no play makes a dull bird. " * 80
    asked = await town.member.send(channel, "Tell me much.")
    last = await town.complete_answer_to(asked)
    parts = await town.after(asked)
    assert len(parts) == 2
    assert [buttons_of(part) for part in parts] == [[], ["aloud", "again", "good", "bad"]]
    town.chat.reset()
    await town.member.click(last, "again")
    await town.answer_to(asked, lambda text: text == PARIS)
    await town.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == last["id"])
    (only,) = await town.after(asked)
    assert buttons_of(await town.member.fetch(only)) == ["aloud", "again", "good", "bad"]


async def test_nobody_else_stops_or_repeats_an_answer_but_a_moderator(town: Town) -> None:
    town.chat.answer, town.chat.word_delay_s = COUNTING, 0.1
    asked = await town.member.send("general", f"{town.mention} count")
    growing = await town.answer_to(asked, lambda text: "number3" in text)
    refused = await (await town.russian.click(growing, "stop")).response()
    assert "Это может сделать только тот, кто спросил" in refused["content"]
    await town.administrator.click(growing, "stop")
    stopped = await town.answer_to(asked, lambda text: text.endswith("-# Stopped."))
    refused = await (await town.russian.click(stopped, "again")).response()
    assert refused["flags"] & 64


async def test_an_edited_question_is_answered_anew(town: Town) -> None:
    town.chat.answer = None
    asked = await town.member.send(await town.dm(town.member), "How far is the moon?")
    first = await town.complete_answer_to(asked)
    assert first["content"] == "How far is the moon?"
    await town.member.edit(asked, "How far is the sun? 🌞")
    anew = await town.answer_to(asked, lambda text: text == "How far is the sun? 🌞")
    assert anew["id"] == first["id"]
    assert len(await town.after(asked)) == 1


async def test_a_question_that_is_edited_while_it_is_answered_is_answered_once(town: Town) -> None:
    town.chat.answer, town.chat.word_delay_s = COUNTING, 0.1
    asked = await town.member.send(await town.dm(town.member), "Count to fifty.")
    growing = await town.answer_to(asked, lambda text: "number3" in text)
    town.chat.reset()
    await town.member.edit(asked, "What is the capital of France?")
    anew = await town.answer_to(asked, lambda text: text == PARIS)
    assert anew["id"] == growing["id"]
    assert len(await town.after(asked)) == 1


async def test_who_deletes_a_question_deletes_its_answer_even_while_it_is_written(town: Town) -> None:
    channel = await town.dm(town.member)
    asked = await town.member.send(channel, voice=voice("jfk.ogg"))
    spoken = await town.voice_reply_to(await town.complete_answer_to(asked))
    await town.member.delete(asked)
    await town.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == spoken["id"])
    town.chat.answer, town.chat.word_delay_s = COUNTING, 0.1
    asked = await town.member.send(channel, "Count.")
    growing = await town.answer_to(asked, lambda text: "number3" in text)
    await town.member.delete(asked)
    await town.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == growing["id"])
    assert await town.after(asked) == []


async def test_trouble_of_the_model_can_be_tried_again_by_a_button(town: Town) -> None:
    town.chat.trouble = {"status": 401}
    asked = await town.member.send(await town.dm(town.member), "What is the capital of France?")
    sorry = await town.answer_to(asked, lambda text: "refuses the key" in text)
    town.chat.reset()
    await town.member.click(sorry, "again")
    anew = await town.answer_to(asked, lambda text: text == PARIS)
    assert anew["id"] == sorry["id"]


async def test_an_answer_that_was_interrupted_too_often_offers_to_try_again(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as town:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "stop_timeout_s": 0.1}
        chat.answer, chat.word_delay_s = COUNTING, 0.2
        async with running(tmp_path, sandbox, **settings):
            asked = await town.member.send(await town.dm(town.member), "count")
            await town.answer_to(asked, lambda text: "number2" in text)
        database = await Database.open(f"sqlite:///{tmp_path / 'starling.db'}")
        jobs = JobStore(database)
        (job,) = await jobs.unfinished()
        for _time in range(2):
            await jobs.start(job.id)
        await database.close()
        chat.reset()
        async with running(tmp_path, sandbox, **settings):
            given_up = await town.answer_to(asked, lambda text: text.endswith("-# I was interrupted here."))
            assert "number2" in given_up["content"]
            await town.member.click(given_up, "again")
            anew = await town.answer_to(asked, lambda text: text == PARIS)
        assert anew["id"] == given_up["id"]


async def test_pictures_are_shown_to_the_model_and_remembered_in_the_conversation(town: Town) -> None:
    channel = await town.dm(town.member)
    files = [("red.png", picture("red"), "image/png"), ("blue.webp", picture("blue", "WEBP"), "image/webp")]
    asked = await town.member.send(channel, "Which colours are these?", files=files)
    answer = await town.complete_answer_to(asked)
    red, blue = shown_to_model(town)
    assert red.size == blue.size == (1024, 512)
    assert (red.getpixel((9, 9)), blue.getpixel((9, 9))) == ((254, 0, 0), (0, 0, 254))
    await town.complete_answer_to(await town.member.send(channel, "And which is warmer?", reply_to=answer))
    earlier = town.chat.requests[-1]["messages"][1]["content"]
    assert [part["type"] for part in earlier] == ["text", "image_url", "image_url"]


async def test_a_picture_without_words_is_looked_at(town: Town) -> None:
    file = ("red.gif", picture("red", "GIF"), "image/gif")
    asked = await town.member.send(await town.dm(town.member), files=[file])
    await town.complete_answer_to(asked)
    assert len(shown_to_model(town)) == 1


async def test_a_model_that_cannot_see_answers_the_words(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as town:
        chat.blind = True
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            channel = await town.dm(town.member)
            file = ("red.png", picture("red"), "image/png")
            alone = await town.member.send(channel, files=[file])
            sorry = await town.answer_to(alone, lambda text: "cannot look at pictures" in text)
            assert "Reference:" in sorry["content"]
            asked = await town.member.send(channel, "Which colour?", files=[file])
            answer = await town.complete_answer_to(asked)
    assert answer["content"].startswith("Paris")
    assert [isinstance(request["messages"][-1]["content"], str) for request in chat.requests] == [False, True]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_text_files_are_read(town: Town, encoding: str) -> None:
    file = ("заметки.md", "Кодовое слово: скворец. 🐦".encode(encoding), "text/markdown")
    asked = await town.member.send(await town.dm(town.member), "What is the code word?", files=[file])
    await town.complete_answer_to(asked)
    assert town.chat.last_question.startswith("What is the code word?\n\n")
    assert "\n```\nКодовое слово: скворец. 🐦\n```" in town.chat.last_question


@pytest.mark.parametrize(
    ("name", "data", "kind", "sentence"),
    [
        ("notes.txt", b"\xff\x00\x80abc", "text/plain", "I cannot read notes.txt"),
        ("notes.txt", b"a" * (257 << 10), "text/plain", "notes.txt is too large for me"),
        ("red.png", picture("red")[:200], "image/png", "I cannot open the picture red.png"),
        ("red.png", b"GIF89a nothing", "image/png", "I cannot open the picture red.png"),
    ],
)
async def test_what_cannot_be_read_is_told(town: Town, name: str, data: bytes, kind: str, sentence: str) -> None:
    asked = await town.member.send(await town.dm(town.member), "What is this?", files=[(name, data, kind)])
    assert await town.answer_to(asked, lambda text: sentence in text)


async def test_a_voice_note_further_up_the_chain_is_heard_once(town: Town) -> None:
    note = await town.russian.send("general", voice=voice("jfk.ogg"))
    asked = await town.member.send("general", f"{town.mention} what does he say?", reply_to=note)
    answer = await town.complete_answer_to(asked)
    assert town.chat.requests[-1]["messages"][1]["content"].startswith("Борис: ")
    assert is_heard(JFK, town.chat.requests[-1]["messages"][1]["content"])
    assert town.chat.last_question.endswith("what does he say?")
    await town.complete_answer_to(await town.member.send("general", f"{town.mention} sure?", reply_to=answer))
