"""What is said in one language is read in another: below each note in a channel, by command, and as subtitles."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.answering import long_notes
from bot.sandbox.server import Sandbox
from tests.extensions.answers.test_long_notes import SUMMARY
from tests.extensions.settings.test_card import card, set_
from tests.harness import RECORDINGS, BotHarness, Message, buttons_of, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, PISETS, is_heard

GERMAN = "Fragt nicht, was euer Land für euch tun kann."
CANNOT = "cannot translate"


def translated(_model: str, question: str) -> str | None:
    """A translation of every numbered line, after its number, but omitting number 2; otherwise the sentence alone."""
    if re.match(r"\d+:\d\d ", question):
        return json.dumps(SUMMARY)
    numbered = re.findall(r"(?m)^(\d+)\| ", question)
    return "\n".join(f"{number}| {GERMAN}" for number in numbered if number != "2") if numbered else GERMAN


async def test_notes_of_a_channel_are_read_in_two_languages(
    tmp_path: Path, whisper_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        settings |= {"speak": "never"}
        async with running(tmp_path, sandbox, **settings):
            notes = harness.channel("voice-notes")
            await set_(harness, "channels", notes, harness.channel("general"))
            chosen = await read_in(harness, notes, "de", "en")
            assert CANNOT not in str(chosen["components"])
            await harness.administrator.click(chosen, "set:back")
            whole = await harness.administrator.wait_for_edit(chosen)
            assert f"<#{notes}> → German, English" in str(whole["components"])
            chat.says = translated
            written = await _note(harness, notes, "americans.ogg", "🌐")
            words, german = written["content"].splitlines()
            assert is_heard(AMERICANS, words) and german == f"> 🌐 **German** {GERMAN}"
            written = await _note(harness, notes, "pisets-ru.ogg", "🌐")
            words, first, second = written["content"].splitlines()
            assert is_heard(PISETS, words)
            assert (first[:14], second[:15]) == ("> 🌐 **German**", "> 🌐 **English**")
            assert len([one for one in chat.requests if "Translate" in str(one["messages"][0])]) == 3
            # A thread has the languages of its channel.
            thread = await harness.member.thread("Talk", channel=notes)
            written = await _note(harness, str(thread["id"]), "pisets-ru.ogg", "🌐")
            assert written["content"].count("🌐") == 2
            used = await (await harness.russian.slash("usage", channel="general")).response()
            assert "tokens" in str(used).lower() or "токен" in str(used).lower()
            chat.trouble = {"status": 500}
            failed = await _note(harness, notes, "americans.ogg", "-# ")
            assert is_heard(AMERICANS, failed["content"].splitlines()[0])
            chat.trouble = None

            # Subtitles keep their times; a line that the model left out is requested separately.
            file = ("talk.ogg", (RECORDINGS / "jfk.ogg").read_bytes(), "audio/ogg")
            plain = await _subtitles(harness, {"file": file, "format": "srt"})
            german = await _subtitles(harness, {"file": file, "format": "srt", "into": "German"})
            assert re.findall(r".* --> .*", german) == re.findall(r".* --> .*", plain)
            assert german.count(GERMAN) == german.count(" --> ") > 2

            # Of a long note, the text on its card is translated.
            monkeypatch.setattr(long_notes, "LONG_NOTE_S", 2.0)
            sent = await harness.russian.send(notes, voice=voice("americans.ogg"))
            summed_up = await harness.answer_to(sent, lambda text: "🌐" in text, reader=harness.member)
            lines = summed_up["content"].splitlines()
            assert "- `0:05` **Americans**: ask what they can do — today" in lines
            assert lines[-2:] == [f"> 🌐 **Немецкий** {GERMAN}", f"> - `0:05` {GERMAN}"]
            assert "note-translate" in buttons_of(summed_up) and summed_up["attachments"]


async def test_without_a_chat_model_the_speech_model_translates_into_english_and_says_so(
    tmp_path: Path, whisper_base: Path
) -> None:
    async with (
        ScriptedChat() as chat,
        Sandbox() as sandbox,
        populated(sandbox, chat) as harness,
        running(tmp_path, sandbox, message_content_intent=True, tts_engine="espeak"),
    ):
        notes = harness.channel("voice-notes")
        await set_(harness, "channels", notes)
        chosen = await read_in(harness, notes, "de", "en")
        assert CANNOT in str(chosen["components"])
        first = await _note(harness, notes, "pisets-ru.ogg", "🌐")
        english = next(line for line in first["content"].splitlines() if "**English**" in line)
        assert "network" in english.lower()
        assert "Translated by the speech model" in first["content"] and CANNOT in first["content"]
        second = await _note(harness, notes, "pisets-ru.ogg", "🌐")
        assert "Translated by the speech model" in second["content"] and CANNOT not in second["content"]
        note = next(one for one in await harness.member.messages(notes) if one["flags"] & 1 << 13)

        read = await (await harness.member.message_command("Translate", note)).response(60)
        assert "network" in read["content"].lower() and "Translated by the speech model" in read["content"]
        heard = await (await harness.member.click(read, "aloud")).response_where(lambda one: one["attachments"], 60)
        assert heard["flags"] & 1 << 13 and heard["flags"] & 64
        refused = await (await harness.russian.message_command("Translate", note)).response(60)
        assert "переводить не умеет" in refused["content"]
        file = ("note.ogg", (RECORDINGS / "pisets-ru.ogg").read_bytes(), "audio/ogg")
        said = await harness.member.slash("transcribe", {"file": file, "into": "English", "format": "vtt"})
        answer = await said.response(60)
        assert "Translated by the speech model" in answer["content"]
        subtitles = (await harness.member.download(answer["attachments"][0])).decode()
        assert "network" in subtitles.lower() and " --> " in subtitles


async def read_in(harness: BotHarness, channel: str, *languages: str) -> Message:
    """Choose the ``languages`` of ``channel``, and return the card that shows them."""
    shown = await card(harness)
    await harness.administrator.click(shown, "translations:show")
    shown = await harness.administrator.wait_for_edit(shown)
    if "translations:pick" in str(shown["components"]):
        await harness.administrator.click(shown, "translations:pick", [channel])
        shown = await harness.administrator.wait_for_edit(shown)
    await harness.administrator.click(shown, f"translations:{channel}", list(languages))
    chosen: Message = await harness.administrator.wait_for_edit(shown)
    return chosen


async def _note(harness: BotHarness, channel: str, name: str, until: str) -> Message:
    """Send a note, and return its transcript once it contains ``until``."""
    sent = await harness.russian.send(channel, voice=voice(name))
    return await harness.answer_to(sent, lambda text: until in text, reader=harness.member)


async def _subtitles(harness: BotHarness, options: dict[str, object]) -> str:
    outcome = await harness.member.slash("transcribe", options, channel="general")
    said = await outcome.response_where(lambda one: one["attachments"], 90)
    return (await harness.member.download(said["attachments"][0])).decode()
