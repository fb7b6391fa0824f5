"""What is printed before Starling is ready, and what keeps everything on this machine."""

from __future__ import annotations

import threading
from pathlib import Path

import hikari
import pytest

from bot.app.running import at_home, invitation, recipients
from bot.app.still_working import still_working
from bot.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_invitation_leads_to_the_server_whose_api_is_used() -> None:
    assert invitation(hikari.Snowflake(7), None).startswith("https://discord.com/oauth2/authorize?client_id=7&")
    there = invitation(hikari.Snowflake(7), "http://127.0.0.1:8190/api/v10")
    assert there.startswith("http://127.0.0.1:8190/oauth2/authorize?client_id=7&")


def test_in_the_sandbox_nothing_leaves_this_machine_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert recipients(read_settings()) == ["Microsoft"]
    here = at_home(read_settings())
    assert (here.tts_engine, here.message_content_intent, recipients(here)) == ("offline", True, [])
    monkeypatch.setenv("TTS_ENGINE", "auto")
    monkeypatch.setenv("MESSAGE_CONTENT_INTENT", "false")
    chosen = at_home(read_settings(openai_base_url="https://api.example.org/v1", chat_model="x"))
    assert (chosen.tts_engine, chosen.message_content_intent) == ("auto", False)
    assert recipients(chosen) == ["api.example.org", "Microsoft"]
    assert recipients(at_home(read_settings(openai_base_url="http://localhost:11434/v1", chat_model="x"))) == [
        "Microsoft"
    ]


def test_what_takes_long_says_that_it_goes_on_until_it_is_done() -> None:
    lines: list[str] = []
    told_twice = threading.Event()

    def tell(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            told_twice.set()

    with still_working("starting", tell, every_s=0.01) as done:
        assert told_twice.wait(10)
        done()
    count = len(lines)
    assert lines[0] == "  still starting, 0 s ..."
    assert count == len(lines)
