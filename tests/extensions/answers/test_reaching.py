"""How a voice note on a server reaches Starling: after a mention or /hi, by name, or through the message's menu."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from audio import EspeakEngine, PiperEngine, Synthesizer
from audio.synthesis.engine import Engine
from bot.sandbox.server import Sandbox
from tests.extensions.answers.test_answers import picture
from tests.extensions.settings.test_card import set_
from tests.harness import BotHarness, Message, populated, running, voice
from tests.scripted_chat import ScriptedChat
from tests.spoken import AMERICANS, PISETS, is_heard


async def spoken(text: str, engine: Engine | None = None) -> tuple[bytes, float, str]:
    """A note in which ``text`` is spoken; eSpeak always says it in the same way."""
    synthesizer = Synthesizer([engine or EspeakEngine()])
    try:
        speech = await synthesizer.speak(text)
    finally:
        await synthesizer.close()
    return speech.ogg, round(speech.duration_s, 3), base64.b64encode(speech.waveform).decode()


async def test_a_note_after_a_mention_after_hi_and_by_name_is_answered(
    tmp_path: Path, whisper_base: Path, piper_joe: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        settings |= {"speak": "never"}
        async with running(tmp_path, sandbox, **settings):
            mentioned = await harness.member.send("general", f"{harness.mention} Who said this?")
            await harness.complete_answer_to(mentioned)
            others = await harness.russian.send("general", voice=voice("americans.ogg"))
            note = await harness.member.send("general", voice=voice("americans.ogg"))
            answer = await harness.complete_answer_to(note)
            assert is_heard(AMERICANS, answer["content"])
            assert [turn["content"] for turn in chat.requests[-1]["messages"][1:3]] == [
                "Who said this?", "Paris is the capital of France.",
            ]  # fmt: skip

            hi = await (await harness.russian.slash("hi", channel="voice-notes")).response()
            assert "голосовое сейчас" in hi["content"]
            after_hi = await harness.russian.send("voice-notes", voice=voice("pisets-ru.ogg"))
            assert is_heard(PISETS, (await harness.complete_answer_to(after_hi, reader=harness.russian))["content"])
            assert [m for m in await harness.after(others) if _replies_to(m, others)] == []

            await set_(harness, "channels", harness.channel("voice-notes"))
            for name, said in (("", "Starling"), ("Jarvis", "Jarvis")):
                if name:
                    told = await harness.administrator.slash("hearing", {"names": name}, channel="general")
                    assert "Starling, Jarvis" in (await told.response())["content"]
                called = await harness.member.send(
                    "voice-notes", voice=await spoken(f"{said}, what is the capital of France?")
                )
                answer = await harness.complete_answer_to(called)
                assert "Paris is the capital of France." in answer["content"]
                assert is_heard("what is the capital of france", answer["content"].splitlines()[0])
            aloud = await spoken("Starling, what time is it in Paris?", PiperEngine([piper_joe]))
            await harness.complete_answer_to(await harness.member.send("voice-notes", voice=aloud))
            asked = await harness.member.send("voice-notes", f"{harness.mention} What was asked?")
            await harness.complete_answer_to(asked)
            assert "Paris is the capital of France." in str(chat.requests[-1]["messages"][1:-1])


async def test_a_mention_after_notes_is_about_them(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox, populated(sandbox, chat) as harness:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "message_content_intent": True}
        settings |= {"tts_engine": "espeak"}
        async with running(tmp_path, sandbox, **settings):
            unasked = await harness.russian.send("general", voice=voice("pisets-ru.ogg"))
            await harness.member.send("general", voice=voice("americans.ogg"))
            await harness.member.send("general", voice=voice("pisets-ru.ogg"))
            bare = await harness.member.send("general", harness.mention)
            answer = await harness.complete_answer_to(bare)
            first, second = [line for line in answer["content"].splitlines() if "🎙️" in line]
            assert first.startswith("> 🎙️ 1. ") and is_heard(f"1 {AMERICANS}", first)
            assert second.startswith("> 🎙️ 2. ") and is_heard(f"2 {PISETS}", second)
            assert chat.last_question.startswith("1. And so")
            await harness.voice_reply_to(answer)
            chat.answer = "So Kennedy said."
            await harness.member.click(answer, "again")
            again = await harness.answer_to(bare, lambda text: "So Kennedy said." in text)
            assert "> 🎙️ 2. " in again["content"]

            await harness.administrator.send("general", voice=voice("americans.ogg"))
            pointing = await harness.administrator.send("general", f"{harness.mention} Answer that, please.")
            answer = await harness.complete_answer_to(pointing)
            assert "🎙️" not in answer["content"], "what somebody says to others is written down for nobody else"
            earlier, asked = chat.last_question.split("\n\n")
            assert is_heard(AMERICANS, earlier) and asked == "Answer that, please."
            assert not [m for m in await harness.after(unasked) if _replies_to(m, unasked)]

            # Discord tells the language only of people who have used a command.
            for question, expected in (
                ("Как тебя зовут?", "Пришлите мне голосовое"), ("Who is it that speaks here?", "Send me a voice note"),
            ):  # fmt: skip
                written = await harness.russian.send("general", f"{harness.mention} {question}")
                await harness.complete_answer_to(written)
                bare = await harness.russian.send("general", harness.mention)
                assert expected in (await harness.answer_to(bare, bool))["content"]


async def test_any_message_is_answered_from_its_menu_without_the_intent(harness: BotHarness) -> None:
    async def answered(target: Message) -> Message:
        outcome = await harness.member.message_command("Answer this", target)
        return await outcome.response_where(lambda said: "capital of France." in said["content"], 40)

    note = await harness.russian.send("general", voice=voice("americans.ogg"))
    answer = await answered(note)
    assert is_heard(AMERICANS, answer["content"]) and is_heard(AMERICANS, harness.chat.last_question)
    assert (await harness.voice_reply_to(answer))["flags"] & 1 << 13
    text = await harness.russian.send("general", "How far is the moon?")
    assert (await answered(text))["content"].startswith("> 💬 How far is the moon?\nParis")
    assert harness.chat.last_question == "How far is the moon?"
    await answered(await harness.russian.send("general", files=[("red.png", picture("red"), "image/png")]))
    assert "image_url" in str(harness.chat.requests[-1])


async def test_without_the_intent_a_note_is_told_the_way(harness: BotHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.sandbox.options, "message_content", False)
    bare = await harness.member.send("general", harness.mention)
    told = await harness.answer_to(bare, bool)
    assert "Reply to this message with a voice note" in told["content"]
    hidden = await harness.member.send("general", voice=voice("americans.ogg"))
    assert "Answer this" in (await harness.answer_to(hidden, bool))["content"]
    replied = await harness.member.send("general", voice=voice("americans.ogg"), reply_to=told)
    assert is_heard(AMERICANS, (await harness.complete_answer_to(replied))["content"])
    unasked = await harness.member.send("general", voice=voice("americans.ogg"))
    bare = await harness.member.send("general", harness.mention)
    assert "Answer this" in (await harness.answer_to(bare, bool))["content"]
    await harness.complete_answer_to(await harness.member.send("general", f"{harness.mention} And you?"))
    assert not [m for m in await harness.after(unasked) if _replies_to(m, unasked)]
    hi = await (await harness.member.slash("hi", channel="general")).response()
    assert "Reply to one of my answers with a voice note" in hi["content"]


def _replies_to(message: Message, asked: Message) -> bool:
    return bool((message.get("message_reference") or {}).get("message_id") == asked["id"])
