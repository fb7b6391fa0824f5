"""JSON schemas in the notation of Discord's tables: ``field?`` may be absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

ANYTHING: Schema = {}
STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
SNOWFLAKE: Schema = {"type": "string", "pattern": r"^(0|[1-9]\d{0,19})$"}
BITS: Schema = {"type": "string", "pattern": r"^\d+$"}
"""A bit field that may need more than 53 bits, such as permissions."""
TIMESTAMP: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d$",
}
COLOR: Schema = {"type": "integer", "minimum": 0, "maximum": 0xFFFFFF}


def structure(fields: Mapping[str, Schema]) -> Schema:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": {name.removesuffix("?"): schema for name, schema in fields.items()},
        "required": [name for name in fields if not name.endswith("?")],
        "additionalProperties": False,
    }


def array(of: Schema, *, at_least: int = 0, at_most: int | None = None) -> Schema:
    bounds = {"minItems": at_least} | ({} if at_most is None else {"maxItems": at_most})
    return {"type": "array", "items": of} | bounds


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, NULL]}


def one_of(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def by_type(of: Mapping[int, Schema]) -> Schema:
    """One schema for each value of the object's ``type``, so that a report names the fault and not the alternatives."""
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(of)}},
        "allOf": [
            {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": schema}
            for kind, schema in of.items()
        ],
    }


def values(*allowed: int | str) -> Schema:
    return {"enum": list(allowed)}


def by_id(of: Schema) -> Schema:
    """A map whose keys are snowflakes."""
    return {"type": "object", "propertyNames": SNOWFLAKE, "additionalProperties": of}


def text(longest: int, shortest: int = 0) -> Schema:
    """A string of ``shortest`` to ``longest`` characters."""
    return {"type": "string", "minLength": shortest, "maxLength": longest}
