"""JSON as it is sent to Discord."""

from __future__ import annotations

import json

import orjson
from hikari.internal.data_binding import JSONArray, JSONObject

from bot.conversation.surrogates import without_lone_surrogates


def discord_json(value: JSONArray | JSONObject) -> bytes:
    """``value`` as JSON in UTF-8, made valid by ``without_lone_surrogates`` if necessary: a model that writes JSON and
    breaks off may leave half a surrogate pair. Discord refuses those, and orjson raises TypeError."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return without_lone_surrogates(json.dumps(value, ensure_ascii=False)).encode()
