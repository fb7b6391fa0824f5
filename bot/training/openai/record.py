"""What is known of a training at a service that may not have begun yet."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

from bot.storage.whole_file import replace_with

_FILE = "openai.json"


class Record:
    """Kept in the training's folder."""

    def __init__(self, path: Path, known: dict[str, Any]) -> None:
        self._path = path
        self._known = known

    @classmethod
    def open(cls, folder: Path) -> Record:
        """The record in ``folder``, or a new one. Blocks."""
        path = folder / _FILE
        try:
            return cls(path, json.loads(path.read_bytes()))
        except (FileNotFoundError, ValueError):
            folder.mkdir(parents=True, exist_ok=True)
            record = cls(path, {"mark": secrets.token_hex(16)})
            record._write()
            return record

    @property
    def mark(self) -> str:
        """What the job's metadata carry; nobody else's do."""
        return str(self._known["mark"])

    @property
    def training_file(self) -> str | None:
        """The id of the upload."""
        return self._known.get("training_file")

    @property
    def heldout_file(self) -> str | None:
        """The id of the upload."""
        return self._known.get("heldout_file")

    @property
    def job(self) -> str | None:
        """The id of the job, once it is known."""
        return self._known.get("job")

    async def note(self, **values: str | None) -> None:
        """Write ``values`` down, of ``training_file``, ``heldout_file`` and ``job``."""
        self._known |= values
        await asyncio.to_thread(self._write)

    def _write(self) -> None:
        replace_with(self._path, json.dumps(self._known).encode())
