"""JSON, as it is everywhere in the sandbox."""

from __future__ import annotations

import json
from typing import Any, NoReturn

Json = dict[str, Any]
"""A JSON object as Discord writes it: snowflakes are strings, times are ISO 8601 with an offset."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_json(value: object) -> str:
    """``value`` as compact JSON."""
    return _ENCODER.encode(value)


def from_json(raw: str | bytes) -> Any:
    """What ``raw`` means.

    Raises:
        ValueError: it is not JSON, or has what others could not be told of it: NaN, infinities, halves of surrogate
            pairs, too deep nesting.
    """
    text = raw if isinstance(raw, str) else raw.decode()
    try:
        value = json.loads(text, parse_constant=_refuse)
        # Only an escape can bring half a pair.
        if "\\u" in text:
            to_json(value).encode()
    except RecursionError as error:
        raise ValueError("The JSON is nested too deeply.") from error
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")
