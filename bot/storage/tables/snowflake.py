"""Column types for Discord's ids, which say what each id identifies."""

from __future__ import annotations

from sqlalchemy import BigInteger, Dialect, TypeDecorator


class Snowflake(TypeDecorator[int]):
    """A Discord id, 64 bits. Accepts ``hikari.Snowflake`` and other integers, returns ``int``.

    Each subclass says what it identifies. The tests of erasure go by these types: a table with the id of a person, a
    guild or a message must have a ``DataHolder`` that erases its rows.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


class UserId(Snowflake):
    """The id of a person."""

    cache_ok = True


class GuildId(Snowflake):
    """The id of a guild; 0 for direct messages in key columns, which cannot be null."""

    cache_ok = True


class ChannelId(Snowflake):
    """The id of a channel or a thread; the row always has the id of a person or a guild as well."""

    cache_ok = True


class MessageId(Snowflake):
    """The id of a message."""

    cache_ok = True


class ScopeId(Snowflake):
    """The id of a guild or a person; another column of the row says which."""

    cache_ok = True
