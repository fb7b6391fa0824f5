"""JSON, as the whole sandbox reads and writes it."""

from __future__ import annotations

from typing import Any

import orjson

Json = dict[str, Any]
"""A JSON object as Discord writes it: snowflakes are strings, times are ISO 8601 with an offset."""


def to_json(value: object) -> str:
    """``value`` as compact JSON."""
    return orjson.dumps(value).decode()


def from_json(raw: str | bytes) -> Any:
    """Parse ``raw``.

    Raises:
        ValueError: it is not JSON in UTF-8, or contains what could not be passed on: NaN, infinities, halves of
            surrogate pairs, too deep nesting.
    """
    return orjson.loads(raw)
