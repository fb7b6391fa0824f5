"""Users, members and roles: https://discord.com/developers/docs/resources/user and /resources/guild"""

from __future__ import annotations

from tests.conformance.gateway_schemas.notation import (
    ANYTHING,
    BITS,
    BOOLEAN,
    COLOR,
    INTEGER,
    NULL,
    SNOWFLAKE,
    STRING,
    TIMESTAMP,
    Schema,
    array,
    nullable,
    structure,
    text,
)

_USER: dict[str, Schema] = {
    "id": SNOWFLAKE,
    "username": text(32, 2),
    "discriminator": {"type": "string", "pattern": r"^(0|\d{4})$"},
    "global_name": nullable(text(32, 1)),
    "avatar": nullable(STRING),
    "bot?": BOOLEAN,
    "system?": BOOLEAN,
    "mfa_enabled?": BOOLEAN,
    "banner?": nullable(STRING),
    "accent_color?": nullable(COLOR),
    "locale?": STRING,
    "verified?": BOOLEAN,
    "email?": nullable(STRING),
    "flags?": INTEGER,
    "premium_type?": INTEGER,
    "public_flags?": INTEGER,
    "avatar_decoration_data?": nullable(structure({"asset": STRING, "sku_id": SNOWFLAKE})),
    "collectibles?": nullable(structure({"nameplate?": ANYTHING})),
    "primary_guild?": ANYTHING,
}
USER = structure(_USER)

# Without a user, `deaf` and `mute`, as in `resolved`.
_MEMBER: dict[str, Schema] = {
    "nick?": nullable(text(32, 1)),
    "avatar?": nullable(STRING),
    "banner?": nullable(STRING),
    "roles": array(SNOWFLAKE),
    "joined_at": nullable(TIMESTAMP),
    "premium_since?": nullable(TIMESTAMP),
    "flags": INTEGER,
    "pending?": BOOLEAN,
    "communication_disabled_until?": nullable(TIMESTAMP),
    "avatar_decoration_data?": ANYTHING,
    "collectibles?": ANYTHING,
}
_HEARING: dict[str, Schema] = {"deaf": BOOLEAN, "mute": BOOLEAN}
MEMBER = structure(_MEMBER | _HEARING | {"user": USER})
MEMBER_OF_MESSAGE = structure(_MEMBER | _HEARING)
"""The member of a message's author or of one of its ``mentions``, whose user is given beside it."""
MEMBER_OF_INTERACTION = structure(_MEMBER | _HEARING | {"user": USER, "permissions": BITS})
RESOLVED_MEMBER = structure(_MEMBER | {"permissions": BITS})
NEW_MEMBER = structure(_MEMBER | _HEARING | {"user": USER, "guild_id": SNOWFLAKE})
MEMBER_UPDATE = structure(_MEMBER | {"deaf?": BOOLEAN, "mute?": BOOLEAN, "user": USER, "guild_id": SNOWFLAKE})
MENTIONED_USER = structure(_USER | {"member?": MEMBER_OF_MESSAGE})

ROLE = structure(
    {
        "id": SNOWFLAKE,
        "name": text(100, 1),
        "color": COLOR,
        "colors": structure(
            {"primary_color": COLOR, "secondary_color": nullable(COLOR), "tertiary_color": nullable(COLOR)}
        ),
        "hoist": BOOLEAN,
        "icon?": nullable(STRING),
        "unicode_emoji?": nullable(STRING),
        "position": INTEGER,
        "permissions": BITS,
        "managed": BOOLEAN,
        "mentionable": BOOLEAN,
        "tags?": structure(
            {
                "bot_id?": SNOWFLAKE,
                "integration_id?": SNOWFLAKE,
                "premium_subscriber?": NULL,
                "subscription_listing_id?": SNOWFLAKE,
                "available_for_purchase?": NULL,
                "guild_connections?": NULL,
            }
        ),
        "flags": INTEGER,
    }
)
