"""Which of Discord's shards are this process's, and with them which guilds and what was promised there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Integer, func, literal, true, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

_GUILD_SHIFT = 22
"""Discord: a guild belongs to shard (id >> 22) % shards, direct messages to shard 0."""


@dataclass(frozen=True, slots=True)
class ShardShare:
    """The share of one gateway of several: of every ``gateways`` shards the one numbered ``gateway``.

    Whose a guild is follows from its id alone. It is stored nowhere, so that another number of shards or gateways at
    the next start leaves nothing behind that nobody takes up.
    """

    gateway: int = 0
    gateways: int = 1
    shards: int = 0
    """Of all gateways together; 0: as many as Discord recommends, for a single gateway."""

    @property
    def is_whole(self) -> bool:
        """Whether there is no other gateway."""
        return self.gateways == 1

    @property
    def shard_ids(self) -> tuple[int, ...] | None:
        """Those to start; None: all that there are."""
        return None if self.is_whole else tuple(range(self.gateway, self.shards, self.gateways))

    @property
    def shard_count(self) -> int | None:
        """As Discord is told; None: what it recommends."""
        return self.shards or None

    @property
    def fraction(self) -> float:
        """Which part of all shards these are, above 0 and at most 1: its part of what Discord allows a bot."""
        return 1.0 if self.shard_ids is None else len(self.shard_ids) / self.shards

    def owns(self, guild_id: int | None) -> bool:
        """Whether what happens in a guild (None: in direct messages) comes to this gateway."""
        if self.is_whole:
            return True
        return (((guild_id or 0) >> _GUILD_SHIFT) % self.shards) % self.gateways == self.gateway

    def owned(self, guild_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
        """As ``owns``, in SQL, of a column with guilds' ids."""
        if self.is_whole:
            return true()
        known = func.coalesce(type_coerce(guild_id, BigInteger), 0)
        return (known.bitwise_rshift(literal(_GUILD_SHIFT, Integer)) % self.shards) % self.gateways == self.gateway


WHOLE = ShardShare()
"""Of the only gateway that there is."""
