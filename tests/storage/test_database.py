"""The tables are created by migrations, on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.storage.database import MIGRATIONS, Database, DatabaseUnavailableError, alembic_config, newest_revision
from bot.storage.tables import Base


async def test_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_again_changes_nothing(url: str) -> None:
    for _time in range(2):
        await (await Database.open(url)).close()


def test_the_newest_revision_is_the_one_that_alembic_knows() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert newest_revision() == scripts.get_current_head()


async def test_two_processes_may_start_at_once(url: str) -> None:
    for opened in await asyncio.gather(Database.open(url), Database.open(url), Database.open(url)):
        await opened.close()


async def test_migrations_go_down_again(database: Database) -> None:
    def down(connection: Connection) -> list[str]:
        command.downgrade(alembic_config(connection), "base")
        return inspect(connection).get_table_names()

    async with database.engine.begin() as connection:
        assert await connection.run_sync(down) == ["alembic_version"]


async def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        await Database.open("postgresql://starling:hunter2@127.0.0.1:9/none")
    assert "127.0.0.1:9/none" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "mysql://host/name",
        "postgresql://localhost:port/x",
        "sqlite:///",
        "sqlite://data/x.db",
        "postgresql://u:p@ss@localhost/x",
    ],
)
async def test_another_kind_of_url_gets_a_clear_sentence(url: str) -> None:
    with pytest.raises(DatabaseUnavailableError, match="DATABASE_URL"):
        await Database.open(url)


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("shopping list: " * 200)
    with pytest.raises(DatabaseUnavailableError, match="not a database"):
        await Database.open(f"sqlite:///{file}")
    assert file.read_text().startswith("shopping list")
