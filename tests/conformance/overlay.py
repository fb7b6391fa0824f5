"""Where Discord's OpenAPI document is not what Discord does, or says less than its written documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Schemas = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One correction of the document.

    Attributes:
        name: how a report calls it.
        reason: why the document is not followed here.
        amend: changes the document's ``components.schemas`` in place.
        widens: whether it lets pass what the document refuses. Such a rule is needed only as long as something passes
            because of it; one that narrows is needed as long as the document does not say the same.
    """

    name: str
    reason: str
    amend: Callable[[Schemas], None]
    widens: bool = True


def _snowflakes_as_numbers(schemas: Schemas) -> None:
    schemas["SnowflakeType"] = schemas["SnowflakeType"] | {"type": ["string", "integer"]}


def _codes_as_words(schemas: Schemas) -> None:
    schemas["Error"]["properties"]["code"] = {"type": ["integer", "string"]}


def _forwards(schemas: Schemas) -> None:
    schemas["MessageReferenceType"] = {"type": "integer", "enum": [0, 1]}


RULES = (
    Rule(
        "ids of attachments may be numbers",
        "The reference of uploading files counts them with plain numbers (`attachments[].id`), and hikari sends those.",
        _snowflakes_as_numbers,
    ),
    Rule(
        "codes of fields are words",
        "The reference of error messages shows words such as BASE_TYPE_REQUIRED within `errors`, the document numbers.",
        _codes_as_words,
    ),
    Rule(
        "messages can be forwards",
        "Message reference type 1, FORWARD, is in the resource's documentation and not in the document's list.",
        _forwards,
    ),
)
