"""Discord's ids in the database: which columns have them, and what they are ids of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Dialect, TypeDecorator


class Snowflake(TypeDecorator[int]):
    """An id of Discord's, 64 bits. Takes ``hikari.Snowflake`` and other integers, gives ``int``.

    Each subclass says what it is an id of. Erasure is tested by these types: what has an id of a person, a guild or a
    message has to be held by a ``DataHolder`` that empties it.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


class UserId(Snowflake):
    """Of a person."""

    cache_ok = True


class GuildId(Snowflake):
    """Of a guild; 0 for direct messages where a key cannot be empty."""

    cache_ok = True


class ChannelId(Snowflake):
    """Of a channel or a thread, which never stands without the person or the guild whose row it is in."""

    cache_ok = True


class MessageId(Snowflake):
    """Of a message."""

    cache_ok = True


class ScopeId(Snowflake):
    """Of a guild or a person, as another column of the row says."""

    cache_ok = True
