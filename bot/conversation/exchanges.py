"""Prompts and the replies to them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cachetools import TTLCache
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.privacy.data_holder import DataHolder, DataKind, ErasureResult, StoredDataSummary
from bot.storage.batches import delete_in_batches
from bot.storage.database import Database, count_rows, in_parts
from bot.storage.forgotten import was_forgotten
from bot.storage.guild_lock import lock_guild
from bot.storage.tables import ExchangeRow, WithdrawalRow

_GONE_KEPT, _GONE_KEPT_S = 100_000, 6 * 3600
"""How many deletions are remembered, and for how many seconds: longer than any answer takes, in case an answer to what
was deleted is about to be stored."""

_HELD, _HELD_S = 200, 1800.0
"""How many exchanges that are not stored are held in memory, and for how many seconds, so that their replies can be
continued."""


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
    """The same as ``reply_message_id`` if a command asked, unless the command was to answer a message."""
    prompt: str
    """What was written, or the transcript of what was said."""
    reply: str
    language: str | None
    """The prompt's, as a BCP-47 tag."""
    parent_reply_id: int | None
    """The earlier reply that the person replied to."""
    model: str
    created_at: datetime
    """Aware, UTC."""
    has_files: bool = False
    """Whether pictures or text files came with the prompt; they are not stored."""
    recalled: tuple[int, ...] = ()
    """The numbers of the corrections that the model was given for the reply: the guild's or, in direct messages, those
    that the person has taught for themselves."""
    is_given: bool = False
    """Whether it was asked by /ask; the model may learn from such questions if whoever asked agrees."""
    words_by: int | None = None
    """The author of the prompt's words if somebody else asked, from the menu of the author's message."""

    @property
    def said_by(self) -> int:
        """The author of the prompt's words."""
        return self.user_id if self.words_by is None else self.words_by


class ExchangeStore(DataHolder):
    """Stores exchanges by the reply's message."""

    def __init__(self, database: Database, *, is_shared: bool = False) -> None:
        """``is_shared``: whether other processes store and forget here as well."""
        self._database = database
        self._is_shared = is_shared
        self._turn = asyncio.Lock()
        """Held so that no deletion falls between checking for one and storing."""
        self._gone: TTLCache[tuple[str, int], datetime] = TTLCache(_GONE_KEPT, _GONE_KEPT_S)
        """When messages were deleted, and people and guilds forgotten, by their kind and id."""
        self._held: TTLCache[int, Exchange] = TTLCache(_HELD, _HELD_S)

    async def remember(self, exchange: Exchange, asked_at: datetime | None = None) -> None:
        """Store ``exchange``, unless its question or reply was deleted meanwhile, or a person or the guild was
        forgotten since ``asked_at`` (aware; None: since it was created).

        An exchange with the same reply is replaced.
        """
        async with self._turn:
            if self._is_gone(exchange, asked_at or exchange.created_at):
                return
            async with self._database.sessions.begin() as session:
                if self._is_shared and await _is_withdrawn(session, exchange, asked_at or exchange.created_at):
                    return
                await session.merge(ExchangeRow(**asdict(exchange) | {"recalled": _stored(exchange.recalled)}))

    def hold(self, exchange: Exchange, asked_at: datetime) -> None:
        """Keep ``exchange`` only in memory, for half an hour, unless its question or reply was deleted meanwhile, or a
        person or the guild was forgotten since ``asked_at``."""
        if not self._is_gone(exchange, asked_at):
            self._held[exchange.reply_message_id] = exchange

    async def held(self, reply_message_id: int) -> Exchange | None:
        """The exchange held in memory whose reply begins with this message; None if there is none."""
        exchange = self._held.get(reply_message_id)
        if exchange is None or not self._is_shared:
            return exchange
        async with self._database.sessions.begin() as session:
            if not await _is_withdrawn(session, exchange, exchange.created_at):
                return exchange
        self._held.pop(reply_message_id, None)
        return None

    def _is_gone(self, exchange: Exchange, asked_at: datetime) -> bool:
        messages = (exchange.prompt_message_id, exchange.reply_message_id)
        owners = [("user", exchange.user_id), ("user", exchange.said_by), ("guild", exchange.guild_id or 0)]
        return any(("message", id_) in self._gone for id_ in messages) or any(
            owner in self._gone and self._gone[owner] >= asked_at for owner in owners
        )

    def _note_gone(self, kind: str, ids: Collection[int]) -> None:
        """Note a deletion before it happens, so that nothing is stored after it."""
        now = datetime.now(UTC)
        self._gone.update({(kind, id_): now for id_ in ids})
        for reply, exchange in list(self._held.items()):
            if self._is_gone(exchange, exchange.created_at):
                self._held.pop(reply, None)

    async def by_reply(self, reply_message_id: int) -> Exchange | None:
        """The stored exchange whose reply begins with this message; None if there is none."""
        async with self._database.sessions() as session:
            row = await session.get(ExchangeRow, reply_message_id)
            return None if row is None else _exchange(row)

    async def chain(self, reply_message_id: int, turns: int) -> list[Exchange]:
        """The exchange of this reply and the earlier ones that it follows, oldest first, at most ``turns``."""
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

    async def recent(self, guild_id: int | None, channel_id: int, limit: int) -> list[Exchange]:
        """The last ``limit`` exchanges in a guild's channel, or in one of direct messages (None), newest first."""
        row = ExchangeRow
        there = row.guild_id.is_(None) if guild_id is None else row.guild_id == guild_id
        wanted = select(row).where(row.channel_id == channel_id, there)
        async with self._database.sessions() as session:
            rows = await session.scalars(wanted.order_by(row.reply_message_id.desc()).limit(limit))
            return [_exchange(each) for each in rows]

    async def messages_in(self, channel_id: int, limit: int) -> list[int]:
        """The ids of the questions and replies of at most ``limit`` exchanges in a channel."""
        row = ExchangeRow
        wanted = select(row.prompt_message_id, row.reply_message_id).where(row.channel_id == channel_id).limit(limit)
        async with self._database.sessions() as session:
            return list({id_ for both in await session.execute(wanted) for id_ in both})

    async def given(self, guild_id: int) -> list[Exchange]:
        """The exchanges of a guild that were asked by /ask, oldest first."""
        wanted = select(ExchangeRow).where(ExchangeRow.guild_id == guild_id, ExchangeRow.is_given)
        async with self._database.sessions() as session:
            return [_exchange(row) for row in await session.scalars(wanted.order_by(ExchangeRow.reply_message_id))]

    async def withdraw(self, reply_message_id: int) -> None:
        """Delete the exchange with this reply, whose question is about to be answered again."""
        self._held.pop(reply_message_id, None)
        await self._delete(ExchangeRow.reply_message_id == reply_message_id)

    async def forget_messages(self, message_ids: Collection[int]) -> int:
        """Delete the exchanges whose question or reply is one of these messages, and return how many."""
        self._note_gone("message", message_ids)
        orphaned = update(ExchangeRow).where(ExchangeRow.parent_reply_id.in_(message_ids)).values(parent_reply_id=None)
        async with self._database.sessions.begin() as session:
            await session.execute(orphaned)
        return await self._delete(
            or_(ExchangeRow.reply_message_id.in_(message_ids), ExchangeRow.prompt_message_id.in_(message_ids))
        )

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all exchanges of a guild, and return how many."""
        self._note_gone("guild", [guild_id])
        return await self._delete(ExchangeRow.guild_id == guild_id)

    async def delete_before(self, moment: datetime, guild_id: int | None = None) -> int:
        """Delete all exchanges older than ``moment``, or only those of a guild, and return how many."""
        older = ExchangeRow.created_at < moment
        return await self._delete(older if guild_id is None else and_(older, ExchangeRow.guild_id == guild_id))

    async def of_user(self, user_id: int) -> list[Exchange]:
        """All that a person has asked, and what others have asked with that person's words, oldest first."""
        wanted = select(ExchangeRow).where(_is_of(user_id)).order_by(ExchangeRow.created_at)
        async with self._database.sessions() as session:
            return [_exchange(row) for row in await session.scalars(wanted)]

    async def forget_user(self, user_id: int) -> ErasureResult:
        """Forget all that a person has asked, or others with that person's words, with the answers; what is being
        answered now is not stored either."""
        self._note_gone("user", [user_id])
        if self._is_shared:
            async with self._database.sessions.begin() as session:
                await lock_guild(session, user_id)
                await session.merge(WithdrawalRow(user_id=user_id, withdrawn_at=datetime.now(UTC)))
        return ErasureResult(await self._delete(_is_of(user_id)))

    async def count(self, user_id: int) -> StoredDataSummary:
        """The number of questions with their answers."""
        async with self._database.sessions() as session:
            return StoredDataSummary({DataKind.EXCHANGES: await count_rows(session, _is_of(user_id))})

    async def export(self, user_id: int) -> Mapping[str, object]:
        """Questions with their answers."""
        return {"questions_and_answers": await self.of_user(user_id)}

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        async with self._turn:
            return await delete_in_batches(self._database, ExchangeRow, condition)


