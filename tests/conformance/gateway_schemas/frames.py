"""Frames by their op code: https://discord.com/developers/docs/events/gateway-events#payload-structure"""

from __future__ import annotations

from tests.conformance.gateway_schemas.notation import (
    ANYTHING,
    BOOLEAN,
    INTEGER,
    NULL,
    SNOWFLAKE,
    STRING,
    Schema,
    array,
    nullable,
    one_of,
    structure,
    text,
    values,
)


def _sent(op: int, data: Schema) -> Schema:
    return structure({"op": values(op), "d": data, "s": NULL, "t": NULL})


SENT: dict[int, Schema] = {
    0: structure(
        {
            "op": values(0),
            "d": {"type": "object"},
            "s": {"type": "integer", "minimum": 1},
            "t": {"type": "string", "pattern": "^[A-Z_]+$"},
        }
    ),
    1: _sent(1, NULL),
    7: _sent(7, NULL),
    9: _sent(9, BOOLEAN),
    # `_trace` is observed.
    10: _sent(10, structure({"heartbeat_interval": {"type": "integer", "minimum": 1}, "_trace?": array(STRING)})),
    11: _sent(11, NULL),
}
"""Frames sent to an application."""


def _received(op: int, data: Schema) -> Schema:
    return structure({"op": values(op), "d": data})


# Discord also accepts ids as numbers, and discord.py sends them so.
_ID = one_of(SNOWFLAKE, INTEGER)
# The fields that applications can set.
_ACTIVITY = structure(
    {"name": text(128, 1), "type": values(0, 1, 2, 3, 4, 5), "state?": nullable(text(128)), "url?": nullable(STRING)}
)
_PRESENCE = structure(
    {
        "since": nullable(INTEGER),
        "activities?": array(_ACTIVITY),
        # hikari sends a single activity, under the name from before version 8, which Discord still accepts.
        "game?": nullable(_ACTIVITY),
        "status": values("online", "dnd", "idle", "invisible", "offline"),
        "afk": BOOLEAN,
    }
) | {"oneOf": [{"required": ["activities"]}, {"required": ["game"]}]}

RECEIVED: dict[int, Schema] = {
    1: _received(1, nullable(INTEGER)),
    2: _received(
        2,
        structure(
            {
                "token": STRING,
                "properties": structure({"os": STRING, "browser": STRING, "device": STRING}),
                "compress?": BOOLEAN,
                "large_threshold?": {"type": "integer", "minimum": 50, "maximum": 250},
                "shard?": array(INTEGER, at_least=2, at_most=2),
                "presence?": _PRESENCE,
                "intents": {"type": "integer", "minimum": 0},
                # Undocumented; hikari requests with it the data that Discord's own client gets.
                "capabilities?": INTEGER,
            }
        ),
    ),
    3: _received(3, _PRESENCE),
    4: _received(
        4,
        structure({"guild_id": _ID, "channel_id": nullable(_ID), "self_mute": BOOLEAN, "self_deaf": BOOLEAN}),
    ),
    6: _received(6, structure({"token": STRING, "session_id": STRING, "seq": INTEGER})),
    8: _received(
        8,
        structure(
            {
                "guild_id": _ID,
                "query?": STRING,
                "limit?": INTEGER,
                "presences?": BOOLEAN,
                "user_ids?": one_of(_ID, array(_ID, at_most=100)),
                "nonce?": text(32),
            }
        )
        | {"oneOf": [{"required": ["query", "limit"]}, {"required": ["user_ids"]}]},
    ),
    31: _received(31, structure({"guild_ids": array(_ID)})),
    # The documentation has no structure for channel info.
    43: _received(43, ANYTHING),
}
"""Frames sent by an application."""
