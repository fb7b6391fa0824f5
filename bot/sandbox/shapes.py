"""The type of JSON objects, here and everywhere in the sandbox."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""A JSON object as Discord writes it: snowflakes are strings, times are ISO 8601 with an offset."""
