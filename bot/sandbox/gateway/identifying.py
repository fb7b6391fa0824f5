"""Reads what gateway clients send: payloads, and the intents and shard that they identify with."""

from __future__ import annotations

import time
from typing import Any

from bot.sandbox.gateway.intents import ALL_INTENTS, Intents
from bot.sandbox.model.entities import User
from bot.sandbox.model.errors import SandboxError
from bot.sandbox.model.json_codec import Json, from_json
from bot.sandbox.options import Options

_MAX_PAYLOAD_BYTES = 4096


class CloseConnectionError(SandboxError):
    """Raised to close a connection with ``code``."""

    def __init__(self, code: int) -> None:
        super().__init__(f"close {code}")
        self.code = code


class IdentifyPace:
    """How often shards may identify: one per bucket, and then none for a while."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._bucket_opens_s: dict[int, float] = {}
        """When the next shard of a bucket may identify, by the monotonic clock."""

    def take(self, shard_id: int) -> bool:
        """Whether the bucket of ``shard_id`` is open; if so, it is closed for ``identify_interval_s``."""
        now_s = time.monotonic()
        bucket = shard_id % self._options.max_concurrency
        if now_s < self._bucket_opens_s.get(bucket, 0.0):
            return False
        self._bucket_opens_s[bucket] = now_s + self._options.identify_interval_s
        return True


def read_payload(raw: str | bytes) -> Json:
    """Parse one payload.

    Raises:
        CloseConnectionError: it is not a payload, or too large.
    """
    if len(raw) > _MAX_PAYLOAD_BYTES:
        raise CloseConnectionError(4002)
    try:
        payload = from_json(raw)
    except ValueError:
        raise CloseConnectionError(4002) from None
    if not isinstance(payload, dict) or not isinstance(payload.get("op"), int):
        raise CloseConnectionError(4002)
    return payload


def read_intents(account: User, data: Json, options: Options) -> Intents:
    """The intents of ``account``: those that a bot asks for, all for a person.

    Raises:
        CloseConnectionError: there are no such intents, or the bot may not have them.
    """
    if not account.bot:
        return Intents(ALL_INTENTS)
    given: Any = data.get("intents")
    if isinstance(given, bool) or not isinstance(given, int) or given & ~ALL_INTENTS or given < 0:
        raise CloseConnectionError(4013)
    intents = Intents(given)
    allowed = {
        Intents.MESSAGE_CONTENT: options.message_content,
        Intents.GUILD_MEMBERS: options.guild_members,
        Intents.GUILD_PRESENCES: options.presences,
    }
    if any(intents & intent and not on for intent, on in allowed.items()):
        raise CloseConnectionError(4014)
    return intents


def read_shard(data: Json) -> tuple[int, int]:
    """The shard's number, and how many shards there are.

    Raises:
        CloseConnectionError: there is no such shard.
    """
    given = data.get("shard")
    if given is None:
        return 0, 1
    if (
        not isinstance(given, list)
        or len(given) != 2
        or not all(isinstance(n, int) for n in given)
        or not 0 <= given[0] < given[1]
    ):
        raise CloseConnectionError(4010)
    return given[0], given[1]
