"""What guilds, channels and users have set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import delete, select

from bot.storage.database import Database
from bot.storage.tables import SettingRow

Scope = Literal["guild", "channel", "user"]


class SettingsStore:
    """Values by scope and name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, scope: Scope, scope_id: int, name: str, default: Any = None) -> Any:
        """The value (whatever JSON can hold), or ``default`` when it was never set."""
        async with self._database.sessions() as session:
            row = await session.get(SettingRow, (scope, scope_id, name))
            return default if row is None else row.value

    async def all(self, scope: Scope, name: str) -> dict[int, Any]:
        """Every value of that name, by the id of whoever set it."""
        wanted = select(SettingRow).where(SettingRow.scope == scope, SettingRow.name == name)
        async with self._database.sessions() as session:
            return {row.scope_id: row.value for row in await session.scalars(wanted)}

    async def of(self, scope: Scope, scope_id: int) -> dict[str, Any]:
        """All that was set there, by name."""
        wanted = select(SettingRow).where(SettingRow.scope == scope, SettingRow.scope_id == int(scope_id))
        async with self._database.sessions() as session:
            return {row.name: row.value for row in await session.scalars(wanted)}

    async def set(self, scope: Scope, scope_id: int, name: str, value: Any) -> None:
        """Set the value; of two at once, one wins."""
        row = SettingRow(scope=scope, scope_id=scope_id, name=name, value=value, updated_at=datetime.now(UTC))
        async with self._database.sessions.begin() as session:
            await session.merge(row)

    async def reset(self, scope: Scope, scope_id: int, name: str) -> None:
        """Forget the value."""
        async with self._database.sessions.begin() as session:
            await session.execute(
                delete(SettingRow).where(
                    SettingRow.scope == scope, SettingRow.scope_id == scope_id, SettingRow.name == name
                )
            )
