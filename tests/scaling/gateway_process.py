"""A gateway in its own process: it promises, asks and posts, and continues after it was killed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path

from bot.work.bus.work_bus import WorkBus
from bot.work.bus.work_request import Lane, WorkKind, WorkRequest
from tests.scaling.quick import QUICK


class Ledger:
    """What was promised and what was posted, in the place of Discord and the database."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode=WAL;"
            "CREATE TABLE IF NOT EXISTS promises(name TEXT PRIMARY KEY, at REAL, answered REAL);"
            "CREATE TABLE IF NOT EXISTS posts(name TEXT, text TEXT);"
        )

    def promise(self, name: str) -> None:
        self._database.execute("INSERT INTO promises VALUES (?, ?, NULL)", (name, time.time()))

    def post(self, name: str, text: str) -> None:
        self._database.execute("BEGIN")
        self._database.execute("INSERT INTO posts VALUES (?, ?)", (name, text))
        self._database.execute("UPDATE promises SET answered = ? WHERE name = ?", (time.time(), name))
        self._database.execute("COMMIT")

    def promised(self) -> dict[str, tuple[float, float | None]]:
        """When each note was promised, and when it was answered or None, in seconds since 1970."""
        rows = self._database.execute("SELECT name, at, answered FROM promises ORDER BY at")
        return {name: (at, answered) for name, at, answered in rows}

    def posts(self) -> list[str]:
        return [name for (name,) in self._database.execute("SELECT name FROM posts")]

    def close(self) -> None:
        self._database.close()


async def main(url: str, path: str, count: str, each_s: str, lasts_s: str) -> None:
    """Answer the open promises, then promise further notes, one every ``each_s``, until there are ``count``."""
    ledger = Ledger(Path(path))
    async with WorkBus(url, gateway=0, timing=QUICK, per_source=4) as bus:

        async def answer(number: int, name: str) -> None:
            body = json.dumps({"name": name, "lasts_s": float(lasts_s)}).encode()
            request = WorkRequest(
                task=name, kind=WorkKind.HEAR, lane=Lane.INTERACTIVE, source=number, body=body, timeout_s=60.0
            )
            ledger.post(name, (await bus.run(request)).decode())

        known = ledger.promised()
        answers = [
            asyncio.create_task(answer(number, name))
            for number, (name, (_at, answered)) in enumerate(known.items())
            if answered is None
        ]
        for number in range(len(known), int(count)):
            name = f"note-{number}"
            ledger.promise(name)
            answers.append(asyncio.create_task(answer(number, name)))
            await asyncio.sleep(float(each_s))
        await asyncio.gather(*answers)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
