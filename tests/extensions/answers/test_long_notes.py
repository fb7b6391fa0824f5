"""Long voice notes get a card; messages are summed up and translated for the person who asks."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import sqlite3
from pathlib import Path

import pytest

from bot.answering import long_notes
from bot.answering.summarizing import SummaryProgress, begun_in, extract, in_pieces, parsed
from bot.sandbox.server import Sandbox
from tests.audio.made_recordings import repeated
from tests.harness import RECORDINGS, BotHarness, Message, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, PISETS, is_heard

SUMMARY = {
    "summary": "Kennedy speaks to his country. He asks for help.",
    "todos": [{"who": "Americans", "what": "ask what they can do", "when": "today", "time": "0:05"}],
}


def stored_in(database: Path) -> str:
    """All text in all rows."""
    with contextlib.closing(sqlite3.connect(database)) as opened:
        tables = [name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")]
        return "\n".join(str(row) for table in tables for row in opened.execute(f"select * from {table}"))


@functools.cache
def minutes(duration_s: int) -> bytes:
    return repeated((RECORDINGS / "jfk.ogg").read_bytes(), duration_s)


async def test_a_long_note_comes_as_a_card_with_buttons(harness: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_notes, "LONG_NOTE_S", 10.0)
    harness.chat.answer = json.dumps(SUMMARY)
    asked = await harness.member.send(await harness.dm(harness.member), voice=voice("jfk.ogg"))
    card = await harness.answer_to(asked, lambda text: "### In short" in text)
    assert "Kennedy speaks to his country. He asks for help." in card["content"]
    assert "- `0:05` **Americans**: ask what they can do — today" in card["content"]
    assert buttons_of(card) == ["note-text", "note-answer", "note-translate", "note-aloud"]
    text = (await harness.member.download(card["attachments"][0])).decode()
    assert text.startswith("0:00 ") and is_heard(AMERICANS, text)

    whole = await (await harness.member.click(card, "note-text")).response_where(lambda said: said["attachments"], 20)
    assert whole["flags"] & 64
    files = {one["filename"]: (await harness.member.download(one)).decode() for one in whole["attachments"]}
    assert set(files) == {"transcript.txt", "transcript.srt", "transcript.vtt"}
    assert "0:00" not in files["transcript.txt"]
    assert " --> " in files["transcript.srt"] and files["transcript.vtt"].startswith("WEBVTT")

    harness.chat.answer = "Und so, meine Landsleute."
    german = await (await harness.member.click(card, "note-translate")).response_where(
        lambda said: "Landsleute" in said["content"], 20
    )
    assert german["flags"] & 64
    harness.chat.answer = "They are asked to help."
    about = await harness.member.send(await harness.dm(harness.member), "What is asked for?", reply_to=card)
    await harness.answer_to(about, lambda text: "They are asked to help." in text)
    shown = str(harness.chat.requests[-1]["messages"])
    assert "**Americans**: ask what they can do" in shown
    assert shown.lower().count("fellow americans") <= 3, "what was said comes along once"

    harness.chat.answer = "That was Kennedy."
    answer = await (await harness.member.click(card, "note-answer")).response_where(
        lambda said: "That was Kennedy." in said["content"], 20
    )
    assert answer["content"].startswith("> 💬 And so")
    spoken = await (await harness.member.click(card, "note-aloud")).response_where(lambda said: said["attachments"], 30)
    assert spoken["flags"] & 1 << 13


async def test_who_stops_a_summary_keeps_what_was_heard(harness: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_notes, "LONG_NOTE_S", 2.0)
    harness.chat.answer, harness.chat.held_after = json.dumps(SUMMARY), 2
    direct = await harness.dm(harness.member)
    note = await harness.member.send(direct, voice=voice("americans.ogg"))
    shown = await harness.answer_to(note, lambda text: "> Kennedy" in text)
    await harness.member.click(shown, "stop")
    card = await harness.answer_to(note, lambda text: "### In short" in text)
    assert "No chat model summed this up" in card["content"] and "Kennedy" not in card["content"]
    assert "note-text" in buttons_of(card) and card["attachments"]

    asked = await harness.member.message_command("Transcribe", note)
    shown = await asked.response_where(lambda one: "> Kennedy" in one["content"], 20)
    await harness.member.click(shown, "stop-hearing")
    card = await asked.response_where(lambda one: "### In short" in one["content"], 20)
    assert "No chat model summed this up" in card["content"] and card["attachments"]


async def test_who_stops_the_hearing_keeps_the_words_that_were_shown(harness: BotHarness) -> None:
    direct = await harness.dm(harness.member)
    note = await harness.member.send(direct, files=[("talk.ogg", minutes(150), "audio/ogg")])
    shown = await harness.answer_to(note, lambda text: "░" in text and "Americans" in text)
    await harness.member.click(shown, "stop")
    stopped = await harness.answer_to(note, lambda text: text.endswith("-# Stopped."))
    assert stopped["content"].startswith("> 🎙️ And so my fellow Americans")
    # The next question does not wait for a transcript of all its repetitions; shorter notes would be known by now.
    await harness.complete_answer_to(await harness.member.send(direct, "Hello"))
    assert str(harness.chat.requests[-1]["messages"]).count("fellow Americans") < 10


async def test_notes_of_several_people_are_one_conversation(
    tmp_path: Path, whisper_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        settings |= {"speak": "never"}
        async with running(tmp_path, sandbox, **settings):
            await harness.russian.send("general", voice=voice("pisets-ru.ogg"))
            first = await harness.member.send("general", voice=voice("americans.ogg"))
            await harness.member.send("general", "I am on the train, sorry.")
            second = await harness.russian.send("general", voice=voice("pisets-ru.ogg"), reply_to=first)
            asked = await harness.administrator.send("general", f"{harness.mention} Who wants what?", reply_to=first)
            answer = await harness.complete_answer_to(asked)
            american, russian = [line for line in answer["content"].splitlines() if "🎙️" in line]
            assert american.startswith("> 🎙️ Chloe: ") and is_heard(f"Chloe {AMERICANS}", american)
            assert russian.startswith("> 🎙️ Борис: ") and is_heard(f"Борис {PISETS}", russian)
            assert chat.last_question.startswith("Who wants what?\nChloe: And so")
            assert "\nБорис: " in chat.last_question and chat.last_question.count("Борис") == 1
            assert len(chat.requests[-1]["messages"]) == 2

            monkeypatch.setattr(long_notes, "LONG_NOTE_S", 5.0)
            chat.answer = json.dumps(SUMMARY)
            bare = await harness.administrator.send("general", harness.mention, reply_to=second)
            card = await harness.answer_to(bare, lambda text: "### In short" in text)
            read = chat.last_question.splitlines()
            assert read[0] == "— 1 · Chloe —" and "— 2 · Борис —" in read
            whole = await (await harness.member.click(card, "note-text")).response_where(lambda m: m["attachments"], 20)
            names = {one["filename"] for one in whole["attachments"]}
            assert names == {"transcript.txt", *(f"transcript-{n}.{form}" for n in (1, 2) for form in ("srt", "vtt"))}


def is_done(shown: Message) -> bool:
    """Whether a message is more than the progress bar that a slow machine shows."""
    return not {"█", "░"} & set(shown["content"])


async def test_what_was_said_is_summed_up_and_translated_for_one_alone(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        settings |= {"speak": "never", "tts_engine": "espeak"}
        async with running(tmp_path, sandbox, **settings):
            nothing = await (await harness.russian.slash("summary", {"of": "notes"}, channel="general")).response()
            assert nothing["content"] == "Здесь нечего пересказать."
            please = await harness.member.send("general", "Please bring the cake tomorrow.")
            await harness.administrator.send("general", voice=voice("americans.ogg"))
            chat.answer = json.dumps({"summary": "О торте и о Кеннеди.", "todos": []})
            told = await (await harness.russian.slash("summary", channel="general")).response_where(is_done, 60)
            assert told["flags"] & 64
            assert told["content"] == "### Коротко\nО торте и о Кеннеди."
            read = chat.requests[-1]["messages"]
            assert "Write in Russian" in read[0]["content"]
            cake, speech = read[-1]["content"].splitlines()
            assert cake.endswith("Chloe: Please bring the cake tomorrow.") and is_heard(f"Ada {AMERICANS}", speech)
            await (await harness.russian.slash("summary", {"of": "notes"}, channel="general")).response_where(
                is_done, 60
            )
            assert "cake" not in chat.last_question and is_heard(AMERICANS, chat.last_question)
            thread = await harness.member.thread("Cake", please)
            await harness.administrator.send(thread, "I bring the candles.")
            await (await harness.russian.slash("summary", channel=thread)).response_where(is_done, 60)
            head, candles = chat.last_question.splitlines()
            assert head.endswith("Chloe: Please bring the cake tomorrow.") and candles.endswith(
                "Ada: I bring the candles."
            )
            kept = stored_in(tmp_path / "starling.db").lower()
            assert not {"cake", "candles", "fellow", "кеннеди"} & set(re.findall(r"\w+", kept))
            seen = await harness.member.messages("general")
            assert told["id"] not in [message["id"] for message in seen]

            note = next(message for message in seen if message["flags"] & 1 << 13)
            chat.answer = "Не спрашивай, что страна может сделать для тебя."
            russian = await (await harness.russian.message_command("Translate", note)).response_where(is_done, 40)
            assert russian["content"] == chat.answer and russian["flags"] & 64
            assert "into Russian" in chat.requests[-1]["messages"][0]["content"]
            heard = await (await harness.russian.click(russian, "aloud")).response_where(lambda m: m["attachments"], 40)
            assert heard["flags"] & 64 and heard["flags"] & 1 << 13
            chat.answer = "Frag nicht."
            file = ("note.ogg", (RECORDINGS / "americans.ogg").read_bytes(), "audio/ogg")
            said = await harness.member.slash("transcribe", {"file": file, "into": "German"}, channel="general")
            assert (await said.response_where(is_done, 40))["content"] == "Frag nicht."

            # A long task shows its progress, and can be stopped.
            await harness.administrator.send("general", files=[("talk.ogg", minutes(120), "audio/ogg")])
            asked = await harness.member.slash("summary", {"of": "notes"}, channel="general")
            shown = await asked.response_where(lambda one: "stop-hearing" in buttons_of(one), 60)
            assert shown["flags"] & 64 and "░" in shown["content"]
            await harness.member.click(shown, "stop-hearing")
            stopped = await asked.response_where(lambda one: one["content"] == "-# Stopped.", 60)
            assert stopped["flags"] & 64 and not buttons_of(stopped)


def test_what_models_say_is_read_whatever_its_form() -> None:
    assert parsed(f"```json\n{json.dumps(SUMMARY)}\n```").to_dos[0].who == "Americans"
    for said in ("Just words.", "[1, 2]", '{"summary": 3}', '{"todos": []}', "{" * 5000):
        assert parsed(said).to_dos == ()
    assert parsed("Just  words.").text == "Just words."


def test_a_summary_is_read_while_it_is_written() -> None:
    said = json.dumps(SUMMARY, ensure_ascii=False)
    shown = [begun_in(said[:end]) for end in range(len(said))]
    assert shown[5] == "" and shown[-1] == SUMMARY["summary"]
    assert all(str(SUMMARY["summary"]).startswith(one.removesuffix(" …")) for one in shown)
    assert begun_in('{"summary": "half an escape \\u00') == ""
    lines = long_notes.summing_up(SummaryProgress(2, 3, "Kennedy speaks."), "en").splitlines()
    assert "25%" in lines[1] and lines[2] == "> Kennedy speaks."


def test_without_a_model_telling_sentences_are_chosen_in_order() -> None:
    lines = [
        "0:00 Good morning to everybody here.", "0:05 The budget of the garden is spent.", "0:09 Nobody knows why.",
        "1:00 So the garden needs another budget, and the budget comes from the city.", "1:09 That was all for now.",
        "1:12 So the garden needs another budget and this budget comes from the city.",
    ]  # fmt: skip
    summary = extract(lines)
    assert summary.is_extract
    assert summary.text.startswith("Good morning to everybody here. The budget of the garden is spent.")
    assert summary.text.count("another budget") == 1


def test_long_texts_are_read_in_pieces() -> None:
    pieces = in_pieces([f"{number} word word word" for number in range(100)], 100)
    assert len(pieces) > 3
    assert "\n".join(pieces).splitlines()[-1].startswith("99 ")
