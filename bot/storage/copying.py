"""Copying a whole database: row by row into another one, or into a file while it is in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, RowMapping, Table, func, insert, null, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage.database import Database
from bot.storage.tables import Base

ROWS_AT_ONCE = 500


class DatabaseNotEmptyError(StarlingError):
    """Raised when the target database already has rows; nothing was changed."""

    sentence = _("The database {url} is not empty: {table} has rows. Name an empty one.")

    def __init__(self, database: Database, table: str) -> None:
        super().__init__(url=database.engine.url.render_as_string(), table=table)


class RowsDifferError(StarlingError):
    """Raised when the copy of a table has a different number of rows than the original; the copy was not kept."""

    sentence = _("{table} has {expected} rows, and {found} were copied. Nothing was kept: run the command again.")

    def __init__(self, table: str, expected: int, found: int) -> None:
        super().__init__(table=table, expected=expected, found=found)


async def copy_rows(source: Database, target: Database) -> dict[str, int]:
    """Copy a snapshot of every row of ``source`` into ``target``, in one transaction. Both must have the current
    tables. Returns how many rows each table has.

    Raises:
        DatabaseNotEmptyError, RowsDifferError: nothing was copied.
        SQLAlchemyError: one of the databases failed.
    """
    async with source.engine.connect() as reading, target.engine.begin() as writing:
        if source.engine.dialect.name == "postgresql":
            await reading.execution_options(isolation_level="REPEATABLE READ")
        counts = {}
        for table in Base.metadata.sorted_tables:
            if await writing.scalar(select(func.count()).select_from(table)):
                raise DatabaseNotEmptyError(target, table.name)
        for table in Base.metadata.sorted_tables:
            counts[table.name] = await _copy(table, reading, writing)
        if target.engine.dialect.name == "postgresql":
            await writing.run_sync(_move_sequences)
        return counts


async def _copy(table: Table, reading: AsyncConnection, writing: AsyncConnection) -> int:
    # JSON's null and SQL's NULL are both read as None, so an extra column says which of them it was.
    nullable = [column for column in table.columns if isinstance(column.type, JSON) and column.nullable]
    wanted = select(*table.columns, *(column.is_(null()).label(f"no_{column.name}") for column in nullable))
    copied = 0
    async with reading.stream(wanted) as rows:
        async for part in rows.mappings().partitions(ROWS_AT_ONCE):
            for values, group in _alike([_values(table, row, nullable) for row in part]):
                await writing.execute(insert(table).values({name: null() for name in values}), group)
            copied += len(part)
    expected = await reading.scalar(select(func.count()).select_from(table)) or 0
    found = await writing.scalar(select(func.count()).select_from(table)) or 0
    if not copied == expected == found:
        raise RowsDifferError(table.name, expected, found)
    return copied


def _values(table: Table, row: RowMapping, nullable: list[Any]) -> tuple[frozenset[str], dict[str, Any]]:
    """The columns that are SQL's NULL rather than JSON's null, and the values of the other columns."""
    empty = frozenset(column.name for column in nullable if row[f"no_{column.name}"])
    return empty, {column.name: row[column.name] for column in table.columns if column.name not in empty}


def _alike(
    rows: list[tuple[frozenset[str], dict[str, Any]]],
) -> Iterator[tuple[frozenset[str], list[dict[str, Any]]]]:
    """Group the rows that lack the same columns, so that each group can be inserted at once."""
    groups: dict[frozenset[str], list[dict[str, Any]]] = {}
    for empty, values in rows:
        groups.setdefault(empty, []).append(values)
    yield from groups.items()


def _move_sequences(connection: Connection) -> None:
    """Set the sequences of PostgreSQL's tables to the highest number in use, so that numbering continues from there."""
    for table in Base.metadata.sorted_tables:
        for column in table.primary_key.columns:
            sequence = connection.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
            )
            if sequence is not None and (highest := connection.scalar(select(func.max(column)))) is not None:
                moved = {"sequence": sequence, "highest": highest}
                connection.execute(text("SELECT setval(:sequence, :highest)"), moved)


def copy_sqlite(source: Path, target: Path) -> dict[str, int]:
    """Copy a snapshot of the SQLite database at ``source``, whatever version its tables are, into the file ``target``
    while others read and write it. Blocking. Returns how many rows each table has.

    Raises:
        sqlite3.Error: the database cannot be read, or the copy fails the integrity check.
    """
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = writing.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        names = [name for (name,) in writing.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: writing.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of our tables
            for name in sorted(names)
            if name != "alembic_version" and not name.startswith("sqlite_")
        }
