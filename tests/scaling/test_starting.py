"""What a bot with workers, and a worker, refuse at the start."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from pathlib import Path

import pytest

from bot.app.shared_parts import SharedChatNeededError, SharedDatabaseNeededError
from bot.app.starling import Starling
from bot.app.worker import read_worker_settings, run_worker
from bot.settings import Settings, read_settings
from bot.settings.errors import SettingsError
from bot.weights.needed import needed_for_speech, needed_models
from bot.work.bus.errors import NatsUnreachableError
from bot.work.bus.timing import USUAL_TIMING
from bot.work.bus.work_server import WorkServer
from tests.scaling.nats import free_port

WORK_URL = "nats://gateway:password@127.0.0.1:1"
POSTGRESQL = "postgresql://starling:secret@127.0.0.1/starling"
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB"
CHAT = {"openai_base_url": "http://127.0.0.1:1/v1", "chat_model": "scripted"}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("settings", "error", "remedy"),
    [
        (CHAT, SharedDatabaseNeededError, "starling move-database"),
        ({"database_url": "sqlite:///here.db", **CHAT}, SharedDatabaseNeededError, "set DATABASE_URL"),
        ({"database_url": POSTGRESQL}, SharedChatNeededError, "OPENAI_BASE_URL"),
    ],
)
async def test_what_workers_cannot_share_is_refused(
    settings: dict[str, str], error: type[Exception], remedy: str
) -> None:
    starling = Starling(read_settings(work_url=WORK_URL, **settings), TOKEN, None)
    with pytest.raises(error, match=remedy) as told:
        await starling.run(None, lambda _me: None)  # type: ignore[arg-type]
    assert "WORK_URL" in str(told.value)


def test_a_worker_knows_neither_token_nor_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "the-token-of-a-bot")
    monkeypatch.setenv("DATABASE_URL", POSTGRESQL)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-chat")
    monkeypatch.setenv("TTS_API_KEY", "sk-speech")
    monkeypatch.setenv("CHAT_ENDPOINTS", '[{"name": "other", "base_url": "http://127.0.0.1", "key": "MISSING"}]')
    monkeypatch.setenv("WORK_URL", WORK_URL)
    settings = read_worker_settings()
    assert sorted(settings.secrets) == ["password", "sk-speech"]
    assert settings.discord_token is None and settings.database_url is None


def test_who_loads_which_models() -> None:
    with_workers = read_settings(work_url=WORK_URL, database_url=POSTGRESQL, recall="off", **CHAT)
    assert needed_models(with_workers) == []
    assert needed_for_speech(with_workers, ("hear",)) == ["whisper-base"]
    assert "piper-joe" in needed_for_speech(with_workers, ("speak",))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("work_url", "localhost:4222", "does not begin with nats:// or tls://"),
        ("work_kinds", "hear,sing", "is not one of these: 'hear' or 'speak'"),
        ("work_kinds", [], "WORK_KINDS"),
        ("work_per_source", 0, "too small"),
    ],
)
def test_settings_of_work_that_cannot_be_used_are_told_of(name: str, value: object, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason):
        read_settings(**{name: value})


def test_a_worker_needs_an_address() -> None:
    with pytest.raises(SettingsError, match=r"a worker needs it \(such as WORK_URL=nats://"):
        read_worker_settings()


async def test_a_worker_without_nats_says_so_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient = dataclasses.replace(USUAL_TIMING, connect_s=1.0)
    monkeypatch.setattr("bot.app.worker.WorkServer", functools.partial(WorkServer, timing=impatient))
    settings = read_worker_settings(
        work_url=f"nats://127.0.0.1:{free_port()}", work_kinds="speak", tts_engine="espeak", data_folder=tmp_path
    )
    with pytest.raises(NatsUnreachableError, match="cannot be reached"):
        await run_worker(settings, asyncio.Event(), lambda _line: None)
