"""Real databases: SQLite in a folder, and PostgreSQL where its server is installed."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.storage.database import Database


def _server_programs() -> Path | None:
    for folder in [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin")]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, which listens on a socket in its folder and on no port."""
    programs = _server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    pytest.importorskip("asyncpg", reason="the extra postgresql is not installed")
    # Not among pytest's folders: only their owner may enter those, and the server refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="starling-postgresql-") as name:
        folder, user = Path(name), None
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
            user = pwd.getpwnam("nobody").pw_uid

        def run(program: str, *arguments: str | Path) -> None:
            done = subprocess.run(
                [programs / program, "-D", folder / "data", *arguments],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, user=user,
            )  # fmt: skip
            assert done.returncode == 0, f"{program} failed: {done.stdout}"

        run("initdb", "-U", "starling", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses= -k {folder} -c fsync=off"
        run("pg_ctl", "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://starling@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'folder' / 'starling.db'}"
    return str(request.getfixturevalue("empty_postgresql"))


@pytest.fixture
def empty_postgresql(postgresql: str) -> str:
    """The URL of an empty PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    asyncpg = pytest.importorskip("asyncpg")

    async def create() -> None:
        connection = await asyncpg.connect(postgresql)
        await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()

    asyncio.run(create())
    return postgresql.replace("/postgres?", f"/{name}?")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An empty database with its tables."""
    opened = await Database.open(url)
    yield opened
    await opened.close()
