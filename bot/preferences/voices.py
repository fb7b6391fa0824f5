"""The voices that people and servers have chosen."""

from __future__ import annotations

from typing import Literal

import hikari

from audio import Synthesizer, UnknownVoiceError
from bot.preferences.store import Scope, SettingsStore

_NAME = "voice"


class ChosenVoices:
    """Names of voices by user and by guild, stored."""

    def __init__(self, store: SettingsStore, synthesizer: Synthesizer) -> None:
        self._store = store
        self._synthesizer = synthesizer

    async def of(self, user: hikari.Snowflakeish, guild: hikari.Snowflakeish | None) -> str | None:
        """The voice for what ``user`` hears in ``guild``: their own, or else the guild's; None leaves it to the
        language. A voice that can no longer be had is passed over."""
        scopes: list[tuple[Scope, hikari.Snowflakeish | None]] = [("user", user), ("guild", guild)]
        for scope, id_ in scopes:
            name = None if id_ is None else await self._store.get(scope, int(id_), _NAME)
            if isinstance(name, str) and await self._synthesizer.has_voice(name):
                return name
        return None

    async def choose(self, scope: Literal["user", "guild"], id_: hikari.Snowflakeish, voice: str | None) -> None:
        """Set the voice of a user or a guild; None leaves it to the language again.

        Raises:
            UnknownVoiceError: there is no such voice.
        """
        if voice is None:
            await self._store.reset(scope, int(id_), _NAME)
        elif await self._synthesizer.has_voice(voice):
            await self._store.set(scope, int(id_), _NAME, voice)
        else:
            raise UnknownVoiceError(voice)
