"""JSON as it is sent to Discord."""

from __future__ import annotations

import json

import orjson
from hikari.internal.data_binding import JSONArray, JSONObject

from bot.conversation.whole_signs import with_whole_signs


def discord_json(value: JSONArray | JSONObject) -> bytes:
    """``value`` in UTF-8, ``with_whole_signs``: halves are in what a model writes as JSON and breaks off. Discord
    refuses them, orjson raises TypeError."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return with_whole_signs(json.dumps(value, ensure_ascii=False)).encode()
