"""Which events a bot has asked for, and how much of a message it may read."""

from __future__ import annotations

from enum import IntFlag

from bot.sandbox.model.json_codec import Json


class Intents(IntFlag):
    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_EXPRESSIONS = 1 << 3
    GUILD_INTEGRATIONS = 1 << 4
    GUILD_WEBHOOKS = 1 << 5
    GUILD_INVITES = 1 << 6
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    GUILD_SCHEDULED_EVENTS = 1 << 16
    AUTO_MODERATION_CONFIGURATION = 1 << 20
    AUTO_MODERATION_EXECUTION = 1 << 21
    GUILD_MESSAGE_POLLS = 1 << 24
    DIRECT_MESSAGE_POLLS = 1 << 25


ALL_INTENTS = (1 << 26) - 1
"""Every bit that Discord accepts; any other is refused with close code 4013."""

MESSAGES_IN = {True: Intents.GUILD_MESSAGES, False: Intents.DIRECT_MESSAGES}
"""By whether the message is in a guild."""
REACTIONS_IN = {True: Intents.GUILD_MESSAGE_REACTIONS, False: Intents.DIRECT_MESSAGE_REACTIONS}
TYPING_IN = {True: Intents.GUILD_MESSAGE_TYPING, False: Intents.DIRECT_MESSAGE_TYPING}

_GATED: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


def without_content(payload: Json, application_id: int, *, direct: bool) -> Json:
    """The message as an application without MESSAGE_CONTENT sees it.

    Its own messages, direct messages with it (``direct``) and messages that mention it are still shown in full.
    """
    own = payload["author"]["id"] == str(application_id)
    mentioned = any(user["id"] == str(application_id) for user in payload["mentions"])
    if own or direct or mentioned:
        return payload
    gated = payload | _GATED
    gated.pop("poll", None)
    if "message_snapshots" in gated:
        gated["message_snapshots"] = [{"message": s["message"] | _GATED} for s in gated["message_snapshots"]]
    if nested := gated.get("referenced_message"):
        gated["referenced_message"] = without_content(nested, application_id, direct=direct)
    return gated
