"""Events, on their way to the sessions that may receive them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.json_codec import Json


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch of the gateway, before its receivers are determined."""

    name: str
    """Such as MESSAGE_CREATE."""
    data: Json
    """As the most privileged reader sees it; the gateway removes what a bot may not read. Never changed afterwards."""
    guild_id: int | None = None
    """The guild whose members receive it, and which determines the shard; None means shard 0."""
    channel_id: int | None = None
    """Only accounts that can see this channel receive it."""
    intents: Intents = Intents.NONE
    """A bot must have identified with one of these; with NONE, it needs none."""
    to_bot: bool = True
    """Whether the bot receives it."""
    to_people: bool = True
    """Whether people receive it."""
    only_user_id: int | None = None
    """The only person who receives it; None: it is not limited to one."""
    message: bool = False
    """Whether the data is a message, whose content depends on MESSAGE_CONTENT."""


Publish = Callable[[Event], None]
"""Hands an event to the gateway."""
