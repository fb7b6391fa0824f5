"""An additional endpoint of chat models, as the host configures it."""

from __future__ import annotations

import os

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field

from bot.settings.errors import ENDPOINT_NAME
from bot.settings.values import Address, Extra, Headers, Prices


class ChatEndpoint(BaseModel):
    """An additional endpoint: one item of ``CHAT_ENDPOINTS``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=ENDPOINT_NAME)
    """Its models are known as ``name/model``."""
    base_url: Address
    key: str = ""
    """The name of the variable, in the environment or in ``.env``, that holds its API key; empty if it needs no key."""
    models: tuple[str, ...] = ()
    """The models that may be chosen; if empty, all that the endpoint lists."""
    prices: dict[str, Prices] = {}
    """Like ``CHAT_PRICES``."""
    context: int | None = Field(None, ge=512)
    """Like ``CHAT_CONTEXT_TOKENS``; None uses that setting's value."""
    extra: Extra = {}
    """Like ``CHAT_EXTRA``."""
    headers: Headers = {}
    """Like ``CHAT_HEADERS``."""

    @property
    def api_key(self) -> str:
        """The value of the variable named by ``key``; empty if it is not set."""
        return (os.environ.get(self.key) or dotenv_values(".env").get(self.key) or "") if self.key else ""
