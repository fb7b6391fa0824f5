"""What people do to an answer: stop it, ask for another, edit or delete its question, add pictures and files."""

from __future__ import annotations

import base64
import functools
import io
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.server import Sandbox
from bot.storage.database import Database
from bot.work.job_store import JobStore
from tests.answering import made_documents
from tests.harness import BotHarness, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, is_heard

PARIS = "Paris is the capital of France."
COUNTING = " ".join(f"number{n}" for n in range(60))


@functools.cache
def picture(color: str, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (1600, 800), color).save(written, kind)
    return written.getvalue()


def shown_to_model(harness: BotHarness) -> list[Image.Image]:
    """The pictures in the last message of the last request."""
    content = harness.chat.requests[-1]["messages"][-1]["content"]
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) for url in urls]


async def test_an_answer_is_stopped_where_it_is_and_can_be_asked_for_anew(harness: BotHarness) -> None:
    harness.chat.answer, harness.chat.word_delay_s = COUNTING, 0.1
    asked = await harness.member.send(await harness.dm(harness.member), "Count, please.")
    growing = await harness.answer_to(asked, lambda text: "number3" in text)
    assert buttons_of(growing) == ["stop"]
    await harness.member.click(growing, "stop")
    stopped = await harness.answer_to(asked, lambda text: text.endswith("-# Stopped."))
    assert "number59" not in stopped["content"]
    assert buttons_of(stopped) == ["again"]
    harness.chat.reset()
    await harness.member.click(stopped, "again")
    anew = await harness.answer_to(asked, lambda text: text == PARIS)
    assert anew["id"] == stopped["id"]


