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


def _permissions_as_text(schemas: Schemas) -> None:
    for name in (
        "ApplicationCommandCreateRequest",
        "ApplicationCommandPatchRequestPartial",
        "ApplicationCommandUpdateRequest",
    ):
        number = schemas[name]["properties"]["default_member_permissions"]
        text = {"type": "string", "pattern": r"^\d+$"}
        schemas[name]["properties"]["default_member_permissions"] = {"anyOf": [number, text]}


def _rate_limits_without_code(schemas: Schemas) -> None:
    error, more = schemas["RatelimitedResponse"]["allOf"]
    assert error == {"$ref": "#/components/schemas/Error"}
    uncoded = schemas["Error"] | {"required": ["message"]}
    schemas["RatelimitedResponse"]["allOf"] = [uncoded, more]


def _shorter_content(schemas: Schemas) -> None:
    for name in ("BaseCreateMessageCreateRequest", "MessageCreateRequest", "MessageEditRequestPartial"):
        schemas[name]["properties"]["content"]["maxLength"] = 2000


def _shorter_choices(schemas: Schemas) -> None:
    schemas["ApplicationCommandOptionStringChoice"]["properties"]["value"]["maxLength"] = 100


def _smaller_forms(schemas: Schemas) -> None:
    schemas["ModalInteractionCallbackRequestData"]["properties"]["components"]["maxItems"] = 5


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
        "permissions of new commands may be text",
        "The reference of commands has `default_member_permissions` as text, as every bit field is that outgrows 53 bits; "
        "the document has it so in answers, and as a number in requests.",
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
