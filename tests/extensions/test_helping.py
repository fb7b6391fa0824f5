"""/help and /about."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox import Sandbox
from tests.harness import BotHarness, populated, running
from tests.scripted_chat import ScriptedChat


async def said(harness: BotHarness, person: str, slash: str, **options: str) -> str:
    answer = await (await getattr(harness, person).slash(slash, options, channel="general")).response()
    return str(answer["content"])


async def test_help_lists_what_one_may_use(harness: BotHarness) -> None:
    everyones = await said(harness, "member", "help")
    assert "</transcribe:" in everyones and "Write down what is said in a recording" in everyones
    assert (
        "under Apps: Answer this, Ask about this, Correct this reply, Correct transcript, Read aloud, Transcribe"
        in everyones
    )
    assert "</join:" not in everyones
    assert "</join:" in await said(harness, "administrator", "help")
    russian = await said(harness, "russian", "help")
    assert "Записать, что говорят" in russian or "Расшифровать" in russian or "— " in russian
    assert "Write down" not in russian


async def test_help_with_one_command_tells_its_options(harness: BotHarness) -> None:
    told = await said(harness, "member", "help", command="/transcribe")
    assert told.startswith("**/transcribe** — Write down what is said in a recording")
    assert "- **file** (needed): A voice note, an audio file or a video" in told
    assert "- **format**: Text, or subtitles with times" in told
    files = await said(harness, "administrator", "help", command="files")
    assert "</files list:" in files
    wrong = await said(harness, "member", "help", command="join")
    assert "There is no command /join here that you may use." in wrong


async def test_help_completes_the_commands_of_the_one_who_asks(harness: BotHarness) -> None:
    offered = await harness.member.autocomplete("help", {"command": "/joi"}, "command", channel="general")
    assert offered == []
    offered = await harness.administrator.autocomplete("help", {"command": "joi"}, "command", channel="general")
    assert [(choice["name"], choice["value"]) for choice in offered] == [("/join", "join")]
    offered = await harness.russian.autocomplete("help", {"command": "tran"}, "command", channel="general")
    assert [choice["value"] for choice in offered] == ["transcribe"]


async def test_about_tells_where_everything_goes(harness: BotHarness) -> None:
    told = await said(harness, "member", "about")
    assert told.startswith("**Starling 0.")
    assert "Whisper (whisper-base)" in told
    assert "go to 127.0.0.1, where scripted answers" in told
    assert "Answers are spoken on the same machine." in told
    assert "kept for 30 days" in told


async def test_about_is_true_for_other_settings(tmp_path: Path, whisper_base: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "tts_engine": "edge"}
        async with running(tmp_path, sandbox, **settings, retention_days=3), populated(sandbox, chat) as harness:
            told = await said(harness, "russian", "about")
    assert "Microsoft" in told and "3 " in told and "scripted" in told
