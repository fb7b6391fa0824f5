"""Messages and what is in them: https://discord.com/developers/docs/resources/message and /components/reference"""

from __future__ import annotations

from tests.conformance.gateway_schemas.notation import (
    BOOLEAN,
    COLOR,
    INTEGER,
    NUMBER,
    SNOWFLAKE,
    STRING,
    TIMESTAMP,
    Schema,
    array,
    by_type,
    nullable,
    one_of,
    structure,
    text,
    values,
)
from tests.conformance.gateway_schemas.people import MEMBER_OF_MESSAGE, MENTIONED_USER, USER
from tests.conformance.gateway_schemas.places import THREAD

EMOJI = structure({"id": nullable(SNOWFLAKE), "name": nullable(STRING), "animated?": BOOLEAN})
_COMPONENT_EMOJI = structure({"id?": nullable(SNOWFLAKE), "name": STRING, "animated?": BOOLEAN})

ATTACHMENT = structure(
    {
        "id": SNOWFLAKE,
        "filename": text(1024, 1),
        "title?": STRING,
        "description?": text(1024),
        "content_type?": STRING,
        "size": INTEGER,
        "url": STRING,
        "proxy_url": STRING,
        "height?": nullable(INTEGER),
        "width?": nullable(INTEGER),
        "ephemeral?": BOOLEAN,
        "duration_secs?": NUMBER,
        "waveform?": text(400),
        "flags?": INTEGER,
    }
)

_IMAGE = structure(
    {
        "url": STRING,
        "proxy_url?": STRING,
        "height?": INTEGER,
        "width?": INTEGER,
        "content_type?": STRING,
        "flags?": INTEGER,
    }
)
EMBED = structure(
    {
        "title?": text(256),
        "type": STRING,
        "description?": text(4096),
        "url?": STRING,
        "timestamp?": TIMESTAMP,
        "color?": COLOR,
        "footer?": structure({"text": text(2048), "icon_url?": STRING, "proxy_icon_url?": STRING}),
        "image?": _IMAGE,
        "thumbnail?": _IMAGE,
        "author?": structure({"name": text(256), "url?": STRING, "icon_url?": STRING, "proxy_icon_url?": STRING}),
        "fields?": array(structure({"name": text(256), "value": text(1024), "inline?": BOOLEAN}), at_most=25),
    }
)

_CUSTOM_ID = text(100, 1)


def _component(kind: int, fields: dict[str, Schema]) -> Schema:
    return structure({"type": values(kind), "id": INTEGER} | fields)


_MEDIA = structure(
    {
        "url": STRING,
        "proxy_url?": STRING,
        "height?": nullable(INTEGER),
        "width?": nullable(INTEGER),
        "placeholder?": STRING,
        "placeholder_version?": INTEGER,
        "content_type?": STRING,
        "flags?": INTEGER,
        "attachment_id?": SNOWFLAKE,
        # Missing in the documentation, but in the OpenAPI document.
        "id?": SNOWFLAKE,
        "loading_state?": INTEGER,
    }
)
_BUTTON = _component(
    2,
    {
        "style": values(1, 2, 3, 4, 5, 6),
        "label?": text(80),
        "emoji?": _COMPONENT_EMOJI,
        "custom_id?": _CUSTOM_ID,
        "sku_id?": SNOWFLAKE,
        "url?": text(512),
        "disabled?": BOOLEAN,
    },
)
_MENU: dict[str, Schema] = {
    "custom_id": _CUSTOM_ID,
    "placeholder?": text(150),
    "min_values?": {"type": "integer", "minimum": 0, "maximum": 25},
    "max_values?": {"type": "integer", "minimum": 1, "maximum": 25},
    "disabled?": BOOLEAN,
    "required?": BOOLEAN,
}
_OPTION = structure(
    {
        "label": text(100, 1),
        "value": text(100, 1),
        "description?": text(100),
        "emoji?": _COMPONENT_EMOJI,
        "default?": BOOLEAN,
    }
)
_PRESET: dict[str, Schema] = {
    "default_values?": array(structure({"id": SNOWFLAKE, "type": values("user", "role", "channel")}))
}
_SELECTS = {
    3: _component(3, _MENU | {"options": array(_OPTION, at_least=1, at_most=25)}),
    5: _component(5, _MENU | _PRESET),
    6: _component(6, _MENU | _PRESET),
    7: _component(7, _MENU | _PRESET),
    8: _component(8, _MENU | _PRESET | {"channel_types?": array(INTEGER)}),
}
_ROW = _component(1, {"components": array(by_type({2: _BUTTON} | _SELECTS), at_least=1, at_most=5)})
_TEXT = _component(10, {"content": text(4000, 1)})
_PICTURE: dict[str, Schema] = {"media": _MEDIA, "description?": nullable(text(1024)), "spoiler?": BOOLEAN}
_WITHIN = {
    1: _ROW,
    9: _component(
        9,
        {
            "components": array(_TEXT, at_least=1, at_most=3),
            "accessory": by_type({2: _BUTTON, 11: _component(11, _PICTURE)}),
        },
    ),
    10: _TEXT,
    12: _component(12, {"items": array(structure(_PICTURE), at_least=1, at_most=10)}),
    13: _component(13, {"file": _MEDIA, "spoiler?": BOOLEAN, "name": STRING, "size": INTEGER}),
    14: _component(14, {"divider?": BOOLEAN, "spacing?": values(1, 2)}),
}
_CONTAINER = _component(
    17,
    {
        "components": array(by_type(_WITHIN), at_least=1),
        "accent_color?": nullable(COLOR),
        "spoiler?": BOOLEAN,
    },
)
COMPONENT = by_type(_WITHIN | {17: _CONTAINER})

