"""JSON, as it is everywhere in the sandbox."""

from __future__ import annotations

from typing import Any

import orjson

Json = dict[str, Any]
"""A JSON object as Discord writes it: snowflakes are strings, times are ISO 8601 with an offset."""


def to_json(value: object) -> str:
    """``value`` as compact JSON."""
    return orjson.dumps(value).decode()


def from_json(raw: str | bytes) -> Any:
    """What ``raw`` means.

    Raises:
        ValueError: it is not JSON in UTF-8, or has what others could not be told of it: NaN, infinities, halves of
            surrogate pairs, too deep nesting.
    """
    return orjson.loads(raw)
