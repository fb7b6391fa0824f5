"""One bot for taught answers, and a second connection to its database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.corrections.consents import ConsentStore
from bot.corrections.memories import MemoryStore
from bot.corrections.service import Corrections
from bot.corrections.store import CorrectionStore
from bot.datasets.store import DatasetStore
from bot.preferences.choices import GuildPreferences
from bot.preferences.preferences import Preferences
from bot.sandbox.model.seed import ADMIN_ID, GUILD_ID, MEMBER_ID, OTHER_MEMBER_ID, SECOND_GUILD_ID
from bot.sandbox.server import Sandbox
from bot.settings import read_settings
from bot.storage.database import Database
from tests.harness import BotHarness, populated, running
from tests.scripted_chat import ScriptedChat


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def shared_corrections_harness(
    tmp_path_factory: pytest.TempPathFactory, whisper_base: Path, piper_joe: Path
) -> AsyncIterator[tuple[BotHarness, Database]]:
    """A harness, and a second connection to its bot's database."""
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        folder = tmp_path_factory.mktemp("corrections-harness")
        async with running(folder, sandbox, **settings), populated(sandbox, chat) as harness:
            database = await Database.open(read_settings(data_folder=folder, **settings).database)
            for user in (ADMIN_ID, MEMBER_ID, OTHER_MEMBER_ID):
                await ConsentStore(database).give(user)
            yield harness, database
            await database.close()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer: these tests ask what is recalled, not how fast a busy machine loads its models."""
    monkeypatch.setattr("bot.recall.recall.PATIENCE_S", 60.0)


@pytest_asyncio.fixture(loop_scope="session")
async def corrections_harness(
    shared_corrections_harness: tuple[BotHarness, Database],
) -> AsyncIterator[BotHarness]:
    """A harness without corrections, where everyone has agreed and may correct, and managers approve."""
    harness, database = shared_corrections_harness
    datasets = DatasetStore(database)
    corrections = Corrections(CorrectionStore(database, datasets), datasets, Preferences(database))
    harness.chat.reset()
    for user in (ADMIN_ID, MEMBER_ID, OTHER_MEMBER_ID):
        await MemoryStore(database).forget_user(user)
    for guild in (GUILD_ID, SECOND_GUILD_ID):
        await corrections.forget_guild(guild)
        await datasets.forget_guild(guild)
    yield harness
    for guild in (GUILD_ID, SECOND_GUILD_ID):
        assert await Preferences(database).guild(guild) == GuildPreferences(), "the next test finds it so"
    assert list(harness.sandbox.failures) == []