_REACTION = structure(
    {
        "count": INTEGER,
        "count_details": structure({"burst": INTEGER, "normal": INTEGER}),
        "me": BOOLEAN,
        "me_burst": BOOLEAN,
        "emoji": EMOJI,
        "burst_colors": array(STRING),
    }
)
_POLL_MEDIA = structure({"text": text(300, 1), "emoji?": _COMPONENT_EMOJI})
_POLL = structure(
    {
        "question": _POLL_MEDIA,
        "answers": array(structure({"answer_id": INTEGER, "poll_media": _POLL_MEDIA}), at_least=1, at_most=10),
        "expiry": nullable(TIMESTAMP),
        "allow_multiselect": BOOLEAN,
        "layout_type": values(1),
        "results?": structure(
            {
                "is_finalized": BOOLEAN,
                "answer_counts": array(structure({"id": INTEGER, "count": INTEGER, "me_voted": BOOLEAN})),
            }
        ),
    }
)
_REFERENCE = structure(
    {"type": values(0, 1), "channel_id": SNOWFLAKE, "message_id?": SNOWFLAKE, "guild_id?": SNOWFLAKE}
)

OWNERS = structure({"0?": SNOWFLAKE, "1?": SNOWFLAKE})
_INVOKED: dict[str, Schema] = {
    "id": SNOWFLAKE,
    "user": USER,
    "authorizing_integration_owners": OWNERS,
    "original_response_message_id?": SNOWFLAKE,
}
_OF_COMMAND = structure(
    _INVOKED
    | {
        "type": values(2),
        "target_user?": USER,
        "target_message_id?": SNOWFLAKE,
    }
)
_OF_COMPONENT = structure(_INVOKED | {"type": values(3), "interacted_message_id": SNOWFLAKE})
_OF_MODAL = structure(
    _INVOKED | {"type": values(5), "triggering_interaction_metadata": by_type({2: _OF_COMMAND, 3: _OF_COMPONENT})}
)

_CONTENT: dict[str, Schema] = {
    "type": {"type": "integer", "minimum": 0, "maximum": 46},
    "content": text(4000),
    "mentions": array(MENTIONED_USER),
    "mention_roles": array(SNOWFLAKE),
    "attachments": array(ATTACHMENT, at_most=10),
    "embeds": array(EMBED, at_most=10),
    "components": array(COMPONENT, at_most=40),
    "timestamp": TIMESTAMP,
    "edited_timestamp": nullable(TIMESTAMP),
    "flags": INTEGER,
}
_SNAPSHOT = structure({"message": structure(_CONTENT)})
_MESSAGE: dict[str, Schema] = _CONTENT | {
    "id": SNOWFLAKE,
    "channel_id": SNOWFLAKE,
    "author": USER,
    "tts": BOOLEAN,
    "mention_everyone": BOOLEAN,
    "reactions?": array(_REACTION, at_least=1),
    "nonce?": one_of(text(25), INTEGER),
    "pinned": BOOLEAN,
    "webhook_id?": SNOWFLAKE,
    "application_id?": SNOWFLAKE,
    "message_reference?": _REFERENCE,
    "message_snapshots?": array(_SNAPSHOT, at_least=1),
    "interaction_metadata?": by_type({2: _OF_COMMAND, 3: _OF_COMPONENT, 5: _OF_MODAL}),
    "interaction?": structure(
        {"id": SNOWFLAKE, "type": values(2), "name": STRING, "user": USER, "member?": MEMBER_OF_MESSAGE}
    ),
    "thread?": THREAD,
    "position?": INTEGER,
    "poll?": _POLL,
}
_REPLIED_TO = structure(_MESSAGE)
# Only replies, the first messages of threads, and answers to context menu commands contain the message they refer to.
_SHOWN_WITH_REFERENCE: Schema = {
    "if": {"required": ["referenced_message"]},
    "then": {"properties": {"type": values(19, 21, 23)}},
}
MESSAGE = structure(_MESSAGE | {"referenced_message?": nullable(_REPLIED_TO)}) | _SHOWN_WITH_REFERENCE
MESSAGE_EVENT = (
    structure(
        _MESSAGE
        | {
            "referenced_message?": nullable(_REPLIED_TO),
            "guild_id?": SNOWFLAKE,
            "member?": MEMBER_OF_MESSAGE,
            # Observed.
            "channel_type?": INTEGER,
        }
    )
    | _SHOWN_WITH_REFERENCE
    # Webhook messages have no member, and neither have messages outside guilds or ephemeral ones.
    | {"dependentRequired": {"member": ["guild_id"]}, "not": {"required": ["member", "webhook_id"]}}
)
