"""Channels, threads and guilds: https://discord.com/developers/docs/resources/channel and /resources/guild"""

from __future__ import annotations

from tests.conformance.gateway_schemas.notation import (
    ANYTHING,
    BITS,
    BOOLEAN,
    INTEGER,
    SNOWFLAKE,
    STRING,
    TIMESTAMP,
    Schema,
    array,
    nullable,
    structure,
    text,
    values,
)
from tests.conformance.gateway_schemas.people import MEMBER, ROLE, USER

OVERWRITE = structure({"id": SNOWFLAKE, "type": values(0, 1), "allow": BITS, "deny": BITS})

_ANY_CHANNEL: dict[str, Schema] = {
    "id": SNOWFLAKE,
    "last_message_id?": nullable(SNOWFLAKE),
    "last_pin_timestamp?": nullable(TIMESTAMP),
    "flags?": INTEGER,
}
_OF_GUILD: dict[str, Schema] = _ANY_CHANNEL | {
    "guild_id": SNOWFLAKE,
    "name": text(100, 1),
    "parent_id?": nullable(SNOWFLAKE),
    "rate_limit_per_user?": {"type": "integer", "minimum": 0, "maximum": 21_600},
}
_GUILD_CHANNEL: dict[str, Schema] = _OF_GUILD | {
    "type": values(0, 2, 4, 5, 13, 14, 15, 16),
    "position": INTEGER,
    "topic?": nullable(text(4096)),
    "nsfw?": BOOLEAN,
}
GUILD_CHANNEL = structure(_GUILD_CHANNEL | {"permission_overwrites": array(OVERWRITE)})
DIRECT_CHANNEL = structure(_ANY_CHANNEL | {"type": values(1), "recipients": array(USER, at_least=1)})

_THREAD_METADATA = structure(
    {
        "archived": BOOLEAN,
        "auto_archive_duration": values(60, 1440, 4320, 10080),
        "archive_timestamp": TIMESTAMP,
        "locked": BOOLEAN,
        "invitable?": BOOLEAN,
        "create_timestamp?": nullable(TIMESTAMP),
    }
)
_JOINED: dict[str, Schema] = {"join_timestamp": TIMESTAMP, "flags": INTEGER}
_THREAD_MEMBER: dict[str, Schema] = _JOINED | {"id": SNOWFLAKE, "user_id": SNOWFLAKE}
ADDED_THREAD_MEMBER = structure(_THREAD_MEMBER | {"member": MEMBER, "presence": nullable(ANYTHING)})

_THREAD: dict[str, Schema] = _OF_GUILD | {
    "type": values(10, 11, 12),
    "parent_id": SNOWFLAKE,
    "owner_id": SNOWFLAKE,
    "thread_metadata": _THREAD_METADATA,
    "message_count": INTEGER,
    "member_count": {"type": "integer", "minimum": 0, "maximum": 50},
    "total_message_sent": INTEGER,
}
THREAD = structure(_THREAD | {"member?": structure(_THREAD_MEMBER)})
CREATED_THREAD = structure(_THREAD | {"member?": structure(_THREAD_MEMBER), "newly_created?": BOOLEAN})
THREAD_DELETE = structure({"id": SNOWFLAKE, "guild_id": SNOWFLAKE, "parent_id": SNOWFLAKE, "type": values(10, 11, 12)})
# GUILD_CREATE omits the member's ids: they are those of the thread and of the application.
_THREAD_IN_GUILD = structure(_THREAD | {"member?": structure(_JOINED)})

# A channel as interactions contain it; `permissions` are those of the invoking user.
_ASKED: dict[str, Schema] = {"permissions": BITS}
PARTIAL_GUILD_CHANNEL = structure(_GUILD_CHANNEL | _ASKED)
PARTIAL_DIRECT_CHANNEL = structure(
    _ANY_CHANNEL | _ASKED | {"type": values(1), "recipients?": array(USER, at_least=1), "name?": nullable(STRING)}
)
PARTIAL_THREAD = structure(_THREAD | _ASKED | {"member?": structure(_THREAD_MEMBER)})

_GUILD: dict[str, Schema] = {
    "id": SNOWFLAKE,
    "name": text(100, 2),
    "icon": nullable(STRING),
    "splash": nullable(STRING),
    "discovery_splash": nullable(STRING),
    "owner_id": SNOWFLAKE,
    "region?": nullable(STRING),
    "afk_channel_id": nullable(SNOWFLAKE),
    "afk_timeout": values(60, 300, 900, 1800, 3600),
    "widget_enabled?": BOOLEAN,
    "widget_channel_id?": nullable(SNOWFLAKE),
    "verification_level": values(0, 1, 2, 3, 4),
    "default_message_notifications": values(0, 1),
    "explicit_content_filter": values(0, 1, 2),
    "roles": array(ROLE, at_least=1),
    "emojis": array(ANYTHING),
    "features": array(STRING),
    "mfa_level": values(0, 1),
    "application_id": nullable(SNOWFLAKE),
    "system_channel_id": nullable(SNOWFLAKE),
    "system_channel_flags": INTEGER,
    "rules_channel_id": nullable(SNOWFLAKE),
    "max_presences?": nullable(INTEGER),
    "max_members?": INTEGER,
    "vanity_url_code": nullable(STRING),
    "description": nullable(STRING),
    "banner": nullable(STRING),
    "premium_tier": values(0, 1, 2, 3),
    "premium_subscription_count?": INTEGER,
    "preferred_locale": STRING,
    "public_updates_channel_id": nullable(SNOWFLAKE),
    "max_video_channel_users?": INTEGER,
    "max_stage_video_channel_users?": INTEGER,
    "nsfw_level": values(0, 1, 2, 3),
    "stickers?": array(ANYTHING),
    "premium_progress_bar_enabled": BOOLEAN,
    "safety_alerts_channel_id": nullable(SNOWFLAKE),
    "incidents_data": nullable(ANYTHING),
    # Missing in the documentation, but in the OpenAPI document.
    "home_header?": nullable(STRING),
    "nsfw?": BOOLEAN,
    "premium_progress_bar_enabled_user_updated_at?": nullable(TIMESTAMP),
}
GUILD = structure(_GUILD)
UNAVAILABLE_GUILD = structure({"id": SNOWFLAKE, "unavailable": values(True)})
CREATED_GUILD = structure(
    _GUILD
    | {
        "joined_at": TIMESTAMP,
        "large": BOOLEAN,
        "unavailable?": BOOLEAN,
        "member_count": INTEGER,
        "voice_states": array(ANYTHING),
        "members": array(MEMBER, at_least=1),
        "channels": array(GUILD_CHANNEL),
        "threads": array(_THREAD_IN_GUILD),
        "presences": array(ANYTHING),
        "stage_instances": array(ANYTHING),
        "guild_scheduled_events": array(ANYTHING),
        "soundboard_sounds": array(ANYTHING),
    }
)
PARTIAL_GUILD = structure({"id": SNOWFLAKE, "locale": STRING, "features": array(STRING)})