def _is_of(user_id: int) -> ColumnElement[bool]:
    return or_(ExchangeRow.user_id == user_id, ExchangeRow.words_by == user_id)


async def _is_withdrawn(session: AsyncSession, exchange: Exchange, since: datetime) -> bool:
    """Whether whoever asked, or the author of the words, was forgotten after ``since``."""
    return await was_forgotten(session, exchange.user_id, since) or (
        exchange.words_by is not None and await was_forgotten(session, exchange.words_by, since)
    )


async def replies_given(
    session: AsyncSession, guild_id: int | None, numbers: Collection[int], *, user_id: int | None = None
) -> list[int]:
    """The first messages of a guild's replies for which the model was given one of these corrections, so that they may
    repeat it; in direct messages (None), of the replies to the person ``user_id``."""
    # A condition for each number would make the statement too long when somebody takes back thousands.
    row, wanted = ExchangeRow, set(numbers)
    of_owner = and_(row.guild_id.is_(None), row.user_id == user_id) if guild_id is None else row.guild_id == guild_id
    given = select(row.reply_message_id, row.recalled).where(of_owner, row.recalled != "")
    return [reply for reply, recalled in await session.execute(given) if wanted & set(_numbers(recalled))]


async def forget_replies(session: AsyncSession, reply_ids: Collection[int]) -> None:
    """Delete the exchanges with these replies."""
    for some in in_parts(reply_ids):
        await session.execute(delete(ExchangeRow).where(ExchangeRow.reply_message_id.in_(some)))


def _stored(numbers: Collection[int]) -> str:
    return "".join(f",{number}," for number in numbers)


def _numbers(stored: str) -> tuple[int, ...]:
    return tuple(int(number) for number in stored.split(",") if number)


def _exchange(row: ExchangeRow) -> Exchange:
    values = {column.key: getattr(row, column.key) for column in ExchangeRow.__table__.columns}
    return Exchange(**values | {"recalled": _numbers(row.recalled)})
