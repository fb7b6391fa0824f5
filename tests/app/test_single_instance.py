"""One Starling at a time: a second one is refused with a clear sentence, and only the owner can access the folder."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.app.single_instance import (
    DatabaseInUseError,
    FolderInUseError,
    FolderUnusableError,
    TokenInUseError,
    only_one_in_folder,
)
from bot.sandbox.server import Sandbox
from tests.harness import running
from tests.scripted_chat import ScriptedChat


async def test_a_second_one_on_the_same_folder_is_refused_until_the_first_has_ended(
    tmp_path: Path, whisper_base: Path, piper_joe: Path
) -> None:
    async with ScriptedChat() as chat, Sandbox() as one, Sandbox() as other:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path, one, **settings):
            with pytest.raises(FolderInUseError, match="Stop it first"):
                async with running(tmp_path, other, **settings):
                    pass
        async with running(tmp_path, other, **settings):
            pass


def test_a_folder_that_nothing_can_be_written_into_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (Path("/proc/starling"), tmp_path / "file" / "data"):
        with (
            pytest.raises(FolderUnusableError, match=f"The data folder {folder} cannot be used: .* DATA_FOLDER"),
            only_one_in_folder(folder),
        ):
            raise AssertionError("it can")


async def test_a_second_one_with_the_same_token_is_refused(tmp_path: Path, whisper_base: Path, piper_joe: Path) -> None:
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(tmp_path / "one", sandbox, **settings):
            with pytest.raises(TokenInUseError, match="answered twice"):
                async with running(tmp_path / "other", sandbox, **settings):
                    pass


async def test_a_second_one_on_the_same_database_is_refused(
    tmp_path: Path, url: str, whisper_base: Path, piper_joe: Path
) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite lies in a folder, which has a lock of its own")
    async with ScriptedChat() as chat, Sandbox() as one, Sandbox() as other:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted", "database_url": url}
        async with running(tmp_path / "one", one, **settings):
            with pytest.raises(DatabaseInUseError, match="DATABASE_URL of its own"):
                async with running(tmp_path / "other", other, **settings):
                    pass
        async with running(tmp_path / "other", other, **settings):
            pass


async def test_what_people_said_is_for_the_owner_of_the_folder_alone(
    tmp_path: Path, whisper_base: Path, piper_joe: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    async with ScriptedChat() as chat, Sandbox() as sandbox:
        settings = {"openai_base_url": chat.base_url, "chat_model": "scripted"}
        async with running(folder, sandbox, **settings):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            files = [path for path in folder.iterdir() if path.name.startswith("starling.db")]
            assert {path.name for path in files} >= {"starling.db", "starling.db-wal"}
            for path in files:
                if not path.name.endswith(".lock"):
                    assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
