"""The list of who and what was forgotten, and when. It is kept beside backups, so that a restore brings nothing back.

It has Discord's ids, Starling's own ids of what people take back one by one, and times, but no content. It is a file
with a line of JSON per entry, in the data folder and in every reachable folder that has backups: a list that is lost
with the machine would be of no use.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import structlog

log = structlog.get_logger()

KEPT_FOR = timedelta(days=400)
"""Backups should not be kept for longer, either."""
BESIDE_NAME = "starling-forgotten.jsonl"
"""The name of the list in folders of backups."""


class TombstoneKind(StrEnum):
    """What was forgotten; unless stated otherwise, the id is Discord's."""

    USER = "user"
    GUILD = "guild"
    MESSAGE = "message"
    CORRECTION = "correction"
    """The id is Starling's own."""
    COMPARISON = "comparison"
    """The id is Starling's own."""
    MEMORY = "memory"
    """What somebody taught for themselves alone; the id is "USER/NUMBER"."""
    VOTE = "vote"
    """A vote on an answer; the id is "MESSAGE/USER"."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry of the list."""

    kind: TombstoneKind
    id: str
    """In the form that ``TombstoneKind`` gives for ``kind``."""
    at: datetime
    """Aware, UTC."""

    @property
    def line(self) -> str:
        return json.dumps({"kind": self.kind, "id": self.id, "at": self.at.isoformat()}) + "\n"


class Tombstones:
    """The list of one data folder."""

    def __init__(self, data_folder: Path) -> None:
        self.file = data_folder / "forgotten.jsonl"
        self._folders_file = data_folder / "backup-folders.json"

    async def bury(self, kind: TombstoneKind, ids: Collection[int | str]) -> None:
        """As ``add``, in a thread. Call it after the erasure, so that a backup made while that was in progress counts
        as an earlier one."""
        await asyncio.to_thread(self.add, kind, ids)

    def add(self, kind: TombstoneKind, ids: Collection[int | str]) -> None:
        """Record that these are forgotten from now on. Blocks. If a list cannot be written, that is logged and not
        raised, as the erasure itself stands."""
        now = datetime.now(UTC)
        lines = "".join(Tombstone(kind, str(id_), now).line for id_ in ids)
        for file in (self.file, *(folder / BESIDE_NAME for folder in self._folders())):
            try:
                if file.parent.is_dir():
                    _append(file, lines)
            except OSError as error:
                log.error("a list of what was forgotten cannot be written", file=str(file), why=str(error))

    def travel_beside(self, folder: Path) -> Path:
        """Keep a copy of the list in ``folder``, which has backups, from now on. It starts with what is known already,
        except for entries older than ``KEPT_FOR``.

        Raises:
            OSError: the list cannot be written there.
        """
        beside = folder.absolute() / BESIDE_NAME
        known = {tombstone.line: None for tombstone in (*read_tombstones(self.file), *read_tombstones(beside))}
        oldest = datetime.now(UTC) - KEPT_FOR
        lines = [line for line in known if _parsed(line).at >= oldest]
        _write(beside, lines)
        _write(self.file, lines)
        folders = sorted({*map(str, self._folders()), str(folder.absolute())})
        _write(self._folders_file, [json.dumps(folders)])
        return beside

    def _folders(self) -> list[Path]:
        try:
            return [Path(folder) for folder in json.loads(self._folders_file.read_text(encoding="utf-8"))]
        except (OSError, ValueError):
            return []


def read_tombstones(file: Path) -> Iterator[Tombstone]:
    """The entries in ``file``; none if it does not exist. Lines that cannot be parsed are logged and skipped."""
    if not file.is_file():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            yield _parsed(line)
        except (ValueError, KeyError, TypeError):
            log.warning("a line in a list of what was forgotten cannot be read", file=str(file))


def _parsed(line: str) -> Tombstone:
    told = json.loads(line)
    return Tombstone(TombstoneKind(told["kind"]), str(told["id"]), datetime.fromisoformat(told["at"]))


def _append(file: Path, lines: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as stream:
        stream.write(lines)


def _write(file: Path, lines: Iterable[str]) -> None:
    """Replace the contents of ``file`` by ``lines``, unless these are in it already: a full disk must not prevent
    another backup onto a different one."""
    text = "".join(lines)
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    try:
        _append(fresh, text)
        fresh.replace(file)
    except OSError as error:
        error.filename = error.filename or str(file)  # an error from writing to a stream names no file
        raise
    finally:
        fresh.unlink(missing_ok=True)
