"""Opening the database, after migrating its tables to the current version."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from filelock import AsyncFileLock
from sqlalchemy import URL, ColumnElement, Connection, CursorResult, Delete, Update, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.storage import sqlite_connection

MIGRATIONS = Path(__file__).parent / "migrations"

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
_BUSY_TIMEOUT_S = 10
_VALUES_AT_ONCE = 1000
_POOL = 20
"""The number of connections that are kept, and of further ones at busy times. An answer uses one for milliseconds at a
time, so these serve hundreds of answers at once, and two processes stay below PostgreSQL's default limit of 100."""
_WRITTEN_ANEW = 1
"""SQLite's ``user_version`` of a database whose file no longer contains readable remains of deleted rows."""
_MIGRATION_LOCK = 8190_2026
"""The key of the PostgreSQL advisory lock that one process holds while it migrates and the others wait."""


_ValueT = TypeVar("_ValueT")


class DatabaseUnavailableError(StarlingError):
    """Raised when the database cannot be opened or its tables cannot be brought up to date."""

    sentence = _(
        "The database {url} cannot be used: {reason}. Check DATABASE_URL, and that the server or folder is there."
    )
    concerns_host = True

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url=url, reason=reason)


class DatabaseFullError(StarlingError):
    """Raised when nothing can be stored because the database's disk is full."""

    sentence = _(
        "The disk of the machine that I run on is full, so I cannot do anything for now. Please tell whoever runs me."
    )
    is_transient = True
    concerns_host = True


def reason_of(error: Exception) -> str:
    """The first line of the message of an error that the database or its driver has raised."""
    said = str(getattr(error, "orig", None) or error).splitlines()
    return said[0] if said else "it does not answer"


def is_full(error: BaseException) -> bool:
    """Whether ``error`` means that the database's disk is full: SQLite's SQLITE_FULL, PostgreSQL's 53100."""
    if not isinstance(error, DBAPIError):
        return False
    return "disk is full" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "53100"


def is_away(error: BaseException) -> bool:
    """Whether ``error`` means that the database cannot be reached, or that the connection was lost midway."""
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", None) or "")
        return error.connection_invalidated or state.startswith(("08", "57P"))
    # While connecting, the socket's own errors are raised; the one for a missing Unix socket names no file.
    is_no_socket = isinstance(error, FileNotFoundError) and error.filename is None
    return isinstance(error, ConnectionRefusedError) or is_no_socket


def async_url(url: str) -> URL:
    """``url`` with the driver that this project uses for it.

    Raises:
        DatabaseUnavailableError: it is not a valid URL, or it is for another kind of database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnavailableError("in DATABASE_URL", "it is no URL such as sqlite:///data/x.db") from error
    base = parsed.drivername.partition("+")[0]
    if base not in _DRIVERS:
        raise DatabaseUnavailableError(parsed.render_as_string(), "only sqlite and postgresql are supported")
    if "@" in (parsed.host or ""):
        raise DatabaseUnavailableError("in DATABASE_URL", "an @ in its password is written %40")
    if base == "sqlite" and (parsed.host or parsed.database in (None, "", ":memory:")):
        raise DatabaseUnavailableError("in DATABASE_URL", "it names no file, as sqlite:///data/x.db does")
    return parsed.set(drivername=_DRIVERS[base])


def sqlite_file(url: str) -> Path | None:
    """The file of the SQLite database at ``url``; None if it is a PostgreSQL database.

    Raises:
        DatabaseUnavailableError: as ``async_url``.
    """
    parsed = async_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


class Sessions:
    """Makes sessions of a database: calling it gives a session for reading, ``begin()`` one whose transaction is
    committed when its block ends.

    Sessions for reading begin no transaction. With PostgreSQL, a transaction would cost two extra messages to the
    server, and each statement sees the rows as of its own start either way; SQLite begins none for reading by itself.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        is_postgresql = engine.dialect.name == "postgresql"
        reading = engine.execution_options(isolation_level="AUTOCOMMIT") if is_postgresql else engine
        self._reading = async_sessionmaker(reading, expire_on_commit=False, autoflush=False)
        self._writing = async_sessionmaker(engine, expire_on_commit=False)

    def __call__(self) -> AsyncSession:
        return self._reading()

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._writing.begin()


