"""What happens, on its way to whoever may know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.gateway.intents import Intents
from bot.sandbox.model.json_codec import Json


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch of the gateway, before it is known who gets it.

    Attributes:
        name: such as MESSAGE_CREATE.
        data: as the most privileged reader sees it; the gateway takes away what a bot may not read. Never changed
            afterwards.
        guild_id: whose members it concerns, and by which the shard is chosen; None is shard 0.
        channel_id: who cannot see this channel is not told.
        intents: what a bot must have asked for; NONE means that it needs none.
        to_bot: whether the bot is told.
        to_people: whether people are told.
        only_user_id: the only person to be told, if there is but one.
        message: the data is a message, of which MESSAGE_CONTENT decides.
    """

    name: str
    data: Json
    guild_id: int | None = None
    channel_id: int | None = None
    intents: Intents = Intents.NONE
    to_bot: bool = True
    to_people: bool = True
    only_user_id: int | None = None
    message: bool = False


Publish = Callable[[Event], None]
"""Hands an event to the gateway."""
