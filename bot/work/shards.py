"""Which of Discord's shards belong to this process, and with them which guilds, and the jobs promised there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Integer, func, literal, true, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

_GUILD_SHIFT = 22
"""Discord: a guild belongs to shard (id >> 22) % shards, direct messages to shard 0."""


@dataclass(frozen=True, slots=True)
class ShardShare:
    """One gateway's share of the shards: of every ``gateways`` shards, the one numbered ``gateway``.

    Which gateway a guild belongs to follows from its id alone. It is stored nowhere, so that after a change of the
    number of shards or gateways at the next start, no guild or job is left without a gateway.
    """

    gateway: int = 0
    gateways: int = 1
    shards: int = 0
    """The number for all gateways together; 0: as many as Discord recommends, for a single gateway."""

    @property
    def is_whole(self) -> bool:
        """Whether there is no other gateway."""
        return self.gateways == 1

    @property
    def shard_ids(self) -> tuple[int, ...] | None:
        """The shards to start; None: all."""
        return None if self.is_whole else tuple(range(self.gateway, self.shards, self.gateways))

    @property
    def shard_count(self) -> int | None:
        """The number to tell Discord; None: what it recommends."""
        return self.shards or None

    @property
    def fraction(self) -> float:
        """The fraction of all shards, above 0 and at most 1: this gateway's part of what Discord allows a bot."""
        return 1.0 if self.shard_ids is None else len(self.shard_ids) / self.shards

    def owns(self, guild_id: int | None) -> bool:
        """Whether events in a guild (None: in direct messages) come to this gateway."""
        if self.is_whole:
            return True
        return (((guild_id or 0) >> _GUILD_SHIFT) % self.shards) % self.gateways == self.gateway

    def owned(self, guild_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
        """The same as ``owns``, in SQL, for a column of guild ids."""
        if self.is_whole:
            return true()
        known = func.coalesce(type_coerce(guild_id, BigInteger), 0)
        return (known.bitwise_rshift(literal(_GUILD_SHIFT, Integer)) % self.shards) % self.gateways == self.gateway


WHOLE = ShardShare()
"""The share of a single gateway."""
