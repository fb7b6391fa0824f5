"""Interactions: https://discord.com/developers/docs/interactions/receiving-and-responding"""

from __future__ import annotations

from tests.conformance.gateway_schemas.messages import ATTACHMENT, MESSAGE, OWNERS
from tests.conformance.gateway_schemas.notation import (
    ANYTHING,
    BITS,
    BOOLEAN,
    INTEGER,
    NUMBER,
    SNOWFLAKE,
    STRING,
    Schema,
    array,
    by_id,
    by_type,
    nullable,
    one_of,
    structure,
    text,
    values,
)
from tests.conformance.gateway_schemas.people import MEMBER_OF_INTERACTION, RESOLVED_MEMBER, ROLE, USER
from tests.conformance.gateway_schemas.places import (
    PARTIAL_DIRECT_CHANNEL,
    PARTIAL_GUILD,
    PARTIAL_GUILD_CHANNEL,
    PARTIAL_THREAD,
)

_CHANNEL = by_type(
    dict.fromkeys((0, 2, 4, 5, 13, 14, 15, 16), PARTIAL_GUILD_CHANNEL)
    | {1: PARTIAL_DIRECT_CHANNEL}
    | dict.fromkeys((10, 11, 12), PARTIAL_THREAD)
)
_RESOLVED = structure(
    {
        "users?": by_id(USER),
        "members?": by_id(RESOLVED_MEMBER),
        "roles?": by_id(ROLE),
        "channels?": by_id(_CHANNEL),
        "messages?": by_id(MESSAGE),
        "attachments?": by_id(ATTACHMENT),
    }
) | {"dependentRequired": {"members": ["users"]}}


def _options(inner: Schema | None, kinds: tuple[int, ...]) -> Schema:
    """Options that have values, and options of the types ``kinds`` that have the ``inner`` options."""
    valued: dict[int, Schema] = {
        kind: structure({"name": STRING, "type": values(kind), "value": value, "focused?": BOOLEAN})
        for kind, value in {
            3: text(6000),
            4: one_of(INTEGER, STRING),
            5: BOOLEAN,
            6: SNOWFLAKE,
            7: SNOWFLAKE,
            8: SNOWFLAKE,
            9: SNOWFLAKE,
            10: one_of(NUMBER, STRING),
            11: SNOWFLAKE,
        }.items()
    }
    for kind in kinds:
        assert inner is not None
        valued[kind] = structure({"name": STRING, "type": values(kind), "options?": inner})
    return array(by_type(valued), at_most=25)


_VALUES = _options(None, ())
_OPTIONS = array(
    one_of(
        _options(_VALUES, (1,))["items"],
        structure({"name": STRING, "type": values(2), "options": _options(_VALUES, (1,))}),
    ),
    at_most=25,
)
_COMMAND_DATA = structure(
    {
        "id": SNOWFLAKE,
        "name": text(32, 1),
        "type": values(1, 2, 3),
        "resolved?": _RESOLVED,
        "options?": _OPTIONS,
        "guild_id?": SNOWFLAKE,
        "target_id?": SNOWFLAKE,
    }
)
_COMPONENT_DATA = structure(
    {
        "custom_id": text(100, 1),
        "component_type": values(2, 3, 5, 6, 7, 8),
        "values?": array(STRING, at_most=25),
        "resolved?": _RESOLVED,
        # Observed.
        "id?": INTEGER,
    }
) | {"if": {"properties": {"component_type": values(2)}}, "else": {"required": ["values"]}}


def _filled_in(kind: int, fields: dict[str, Schema]) -> Schema:
    return structure({"type": values(kind), "id": INTEGER} | fields)


_NAMED: dict[str, Schema] = {"custom_id": text(100, 1)}
_CHOSEN: dict[str, Schema] = _NAMED | {"values": array(STRING, at_most=25)}
_INPUTS = {
    3: _filled_in(3, _CHOSEN),
    4: _filled_in(4, _NAMED | {"value": text(4000)}),
    5: _filled_in(5, _CHOSEN),
    6: _filled_in(6, _CHOSEN),
    7: _filled_in(7, _CHOSEN),
    8: _filled_in(8, _CHOSEN),
    19: _filled_in(19, _NAMED | {"values": array(SNOWFLAKE, at_most=10)}),
    21: _filled_in(21, _NAMED | {"value": nullable(text(100, 1))}),
    22: _filled_in(22, _NAMED | {"values": array(text(100, 1), at_most=10)}),
    23: _filled_in(23, _NAMED | {"value": BOOLEAN}),
}
_MODAL_DATA = structure(
    {
        "custom_id": text(100, 1),
        "components": array(
            by_type(
                {
                    1: _filled_in(1, {"components": array(_INPUTS[4], at_least=1, at_most=1)}),
                    10: _filled_in(10, {}),
                    18: _filled_in(18, {"component": by_type(_INPUTS)}),
                }
            ),
            at_least=1,
            at_most=5,
        ),
        "resolved?": _RESOLVED,
    }
)

_INTERACTION: dict[str, Schema] = {
    "id": SNOWFLAKE,
    "application_id": SNOWFLAKE,
    "guild?": PARTIAL_GUILD,
    "guild_id?": SNOWFLAKE,
    "channel": _CHANNEL,
    "channel_id": SNOWFLAKE,
    "member?": MEMBER_OF_INTERACTION,
    "user?": USER,
    "token": STRING,
    "version": values(1),
    "app_permissions": BITS,
    "locale": STRING,
    "guild_locale?": STRING,
    "entitlements": array(ANYTHING),
    "authorizing_integration_owners": OWNERS | {"minProperties": 1},
    "context": values(0, 1, 2),
    "attachment_size_limit": INTEGER,
    # Observed; older, beside `entitlements`.
    "entitlement_sku_ids?": array(SNOWFLAKE),
}
# A member in guilds, a user elsewhere.
_WHO: Schema = {
    "oneOf": [{"required": ["member", "guild_id", "guild", "guild_locale"]}, {"required": ["user"]}],
}


def _interaction(kind: int, data: Schema, more: dict[str, Schema]) -> Schema:
    return structure(_INTERACTION | {"type": values(kind), "data": data} | more) | _WHO


INTERACTION = by_type(
    {
        2: _interaction(2, _COMMAND_DATA, {}),
        3: _interaction(3, _COMPONENT_DATA, {"message": MESSAGE}),
        4: _interaction(4, _COMMAND_DATA, {}),
        5: _interaction(5, _MODAL_DATA, {"message?": MESSAGE}),
    }
)