async def test_an_answer_that_is_asked_for_anew_is_spoken_anew_and_nothing_else_is_left(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    asked = await harness.member.send(channel, voice=voice("americans.ogg"))
    first = await harness.complete_answer_to(asked)
    spoken = await harness.voice_reply_to(first)
    heard = len(harness.chat.requests)
    harness.chat.answer = "It was John F. Kennedy."
    await harness.member.click(first, "again")
    await harness.answer_to(asked, lambda text: text.endswith("Kennedy."))
    anew = await harness.member.wait_for_message(
        lambda message: bool(message["attachments"]) and int(message["id"]) > int(spoken["id"]), 40, channel=channel
    )
    assert [message["id"] for message in await harness.after(asked)] == [first["id"], anew["id"]]
    assert len(harness.chat.requests) == heard + 1
    follow_up = await harness.member.send(channel, "Really?", reply_to=first)
    await harness.complete_answer_to(follow_up)
    assert "It was John F. Kennedy." in str(harness.chat.requests[-1]["messages"])
    assert "capital of France" not in str(harness.chat.requests[-1]["messages"])


async def test_an_answer_of_several_messages_shrinks_to_one(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    harness.chat.answer = "All work and no play makes a dull bird. " * 80
    asked = await harness.member.send(channel, "Tell me much.")
    last = await harness.complete_answer_to(asked)
    parts = await harness.after(asked)
    assert len(parts) == 2
    assert [buttons_of(part) for part in parts] == [[], ["aloud", "again", "good", "bad", "correct"]]
    harness.chat.reset()
    await harness.member.click(last, "again")
    await harness.answer_to(asked, lambda text: text == PARIS)
    await harness.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == last["id"])
    (only,) = await harness.after(asked)
    assert buttons_of(await harness.member.fetch(only)) == ["aloud", "again", "good", "bad", "correct"]


async def test_nobody_else_stops_or_repeats_an_answer_but_a_moderator(harness: BotHarness) -> None:
    harness.chat.answer, harness.chat.word_delay_s = COUNTING, 0.1
    asked = await harness.member.send("general", f"{harness.mention} count")
    growing = await harness.answer_to(asked, lambda text: "number3" in text)
    refused = await (await harness.russian.click(growing, "stop")).response()
    assert "тот, кто спросил, и те, у кого есть право «Управлять сообщениями»" in refused["content"]
    await harness.administrator.click(growing, "stop")
    stopped = await harness.answer_to(asked, lambda text: text.endswith("-# Stopped."))
    refused = await (await harness.russian.click(stopped, "again")).response()
    assert refused["flags"] & 64


async def test_an_edited_question_is_answered_anew(harness: BotHarness) -> None:
    harness.chat.answer = None
    asked = await harness.member.send(await harness.dm(harness.member), "How far is the moon?")
    first = await harness.complete_answer_to(asked)
    assert first["content"] == "How far is the moon?"
    await harness.member.edit(asked, "How far is the sun? 🌞")
    anew = await harness.answer_to(asked, lambda text: text == "How far is the sun? 🌞")
    assert anew["id"] == first["id"]
    assert len(await harness.after(asked)) == 1


async def test_a_question_that_is_edited_while_it_is_answered_is_answered_once(harness: BotHarness) -> None:
    harness.chat.answer, harness.chat.word_delay_s = COUNTING, 0.1
    asked = await harness.member.send(await harness.dm(harness.member), "Count to fifty.")
    growing = await harness.answer_to(asked, lambda text: "number3" in text)
    harness.chat.reset()
    await harness.member.edit(asked, "What is the capital of France?")
    anew = await harness.answer_to(asked, lambda text: text == PARIS)
    assert anew["id"] == growing["id"]
    assert len(await harness.after(asked)) == 1


async def test_who_deletes_a_question_deletes_its_answer_even_while_it_is_written(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    asked = await harness.member.send(channel, voice=voice("americans.ogg"))
    spoken = await harness.voice_reply_to(await harness.complete_answer_to(asked))
    await harness.member.delete(asked)
    await harness.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == spoken["id"])
    harness.chat.answer, harness.chat.word_delay_s = COUNTING, 0.1
    asked = await harness.member.send(channel, "Count.")
    growing = await harness.answer_to(asked, lambda text: "number3" in text)
    await harness.member.delete(asked)
    await harness.member.wait_for(lambda event: event.name == "MESSAGE_DELETE" and event.data["id"] == growing["id"])
    assert await harness.after(asked) == []


async def test_trouble_of_the_model_can_be_tried_again_by_a_button(harness: BotHarness) -> None:
    harness.chat.trouble = {"status": 401}
    asked = await harness.member.send(await harness.dm(harness.member), "What is the capital of France?")
    sorry = await harness.answer_to(asked, lambda text: "refuses the key" in text)
    harness.chat.reset()
    await harness.member.click(sorry, "again")
    anew = await harness.answer_to(asked, lambda text: text == PARIS)
    assert anew["id"] == sorry["id"]


async def test_an_answer_that_was_interrupted_too_often_offers_to_try_again(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "stop_timeout_s": 0.1}
        chat.answer, chat.word_delay_s = COUNTING, 0.2
        async with running(tmp_path, sandbox, **settings):
            asked = await harness.member.send(await harness.dm(harness.member), "count")
            await harness.answer_to(asked, lambda text: "number2" in text)
        database = await Database.open(f"sqlite:///{tmp_path / 'starling.db'}")
        jobs = JobStore(database)
        (job,) = await jobs.unfinished()
        for _time in range(2):
            await jobs.start(job.id)
        await database.close()
        chat.reset()
        async with running(tmp_path, sandbox, **settings):
            given_up = await harness.answer_to(asked, lambda text: text.endswith("-# I was interrupted here."))
            assert "number2" in given_up["content"]
            await harness.member.click(given_up, "again")
            anew = await harness.answer_to(asked, lambda text: text == PARIS)
        assert anew["id"] == given_up["id"]


async def test_pictures_are_shown_to_the_model_and_remembered_in_the_conversation(harness: BotHarness) -> None:
    channel = await harness.dm(harness.member)
    files = [("red.png", picture("red"), "image/png"), ("blue.webp", picture("blue", "WEBP"), "image/webp")]
    asked = await harness.member.send(channel, "Which colours are these?", files=files)
    answer = await harness.complete_answer_to(asked)
    red, blue = shown_to_model(harness)
    assert red.size == blue.size == (1024, 512)
    assert (red.getpixel((9, 9)), blue.getpixel((9, 9))) == ((254, 0, 0), (0, 0, 254))
    await harness.complete_answer_to(await harness.member.send(channel, "And which is warmer?", reply_to=answer))
    earlier = harness.chat.requests[-1]["messages"][1]["content"]
    assert [part["type"] for part in earlier] == ["text", "image_url", "image_url"]


async def test_a_picture_without_words_is_looked_at(harness: BotHarness) -> None:
    file = ("red.gif", picture("red", "GIF"), "image/gif")
    asked = await harness.member.send(await harness.dm(harness.member), files=[file])
    await harness.complete_answer_to(asked)
    assert len(shown_to_model(harness)) == 1


async def test_a_model_that_cannot_see_answers_the_words(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        chat.blind = True
        async with running(tmp_path, sandbox, openai_base_url=chat.base_url, chat_model="scripted"):
            channel = await harness.dm(harness.member)
            file = ("red.png", picture("red"), "image/png")
            alone = await harness.member.send(channel, files=[file])
            sorry = await harness.answer_to(alone, lambda text: "cannot look at pictures" in text)
            assert "Reference:" in sorry["content"]
            asked = await harness.member.send(channel, "Which colour?", files=[file])
            answer = await harness.complete_answer_to(asked)
    assert answer["content"].startswith("-# I did not look at red.png: my chat model cannot see pictures.\nParis")
    assert [isinstance(request["messages"][-1]["content"], str) for request in chat.requests] == [False, True]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
async def test_text_files_are_read(harness: BotHarness, encoding: str) -> None:
    file = ("заметки.md", "Кодовое слово: скворец. 🐦".encode(encoding), "text/markdown")
    ada = harness.administrator
    asked = await ada.send(await harness.dm(ada), "What is the code word?", files=[file])
    await harness.complete_answer_to(asked, reader=ada)
    assert harness.chat.last_question.startswith("What is the code word?\n\n")
    assert "\n```\nКодовое слово: скворец. 🐦\n```" in harness.chat.last_question


async def test_what_cannot_be_read_is_told_above_the_answer_and_to_the_model(harness: BotHarness) -> None:
    files = [
        ("notes.txt", b"\xff\x00\x80abc", "text/plain"),
        ("broken.png", picture("red")[:200], "image/png"),
        ("red.png", picture("red"), "image/png"),
        ("plan.pdf", made_documents.pdf("The code word is starling."), "application/pdf"),
        ("scan.pdf", made_documents.pdf(""), "application/pdf"),
        ("game.exe", b"MZ", "application/x-msdownload"),
        ("letter.doc", b"old", "application/msword"),
        ("empty.txt", b" \n", "text/plain"),
        ("COPYING", b"All may copy this.", "application/octet-stream"),
        ("core", b"\x7fELF\0\0", "application/octet-stream"),
    ]
    asked = await harness.member.send(await harness.dm(harness.member), "What is this?", files=files)
    answer = await harness.complete_answer_to(asked)
    assert answer["content"] == (
        "-# I did not read notes.txt: it is damaged, or not what its name says.\n"
        "-# I did not look at broken.png: it is damaged or too large.\n"
        "-# I did not read scan.pdf: there is no text in it. A scan has only pictures: send me those.\n"
        "-# I did not read game.exe: I cannot read files of this kind.\n"
        "-# I did not read letter.doc: it is in an old format. Save it as DOCX, XLSX, PPTX or PDF.\n"
        "-# I did not read empty.txt: it is empty.\n"
        f"{PARIS}"
    )
    assert len(shown_to_model(harness)) == 1
    text = harness.chat.requests[-1]["messages"][-1]["content"][0]["text"]
    assert "COPYING:\n```\nAll may copy this.\n```" in text
    assert "plan.pdf:\n```\n[Page 1]\nThe code word is starling.\n```" in text
    assert all(f"[Also attached, but not readable here: {name}." in text for name in ("scan.pdf", "game.exe"))


async def test_a_document_is_known_in_the_conversation_and_its_end_told_of_where_it_is_cut(harness: BotHarness) -> None:
    channel = await harness.dm(harness.russian)
    file = ("book.epub", made_documents.book("The code word is starling. " + "word " * 60_000), "application/epub+zip")
    asked = await harness.russian.send(channel, "О чём это?", files=[file])
    answer = await harness.complete_answer_to(asked, reader=harness.russian)
    assert answer["content"].startswith("-# Я прочитал только начало book.epub: целиком это больше, чем вмещает")
    await harness.complete_answer_to(await harness.russian.send(channel, "И что дальше?"), reader=harness.russian)
    assert "The code word is starling." in str(harness.chat.requests[-1]["messages"])
    alone = await harness.russian.send(channel, files=[("a.zip", b"PK", "application/zip")])
    await harness.answer_to(alone, lambda text: "Я не прочитал a.zip" in text, reader=harness.russian)


async def test_a_voice_note_further_up_the_chain_is_heard_once(harness: BotHarness) -> None:
    note = await harness.russian.send("general", voice=voice("americans.ogg"))
    asked = await harness.member.send("general", f"{harness.mention} what does he say?", reply_to=note)
    answer = await harness.complete_answer_to(asked)
    assert harness.chat.requests[-1]["messages"][1]["content"].startswith("Борис: ")
    assert is_heard(AMERICANS, harness.chat.requests[-1]["messages"][1]["content"])
    assert harness.chat.last_question.endswith("what does he say?")
    await harness.complete_answer_to(await harness.member.send("general", f"{harness.mention} sure?", reply_to=answer))
