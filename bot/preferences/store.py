"""The rows of the choices: one for each value that is not the default."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select

from bot.storage.database import Database, rows_changed
from bot.storage.tables import PreferenceRow


class Scope(StrEnum):
    """Whose choices they are."""

    GUILD = "guild"
    USER = "user"


class PreferenceStore:
    """Stores JSON values by scope, id and name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, scope: Scope, id_: int) -> dict[str, Any]:
        """All values of that guild or person, by name."""
        wanted = select(PreferenceRow).where(PreferenceRow.scope == scope, PreferenceRow.scope_id == id_)
        async with self._database.sessions() as session:
            return {row.name: row.value for row in await session.scalars(wanted)}

    async def everywhere(self, scope: Scope, name: str) -> dict[int, Any]:
        """Every value of that name, by the id of the guild or person."""
        wanted = select(PreferenceRow).where(PreferenceRow.scope == scope, PreferenceRow.name == name)
        async with self._database.sessions() as session:
            return {row.scope_id: row.value for row in await session.scalars(wanted)}

    async def write(self, scope: Scope, id_: int, values: Mapping[str, Any]) -> None:
        """Store ``values`` in one transaction; a value of None deletes that row."""
        now = datetime.now(UTC)
        async with self._database.sessions.begin() as session:
            for name, value in values.items():
                row = PreferenceRow(scope=scope, scope_id=id_, name=name, value=value, updated_at=now)
                if value is not None:
                    await session.merge(row)
                elif (known := await session.get(PreferenceRow, (scope, id_, name))) is not None:
                    await session.delete(known)

    async def forget(self, scope: Scope, id_: int) -> int:
        """Delete all values of that guild or person; returns how many there were."""
        gone = delete(PreferenceRow).where(PreferenceRow.scope == scope, PreferenceRow.scope_id == id_)
        async with self._database.sessions.begin() as session:
            return await rows_changed(session, gone)
