"""The commands in docs/operating.md exist, and those that need nothing but Starling are run as written."""

from __future__ import annotations

import asyncio
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.__main__ import app
from bot.app import metrics as served
from bot.app.work_watch import WorkWatch
from bot.app.worker_health import WorkerMetrics
from bot.settings import Settings, read_settings
from bot.storage.database import Database
from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_server import WorkServer
from bot.work.metrics import REGISTRY
from tests.conftest import ROOT
from tests.privacy.stored import Ids, fill

PAGE = (ROOT / "docs" / "operating.md").read_text()


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_command_and_option_of_the_page_is_there() -> None:
    commands: Mapping[str, Any] = typer.main.get_group(app).commands
    lines = [*"".join(blocks()).splitlines(), *re.findall(r"`(starling [a-z-]+[^`]*)`", PAGE)]
    used = [shlex.split(line.partition("#")[0]) for line in lines if re.search(r"(^|\s|/)starling [a-z]", line)]
    found = set()
    for words in used:
        after = words[next((n for n, word in enumerate(words) if word.endswith("starling")), len(words)) + 1 :]
        if not after or after[0] not in commands:
            continue
        found.add(after[0])
        known = {name for parameter in commands[after[0]].params for name in parameter.opts}
        assert {word for word in after if word.startswith("--")} <= known, words
    assert found == {"doctor", "run", "health", "backup", "restore", "move-database"}


def test_what_the_page_names_is_there() -> None:
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", PAGE)) - {"POSTGRES_PASSWORD"}
    assert named <= {name.upper() for name in Settings.model_fields}, named
    for path in re.findall(r"\bdocs/[\w./-]+\w", PAGE):
        assert (ROOT / path).exists(), path
    assert served.INFO
    of_gateway = WorkWatch(WorkBus("nats://127.0.0.1", gateway=0)).collect()
    of_worker = WorkerMetrics(WorkServer("nats://127.0.0.1", {}, at_once=1)).collect()
    families = [*REGISTRY.collect(), *of_gateway, *of_worker]
    there = {f"{family.name}{end}" for family in families for end in ("", "_total")}
    assert set(re.findall(r"`((?:starling|process)_\w+)", PAGE)) <= there


def test_the_way_from_a_backup_to_a_moved_database_goes_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)

    async def use() -> None:
        database = await Database.open(read_settings().database)
        await fill(database, Ids(user=101, guild=201, message=301, key="m" * 32))
        await database.close()

    asyncio.run(use())
    (tmp_path / "starling").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m bot "$@"\n')
    (tmp_path / "starling").chmod(0o755)
    steps = [
        block
        for block in blocks()
        if re.search(r"^mkdir -p backups|restore backups/|move-database", block, re.MULTILINE)
    ]
    assert len(steps) == 3
    script = "set -e\n" + "".join(steps)
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Restored what Starling" in done.stdout
    for file in ("restored/starling.db", "elsewhere/starling.db"):
        with closing(sqlite3.connect(tmp_path / file)) as copied:
            assert copied.execute("SELECT count(*) FROM corrections").fetchone() == (1,)