class Database:
    """An open database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.sessions = Sessions(engine)

    @classmethod
    async def open(cls, url: str) -> Database:
        """Open the database at ``url`` (``sqlite:///path``, ``postgresql://user:password@host/name``) and migrate it.

        Raises:
            DatabaseUnavailableError: it cannot be reached, or its tables cannot be migrated.
        """
        parsed = async_url(url)
        try:
            engine = _engine(parsed)
        except (SQLAlchemyError, ImportError) as error:
            raise DatabaseUnavailableError(parsed.render_as_string(), str(error)) from error
        try:
            if (path := sqlite_file(url)) is not None:
                _make_private(path)
                async with AsyncFileLock(f"{path}.lock", timeout=60):
                    await _migrate(engine)
                    await _rewrite_once(engine)
            else:
                await _migrate(engine)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            await engine.dispose()
            raise DatabaseUnavailableError(parsed.render_as_string(), reason_of(error)) from error
        return cls(engine)

    @classmethod
    async def open_as_it_is(cls, url: str) -> Database:
        """Open the database at ``url`` without changing anything in it.

        Raises:
            DatabaseUnavailableError: it cannot be reached, or its tables are not at the newest revision.
        """
        parsed = async_url(url)
        try:
            engine = _engine(parsed)
        except (SQLAlchemyError, ImportError) as error:
            raise DatabaseUnavailableError(parsed.render_as_string(), str(error)) from error
        try:
            async with engine.connect() as connection:
                found, wanted = await connection.run_sync(_revision), newest_revision()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            await engine.dispose()
            raise DatabaseUnavailableError(parsed.render_as_string(), reason_of(error)) from error
        if found != wanted:
            await engine.dispose()
            reason = f"its tables are those of another version of Starling ({found}, not {wanted}): start this one once"
            raise DatabaseUnavailableError(parsed.render_as_string(), reason)
        return cls(engine)

    async def scrub(self) -> None:
        """Remove deleted data from the files of an SQLite database by emptying its write-ahead log, which may still
        contain it. Does nothing for PostgreSQL, which cleans up in its own time, by VACUUM."""
        if self.engine.dialect.name == "sqlite":
            async with self.engine.connect() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def _rewrite_once(engine: AsyncEngine) -> None:
    """Rewrite an SQLite database, once: older versions of Starling did not overwrite the rows that they deleted."""
    async with engine.connect() as connection:
        written = (await connection.exec_driver_sql("PRAGMA user_version")).scalar_one()
        if written < _WRITTEN_ANEW:
            await connection.exec_driver_sql("VACUUM")
            await connection.exec_driver_sql(f"PRAGMA user_version = {_WRITTEN_ANEW}")


async def count_rows(session: AsyncSession, which: ColumnElement[bool]) -> int:
    """How many rows match ``which``."""
    return await session.scalar(select(func.count()).where(which)) or 0


def in_parts(values: Collection[_ValueT]) -> Iterator[Sequence[_ValueT]]:
    """``values`` in parts small enough for one statement in either database: both allow some 30,000 values in all."""
    whole = list(values)
    for first in range(0, len(whole), _VALUES_AT_ONCE):
        yield whole[first : first + _VALUES_AT_ONCE]


async def rows_changed(session: AsyncSession, statement: Delete | Update) -> int:
    """Execute ``statement``; returns how many rows it deleted or changed."""
    result = await session.execute(statement)
    assert isinstance(result, CursorResult), "such statements have a cursor, which counts"
    return int(result.rowcount)


def _make_private(path: Path) -> None:
    """Make the file readable and writable by its owner only; SQLite gives its other files the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)


def _engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(
            url, pool_pre_ping=True, pool_size=_POOL, max_overflow=_POOL, connect_args={"timeout": 10}
        )
    engine = create_async_engine(
        url, connect_args={"timeout": _BUSY_TIMEOUT_S, "async_creator_fn": sqlite_connection.connect}
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA secure_delete=ON")  # deleted content is overwritten with zeros
        cursor.close()

    return engine


async def _migrate(engine: AsyncEngine) -> None:
    async with asyncio.timeout(120), engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            await connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    # Alembic would load all migrations before it notices that there is nothing to do.
    if _revision(connection) != newest_revision():
        command.upgrade(alembic_config(connection), "head")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def newest_revision() -> str:
    """The revision of the current tables: the highest number in the file names of the migrations."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for ``connection``; there is no configuration file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
