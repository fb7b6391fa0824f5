"""Prompts and the replies to them."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.storage.batches import delete_in_batches
from bot.storage.database import Database, count_rows
from bot.storage.tables import ExchangeRow

_DELETED_KEPT = 1000
"""Deleted messages that are remembered, in case the answer to one of them is about to be stored."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A prompt and the bot's reply to it. Ids are Discord's."""

    reply_message_id: int
    """The first message of the reply."""
    channel_id: int
    guild_id: int | None
    """None in direct messages."""
    user_id: int
    """Who asked."""
    prompt_message_id: int
    """The same as the reply's where a command asked."""
    prompt: str
    """What was written, or what was heard."""
    reply: str
    language: str | None
    """BCP-47, of the prompt."""
    parent_reply_id: int | None
    """The reply that the person answered to."""
    model: str
    created_at: datetime
    """Aware, UTC."""
    has_files: bool = False
    """Whether pictures or text files came with the prompt, which are not stored."""
    recalled: tuple[int, ...] = ()
    """The numbers of the guild's corrections that the model was given for the reply; empty in direct messages."""


class ExchangeStore(DataHolder):
    """Exchanges by the reply's message."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        """So that no deletion falls between looking for it and storing."""
        self._deleted: collections.deque[int] = collections.deque(maxlen=_DELETED_KEPT)

    async def remember(self, exchange: Exchange) -> None:
        """Keep ``exchange``, unless its question or reply was deleted meanwhile.

        One with the same reply is replaced.
        """
        async with self._turn:
            if exchange.prompt_message_id in self._deleted or exchange.reply_message_id in self._deleted:
                return
            async with self._database.sessions.begin() as session:
                await session.merge(ExchangeRow(**asdict(exchange) | {"recalled": _stored(exchange.recalled)}))

    async def by_reply(self, reply_message_id: int) -> Exchange | None:
        """The exchange whose reply begins with this message."""
        async with self._database.sessions() as session:
            row = await session.get(ExchangeRow, reply_message_id)
            return None if row is None else _exchange(row)

    async def chain(self, reply_message_id: int, turns: int) -> list[Exchange]:
        """The exchange of this reply and those before it that people answered to, oldest first, ``turns`` at most."""
        found: list[Exchange] = []
        async with self._database.sessions() as session:
            wanted: int | None = reply_message_id
            while wanted is not None and len(found) < turns:
                row = await session.get(ExchangeRow, wanted)
                if row is None:
                    break
                found.append(_exchange(row))
                wanted = row.parent_reply_id
        return found[::-1]

    async def of_messages(self, message_ids: Collection[int]) -> dict[int, Exchange]:
        """The exchanges whose question or reply begins with one of these messages, by the id of that message."""
        ids = set(message_ids)
        wanted = select(ExchangeRow).where(
            or_(ExchangeRow.reply_message_id.in_(ids), ExchangeRow.prompt_message_id.in_(ids))
        )
        async with self._database.sessions() as session:
            found = [_exchange(row) for row in await session.scalars(wanted)]
        return {id_: exchange for exchange in found for id_ in (exchange.prompt_message_id, exchange.reply_message_id)}

    async def recent(self, guild_id: int | None, channel_id: int, most: int) -> list[Exchange]:
        """The last ``most`` exchanges of a guild's channel, or of a direct one, the newest first."""
        row = ExchangeRow
        there = row.guild_id.is_(None) if guild_id is None else row.guild_id == guild_id
        wanted = select(row).where(row.channel_id == channel_id, there)
        async with self._database.sessions() as session:
            rows = await session.scalars(wanted.order_by(row.reply_message_id.desc()).limit(most))
            return [_exchange(each) for each in rows]

    async def withdraw(self, reply_message_id: int) -> None:
        """Delete the exchange with this reply, whose question is about to be answered anew."""
        await self._delete(ExchangeRow.reply_message_id == reply_message_id)

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Delete the exchanges whose question or reply is one of these messages; says how many."""
        self._deleted.extend(message_ids)
        orphaned = update(ExchangeRow).where(ExchangeRow.parent_reply_id.in_(message_ids)).values(parent_reply_id=None)
        async with self._database.sessions.begin() as session:
            await session.execute(orphaned)
        return await self._delete(
            or_(ExchangeRow.reply_message_id.in_(message_ids), ExchangeRow.prompt_message_id.in_(message_ids))
        )

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all exchanges of a guild; says how many."""
        return await self._delete(ExchangeRow.guild_id == guild_id)

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete all exchanges that are older, or only those of a guild; says how many."""
        older = ExchangeRow.created_at < moment
        return await self._delete(older if guild_id is None else and_(older, ExchangeRow.guild_id == guild_id))

    async def of_user(self, user_id: int) -> list[Exchange]:
        """All that a person has asked, the oldest first."""
        wanted = select(ExchangeRow).where(ExchangeRow.user_id == user_id).order_by(ExchangeRow.created_at)
        async with self._database.sessions() as session:
            return [_exchange(row) for row in await session.scalars(wanted)]

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget all that a person has asked, with the answers."""
        return ErasureResult(await self._delete(ExchangeRow.user_id == user_id))

    async def count(self, user_id: int) -> StoredDataSummary:
        """Questions with their answers."""
        async with self._database.sessions() as session:
            return StoredDataSummary({DataKind.EXCHANGES: await count_rows(session, ExchangeRow.user_id == user_id)})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """Questions with their answers."""
        return {"questions_and_answers": await self.of_user(user_id)}

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        async with self._turn:
            return await delete_in_batches(self._database, ExchangeRow, condition)


async def replies_given(session: AsyncSession, guild_id: int, numbers: Collection[int]) -> list[int]:
    """The first messages of a guild's replies that were given one of these corrections, and so may say what it said."""
    given = [ExchangeRow.recalled.contains(_stored([number])) for number in numbers]
    which = and_(ExchangeRow.guild_id == guild_id, or_(false(), *given))
    return list(await session.scalars(select(ExchangeRow.reply_message_id).where(which)))


async def forget_replies(session: AsyncSession, reply_ids: Collection[int]) -> None:
    """Delete the exchanges with these replies."""
    await session.execute(delete(ExchangeRow).where(ExchangeRow.reply_message_id.in_(reply_ids)))


def _stored(numbers: Collection[int]) -> str:
    return "".join(f",{number}," for number in numbers)


def _exchange(row: ExchangeRow) -> Exchange:
    values = {column.key: getattr(row, column.key) for column in ExchangeRow.__table__.columns}
    recalled = tuple(int(number) for number in row.recalled.split(",") if number)
    return Exchange(**values | {"recalled": recalled})
