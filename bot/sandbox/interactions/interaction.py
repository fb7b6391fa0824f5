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
    """One interaction and its progress."""

    id: int
    token: str
    type: InteractionType
    user: User
    channel_id: int
    nonce: str | None
    """The nonce that the person's client gave it."""
    data: Json
    """The ``data`` that the bot received."""
    owners: Json
    """Discord's ``authorizing_integration_owners``."""
    source_id: int | None
    """The message whose component was used, directly or through a modal."""
    origin: Interaction | None
    """For a submitted modal, the interaction that opened it."""
    began_s: float
    """When it began, by the monotonic clock."""
    callback: CallbackType | None = None
    """How it was acknowledged; None until it is."""
    original_id: int | None = None
    """The message that @original refers to."""
    modal: Json | None = None
    """The modal that was opened, as read by ``read_modal``; None once it is submitted."""
    followups: int = 0
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.began_s
