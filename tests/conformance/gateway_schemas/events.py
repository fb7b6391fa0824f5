"""The data of every event, by its name: https://discord.com/developers/docs/events/gateway-events"""

from __future__ import annotations

from tests.conformance.gateway_schemas.interactions import INTERACTION
from tests.conformance.gateway_schemas.messages import EMOJI, MESSAGE_EVENT
from tests.conformance.gateway_schemas.notation import (
    ANYTHING,
    BOOLEAN,
    INTEGER,
    SNOWFLAKE,
    STRING,
    TIMESTAMP,
    Schema,
    array,
    nullable,
    structure,
    values,
)
from tests.conformance.gateway_schemas.people import MEMBER, MEMBER_UPDATE, NEW_MEMBER, ROLE, USER
from tests.conformance.gateway_schemas.places import (
    ADDED_THREAD_MEMBER,
    CREATED_GUILD,
    CREATED_THREAD,
    GUILD,
    GUILD_CHANNEL,
    THREAD,
    THREAD_DELETE,
    UNAVAILABLE_GUILD,
)

# Observed; useless to applications.
_TRACE: dict[str, Schema] = {"_trace?": array(STRING)}
_PLACE: dict[str, Schema] = {"channel_id": SNOWFLAKE, "guild_id?": SNOWFLAKE}
_MESSAGE_AT: dict[str, Schema] = _PLACE | {"message_id": SNOWFLAKE}
_REACTION: dict[str, Schema] = _MESSAGE_AT | {
    "user_id": SNOWFLAKE,
    "emoji": EMOJI,
    "burst": BOOLEAN,
    "type": values(0, 1),
}
_VOTE = structure(_MESSAGE_AT | {"user_id": SNOWFLAKE, "answer_id": INTEGER})
_ROLE_OF_GUILD = structure({"guild_id": SNOWFLAKE, "role": ROLE})

EVENTS: dict[str, Schema] = {
    "READY": structure(
        {
            "v": values(10),
            "user": USER,
            "guilds": array(UNAVAILABLE_GUILD),
            "session_id": STRING,
            "resume_gateway_url": {"type": "string", "pattern": "^wss?://"},
            "shard?": array(INTEGER, at_least=2, at_most=2),
            "application": structure({"id": SNOWFLAKE, "flags": INTEGER}),
            # Observed; always empty for applications.
            "private_channels?": array({}, at_most=0),
            # Observed.
            "session_type?": STRING,
        }
        | _TRACE
    ),
    "RESUMED": structure(_TRACE),
    "CHANNEL_CREATE": GUILD_CHANNEL,
    "CHANNEL_UPDATE": GUILD_CHANNEL,
    "CHANNEL_DELETE": GUILD_CHANNEL,
    "CHANNEL_PINS_UPDATE": structure(_PLACE | {"last_pin_timestamp?": nullable(TIMESTAMP)}),
    "THREAD_CREATE": CREATED_THREAD,
    "THREAD_UPDATE": THREAD,
    "THREAD_DELETE": THREAD_DELETE,
    "THREAD_MEMBERS_UPDATE": structure(
        {
            "id": SNOWFLAKE,
            "guild_id": SNOWFLAKE,
            "member_count": {"type": "integer", "minimum": 0, "maximum": 50},
            "added_members?": array(ADDED_THREAD_MEMBER, at_least=1),
            "removed_member_ids?": array(SNOWFLAKE, at_least=1),
        }
    ),
    "GUILD_CREATE": CREATED_GUILD,
    "GUILD_UPDATE": GUILD,
    # For a guild that the bot has left, not one that is only unavailable.
    "GUILD_DELETE": structure({"id": SNOWFLAKE}),
    "GUILD_MEMBER_ADD": NEW_MEMBER,
    "GUILD_MEMBER_UPDATE": MEMBER_UPDATE,
    "GUILD_MEMBERS_CHUNK": structure(
        {
            "guild_id": SNOWFLAKE,
            "members": array(MEMBER, at_most=1000),
            "chunk_index": {"type": "integer", "minimum": 0},
            "chunk_count": {"type": "integer", "minimum": 1},
            # The ids as they were requested, even invalid ones.
            "not_found?": array(ANYTHING),
            "presences?": array(ANYTHING),
            "nonce?": STRING,
        }
    ),
    "GUILD_ROLE_CREATE": _ROLE_OF_GUILD,
    "GUILD_ROLE_UPDATE": _ROLE_OF_GUILD,
    "GUILD_ROLE_DELETE": structure({"guild_id": SNOWFLAKE, "role_id": SNOWFLAKE}),
    "INTERACTION_CREATE": INTERACTION,
    "MESSAGE_CREATE": MESSAGE_EVENT,
    # `tts` is always false here.
    "MESSAGE_UPDATE": MESSAGE_EVENT | {"properties": MESSAGE_EVENT["properties"] | {"tts": values(False)}},
    "MESSAGE_DELETE": structure(_PLACE | {"id": SNOWFLAKE}),
    "MESSAGE_DELETE_BULK": structure(_PLACE | {"ids": array(SNOWFLAKE, at_least=1, at_most=100)}),
    "MESSAGE_REACTION_ADD": structure(
        _REACTION | {"member?": MEMBER, "message_author_id?": SNOWFLAKE, "burst_colors?": array(STRING)}
    ),
    "MESSAGE_REACTION_REMOVE": structure(_REACTION),
    "MESSAGE_REACTION_REMOVE_ALL": structure(_MESSAGE_AT),
    "MESSAGE_REACTION_REMOVE_EMOJI": structure(_MESSAGE_AT | {"emoji": EMOJI}),
    "MESSAGE_POLL_VOTE_ADD": _VOTE,
    "MESSAGE_POLL_VOTE_REMOVE": _VOTE,
    "TYPING_START": structure(_PLACE | {"user_id": SNOWFLAKE, "timestamp": INTEGER, "member?": MEMBER}),
    "USER_UPDATE": USER,
}
