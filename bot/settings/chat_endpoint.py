"""A further endpoint of chat models, as the host sets it."""

from __future__ import annotations

import os

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field

from bot.settings.errors import ENDPOINT_NAME
from bot.settings.values import Address, Extra, Headers, Prices


class ChatEndpoint(BaseModel):
    """A further endpoint, as an item of ``CHAT_ENDPOINTS``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=ENDPOINT_NAME)
    """Its models are known as ``name/model``."""
    base_url: Address
    key: str = ""
    """The name of the variable with its key, in the environment or in ``.env``; without one, it needs none."""
    models: tuple[str, ...] = ()
    """Those that may be chosen; without any, all that it lists."""
    prices: dict[str, Prices] = {}
    """As ``CHAT_PRICES``."""
    context: int | None = Field(None, ge=512)
    """As ``CHAT_CONTEXT_TOKENS``; None: the same."""
    extra: Extra = {}
    """As ``CHAT_EXTRA``."""
    headers: Headers = {}
    """As ``CHAT_HEADERS``."""

    @property
    def api_key(self) -> str:
        """What the variable says; empty where it is not set."""
        return (os.environ.get(self.key) or dotenv_values(".env").get(self.key) or "") if self.key else ""
