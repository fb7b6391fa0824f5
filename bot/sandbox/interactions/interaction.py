"""One interaction."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from bot.sandbox.model.entities import User
from bot.sandbox.model.enums import CallbackType, InteractionType
from bot.sandbox.model.json_codec import Json


@dataclass
class Interaction:
    """One interaction and how far it has come."""

    id: int
    token: str
    type: InteractionType
    user: User
    channel_id: int
    nonce: str | None
    """What the person's client calls it."""
    data: Json
    """What the bot was given as ``data``."""
    owners: Json
    """Discord's ``authorizing_integration_owners``."""
    source_id: int | None
    """The message whose component was used, also through a modal."""
    origin: Interaction | None
    """Of a submitted modal, the interaction that opened it."""
    began_s: float
    """By the monotonic clock."""
    callback: CallbackType | None = None
    """How it was acknowledged; None until it is."""
    original_id: int | None = None
    """The message that @original means."""
    modal: Json | None = None
    """What was opened, read by ``read_modal``."""
    followups: int = 0
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.began_s
