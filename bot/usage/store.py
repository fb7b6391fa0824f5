"""What people and guilds have used, day by day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.privacy.data_holder import DataHolder, ErasureResult
from bot.storage.batches import delete_in_batches
from bot.storage.database import Database
from bot.storage.tables import UsageRow

Clock = Callable[[], datetime]
"""Gives the present as an aware time."""

KEPT_FOR = timedelta(days=400)
"""A year, and what a comparison with the same month needs."""

NO_GUILD = 0
"""Stands for direct messages: a part of a primary key cannot be empty."""


@dataclass(frozen=True, slots=True)
class UsageAmounts:
    """How much was used."""

    prompt_tokens: int = 0
    """Shown to the chat model."""
    reply_tokens: int = 0
    """Written by it."""
    heard_s: float = 0.0
    """Of recordings that were written down, in seconds."""
    spoken_characters: int = 0
    """Of text that was spoken."""
    cost: float = 0.0
    """Of the chat model, in the currency of the settings."""

    @property
    def tokens(self) -> int:
        """In and out."""
        return self.prompt_tokens + self.reply_tokens


_NAMES = tuple(field.name for field in fields(UsageAmounts))


class UsageStore(DataHolder):
    """Amounts by day (UTC), guild, user and model."""

    kept_for = KEPT_FOR

    def __init__(self, database: Database, *, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock

    @property
    def now(self) -> datetime:
        """In UTC."""
        return self._clock().astimezone(UTC)

    async def add(self, *, guild_id: int | None, user_id: int, model: str, amounts: UsageAmounts) -> None:
        """Add ``amounts`` to what is there for today; of two at once, both count."""
        dialect = postgresql if self._database.engine.dialect.name == "postgresql" else sqlite
        row = {
            "day": self.now.date(),
            "guild_id": guild_id or NO_GUILD,
            "user_id": user_id,
            "model": model[:200],
        }
        insert = dialect.insert(UsageRow).values(row | asdict(amounts))
        added = {name: getattr(UsageRow, name) + insert.excluded[name] for name in _NAMES}
        async with self._database.sessions.begin() as session:
            await session.execute(insert.on_conflict_do_update(index_elements=list(row), set_=added))

    async def of_day(self, day: date, *, guild_id: int | None = None, user_id: int | None = None) -> UsageAmounts:
        """What was used on ``day`` in that guild, by that user, or by that user in that guild."""
        async with self._database.sessions() as session:
            found = (await session.execute(_sums(UsageRow.day == day, guild_id, user_id))).one()
        return _amounts(found)

    async def by_day(
        self, since: date, *, guild_id: int | None = None, user_id: int | None = None
    ) -> dict[date, UsageAmounts]:
        """What was used on each day from ``since`` on, in that guild, by that user, or by that user in that guild; days
        without any use are left out."""
        wanted = _sums(UsageRow.day >= since, guild_id, user_id).add_columns(UsageRow.day).group_by(UsageRow.day)
        async with self._database.sessions() as session:
            return {row.day: _amounts(row) for row in await session.execute(wanted)}

    async def forget_guild(self, guild_id: int) -> int:
        """Delete what was used in a guild; says how many rows."""
        return await self._delete(UsageRow.guild_id == guild_id)

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget what a person has used."""
        return ErasureResult(await self._delete(UsageRow.user_id == user_id))

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete what was used on earlier days, in one guild or in all; says how many rows."""
        earlier = UsageRow.day < moment.date()
        return await self._delete(earlier if guild_id is None else earlier & (UsageRow.guild_id == guild_id))

    async def export(self, user_id: int) -> Mapping[str, object]:
        """What a person has used, by day."""
        used = await self.by_day(self.now.date() - KEPT_FOR, user_id=user_id)
        return {"used_a_day": {day.isoformat(): amounts for day, amounts in used.items()}}

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        return await delete_in_batches(self._database, UsageRow, condition)


def _sums(days: ColumnElement[bool], guild_id: int | None, user_id: int | None) -> Select[tuple[float, ...]]:
    wanted = select(*(func.coalesce(func.sum(getattr(UsageRow, name)), 0).label(name) for name in _NAMES)).where(days)
    if guild_id is not None:
        wanted = wanted.where(UsageRow.guild_id == guild_id)
    if user_id is not None:
        wanted = wanted.where(UsageRow.user_id == user_id)
    return wanted


def _amounts(row: object) -> UsageAmounts:
    # PostgreSQL's sums of integers are decimals.
    kinds = {field.name: float if field.type == "float" else int for field in fields(UsageAmounts)}
    return UsageAmounts(**{name: kind(getattr(row, name)) for name, kind in kinds.items()})  # type: ignore[arg-type]
