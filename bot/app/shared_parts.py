"""Checks at the start that several processes can share what they need in common; each error is one sentence."""

from __future__ import annotations

from bot.errors import StarlingError
from bot.errors import translatable as _
from bot.settings import Settings
from bot.storage.database import sqlite_file


class SharedDatabaseNeededError(StarlingError):
    """Raised when several processes are to share an SQLite database."""

    sentence = _(
        "{setting} spreads Starling over several processes, and SQLite is a file for one. Copy it into PostgreSQL with "
        "starling move-database postgresql://user:password@host/name, and set DATABASE_URL to that address."
    )

    def __init__(self, setting: str) -> None:
        super().__init__(setting=setting)


class SharedChatNeededError(StarlingError):
    """Raised when several processes are to answer with the demonstration model."""

    sentence = _(
        "{setting} spreads Starling over several processes, and the demonstration model lives inside of one. Set "
        "OPENAI_BASE_URL and CHAT_MODEL to a chat model that all of them can reach."
    )

    def __init__(self, setting: str) -> None:
        super().__init__(setting=setting)


def require_shared_parts(settings: Settings, setting: str) -> None:
    """Check that each of several processes can reach everything that they share. ``setting``: the one that asks for
    several, such as "GATEWAYS=2".

    Raises:
        SharedDatabaseNeededError, SharedChatNeededError
        DatabaseUnavailableError: DATABASE_URL is not a valid database URL.
    """
    if settings.database_url is None or sqlite_file(settings.database_url) is not None:
        raise SharedDatabaseNeededError(setting)
    if settings.embedded_chat:
        raise SharedChatNeededError(setting)
