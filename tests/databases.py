"""Real databases: SQLite in a folder, and PostgreSQL where its server is installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

import bot.storage.database as database_module
from bot.storage.database import Database


def _server_programs() -> Path | None:
    for folder in [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin")]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


ROOM = 2 << 30
"""The space, in bytes, for the databases of a run: up to eight processes with a server each, whose WAL may grow to 128
MB."""


class PostgresqlServer:
    """A PostgreSQL server for these tests, which listens on a socket in its folder and on no port."""

    def __init__(self, programs: Path, folder: Path, user: int | None) -> None:
        self.url = f"postgresql://starling@/postgres?host={folder}"
        self._programs, self._folder, self._user = programs, folder, user
        self._run("initdb", "-U", "starling", "-A", "trust", "--no-sync")

    def start(self) -> None:
        options = f"-c listen_addresses= -k {self._folder} -c fsync=off -c max_wal_size=128MB"
        self._run("pg_ctl", "-w", "-t", "60", "-l", self._folder / "log", "-o", options, "start")

    def crash(self) -> None:
        """Stop it without a clean shutdown, if it is running."""
        if not (self._folder / "data" / "postmaster.pid").exists():
            return
        self._run("pg_ctl", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, "-D", self._folder / "data", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self._folder, user=self._user,
        )  # fmt: skip
        assert done.returncode == 0, f"{program} failed: {done.stdout}"


def _in_memory() -> str | None:
    """A folder in memory with room for the databases, if the system has one, since a disk takes minutes to delete the
    files of hundreds of them; otherwise None, which stands for the usual temporary folder."""
    folder = Path("/dev/shm")
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > ROOM else None


@contextlib.contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A running server; skips the test if PostgreSQL is not installed."""
    programs = _server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    pytest.importorskip("asyncpg", reason="the extra postgresql is not installed")
    # Not among pytest's folders: only their owner may enter them, and the server refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="starling-postgresql-", dir=_in_memory()) as name:
        folder, user = Path(name), None
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
            user = pwd.getpwnam("nobody").pw_uid

        server = PostgresqlServer(programs, folder, user)
        server.start()
        try:
            yield server
        finally:
            server.crash()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server shared by all tests that do not stop it."""
    with postgresql_server() as server:
        yield server.url


@pytest.fixture
def mortal_postgresql() -> Iterator[PostgresqlServer]:
    """A server for a single test that stops and restarts it."""
    with postgresql_server() as server:
        yield server


async def place_tables(file: Path) -> None:
    """Write the SQLite database ``file`` with empty tables, as opening it would: a copy of one that was opened earlier
    in this process, since migrations take longer than most tests."""
    if not _sqlite_with_tables:
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder) / "starling.db"
            await (await Database.open(f"sqlite:///{first}")).close()
            _sqlite_with_tables.append(first.read_bytes())
    _write(file, _sqlite_with_tables[0])


async def opened_with_tables(file: Path) -> Database:
    """The SQLite database ``file``, opened, with empty tables."""
    await place_tables(file)
    return await Database.open(f"sqlite:///{file}")


_sqlite_with_tables: list[bytes] = []


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


@contextlib.contextmanager
def new_database(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database at ``server``, a copy of ``template``. It is dropped after the block, since hundreds of
    databases would fill the memory."""
    name = f"t{uuid.uuid4().hex}"
    asyncio.run(_create(server, name, template))
    yield server.replace("/postgres?", f"/{name}?")
    asyncio.run(_drop(server, name))


async def _create(server: str, name: str, template: str) -> None:
    connection = await pytest.importorskip("asyncpg").connect(server)
    # The default since PostgreSQL 15 writes the copy to the WAL page by page.
    copied = " STRATEGY FILE_COPY" if connection.get_server_version() >= (15,) else ""
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{copied}')
    await connection.close()


async def _drop(server: str, name: str) -> None:
    connection = await pytest.importorskip("asyncpg").connect(server)
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.close()


@pytest.fixture(scope="session")
def postgresql_with_tables(postgresql: str) -> Iterator[str]:
    """The name of a migrated database, to be copied."""

    async def migrate(url: str) -> None:
        await (await Database.open(url)).close()

    with new_database(postgresql) as url:
        asyncio.run(migrate(url))
        yield url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once for SQLite and once for PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'starling.db'}"
    return str(request.getfixturevalue("empty_postgresql"))


@pytest.fixture
def empty_postgresql(postgresql: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with new_database(postgresql) as url:
        yield url


@pytest.fixture
def filled_postgresql(postgresql: str, postgresql_with_tables: str) -> Iterator[str]:
    """The URL of a PostgreSQL database with empty tables."""
    with new_database(postgresql, postgresql_with_tables) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url_with_tables(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with empty tables, once for SQLite and once for PostgreSQL."""
    if request.param == "sqlite":
        file = tmp_path / "folder" / "starling.db"
        asyncio.run(place_tables(file))
        return f"sqlite:///{file}"
    return str(request.getfixturevalue("filled_postgresql"))


@pytest.fixture
async def database(url_with_tables: str) -> AsyncIterator[Database]:
    """A database with empty tables, opened, once for SQLite and once for PostgreSQL."""
    opened = await Database.open(url_with_tables)
    yield opened
    await opened.close()


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """Share compiled statements among all databases of a kind, as one bot does for its own: compiling them takes longer
    than most tests' queries."""
    first: dict[str, Engine] = {}
    make = database_module._engine

    def sharing(url: URL) -> AsyncEngine:
        engine = make(url)
        own = engine.sync_engine
        if (known := first.get(own.name)) is None:
            event.listen(own, "first_connect", lambda *_connected: first.setdefault(own.name, own))
        else:
            own.dialect = own.pool._dialect = known.dialect
            own._compiled_cache = known._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_module, "_engine", sharing)
        yield
