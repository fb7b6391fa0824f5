"""Corrections where Discord's OpenAPI document differs from Discord's behaviour, or says less than its written
documentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
_PERMISSIONS = frozenset({"permissions", "default_member_permissions", "allow", "deny"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A correction of the document."""

    name: str
    """Its name in reports."""
    reason: str
    """Why the document is not followed here."""
    amend: Callable[[Document], None]
    """A function that changes the document in place."""
    widens: bool = True
    """Whether it accepts something that the document refuses. Such a rule is needed only as long as something passes
    because of it; one that narrows is needed until the document itself says the same."""


def _snowflakes_as_numbers(document: Document) -> None:
    snowflake = _schemas(document)["SnowflakeType"]
    snowflake["type"] = ["string", "integer"]


def _codes_as_words(document: Document) -> None:
    _schemas(document)["Error"]["properties"]["code"] = {"type": ["integer", "string"]}


def _forwards(document: Document) -> None:
    _schemas(document)["MessageReferenceType"] = {"type": "integer", "enum": [0, 1]}


def _permissions_as_text(part: Any) -> None:
    if isinstance(part, list):
        for item in part:
            _permissions_as_text(item)
    elif isinstance(part, dict):
        for name, item in part.items():
            if name in _PERMISSIONS and isinstance(item, dict) and item.get("type") == ["integer", "null"]:
                part[name] = {"anyOf": [item, {"type": "string", "pattern": r"^\d+$"}]}
            else:
                _permissions_as_text(item)


def _rate_limits_without_code(document: Document) -> None:
    schemas = _schemas(document)
    error, more = schemas["RatelimitedResponse"]["allOf"]
    assert error == {"$ref": "#/components/schemas/Error"}
    schemas["RatelimitedResponse"]["allOf"] = [schemas["Error"] | {"required": ["message"]}, more]


def _shorter_content(document: Document) -> None:
    for name in ("BaseCreateMessageCreateRequest", "MessageCreateRequest", "MessageEditRequestPartial"):
        _schemas(document)[name]["properties"]["content"]["maxLength"] = 2000


def _shorter_choices(document: Document) -> None:
    _schemas(document)["ApplicationCommandOptionStringChoice"]["properties"]["value"]["maxLength"] = 100


def _smaller_forms(document: Document) -> None:
    _schemas(document)["ModalInteractionCallbackRequestData"]["properties"]["components"]["maxItems"] = 5


def _schemas(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]
    return found


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
        "permissions may be text",
        "The reference has every set of permissions as text, for they outgrow the numbers of JSON; so has the document "
        "in answers, but in requests it has numbers.",
        _permissions_as_text,
    ),
    Rule(
        "rate limits have a code only at times",
        "The reference of rate limits has `code` as an optional field of a 429, and most come without; "
        "the document demands it.",
        _rate_limits_without_code,
    ),
    Rule(
        "messages can be forwards",
        "Message reference type 1, FORWARD, is in the resource's documentation and not in the document's list.",
        _forwards,
    ),
    Rule(
        "messages have 2000 characters",
        "The reference of creating messages allows 2000, and so do webhooks in the document itself; 4000 is for people "
        "who pay.",
        _shorter_content,
        widens=False,
    ),
    Rule(
        "values of choices have 100 characters",
        "The reference of choices allows 100; the document has the 6000 of the option's own value.",
        _shorter_choices,
        widens=False,
    ),
    Rule(
        "forms have 5 components",
        "The reference of modals allows 5; the document has the 40 of messages.",
        _smaller_forms,
        widens=False,
    ),
)
