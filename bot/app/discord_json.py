"""JSON as it is sent to Discord."""

from __future__ import annotations

import json

import orjson
from hikari.internal.data_binding import JSONArray, JSONObject


def discord_json(value: JSONArray | JSONObject) -> bytes:
    """``value`` in UTF-8. Halves of surrogate pairs, which are in what a model writes as JSON and breaks off, become a
    sign where two belong together, else U+FFFD: Discord refuses them, orjson raises TypeError."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
