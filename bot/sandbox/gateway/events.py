"""What happens, on its way to whoever may know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.json_codec import Json


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch of the gateway, before it is known who gets it."""

    name: str
    """Such as MESSAGE_CREATE."""
    data: Json
    """As the most privileged reader sees it; the gateway takes away what a bot may not read. Never changed
    afterwards."""
    guild_id: int | None = None
    """Whose members it concerns, and by which the shard is chosen; None is shard 0."""
    channel_id: int | None = None
    """Who cannot see this channel is not told."""
    intents: Intents = Intents.NONE
    """What a bot must have asked for; NONE means that it needs none."""
    to_bot: bool = True
    """Whether the bot is told."""
    to_people: bool = True
    """Whether people are told."""
    only_user_id: int | None = None
    """The only person to be told, if there is but one."""
    message: bool = False
    """The data is a message, of which MESSAGE_CONTENT decides."""


Publish = Callable[[Event], None]
"""Hands an event to the gateway."""
