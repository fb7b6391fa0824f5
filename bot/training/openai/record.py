"""What is known of a training at a service, which may not have begun yet."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

from bot.storage.atomic_write import write_atomically

_FILE = "openai.json"


class Record:
    """The record of one training, kept in its folder."""

    def __init__(self, path: Path, known: dict[str, Any]) -> None:
        self._path = path
        self._known = known

    @classmethod
    def open(cls, folder: Path) -> Record:
        """The record in ``folder``, or a new one if there is none that can be read. Blocks."""
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
        """A random token in the job's metadata that no other job has."""
        return str(self._known["mark"])

    @property
    def training_file(self) -> str | None:
        """The id of the uploaded training examples, once they are uploaded."""
        return self._known.get("training_file")

    @property
    def heldout_file(self) -> str | None:
        """The id of the uploaded held-out examples, once they are uploaded."""
        return self._known.get("heldout_file")

    @property
    def job(self) -> str | None:
        """The id of the job, once it is known."""
        return self._known.get("job")

    async def note(self, **values: str | None) -> None:
        """Store some of ``training_file``, ``heldout_file`` and ``job``."""
        self._known |= values
        await asyncio.to_thread(self._write)

    def _write(self) -> None:
        write_atomically(self._path, json.dumps(self._known).encode())
