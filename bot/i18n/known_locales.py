"""The languages people use Discord in.

A message does not carry its author's locale, but an interaction does: the locale of a user's last one is remembered.
For users who have had none, it is guessed from the language they last spoke or wrote, in memory only.
"""

from __future__ import annotations

from dataclasses import replace

import hikari
import lightbulb
from cachetools import LRUCache

from bot.i18n.translation import catalogues, language_of
from bot.preferences.preferences import Preferences

SOURCE = "en"
"""The language in which the sentences are written."""
_MAX_UNSAVED, _MAX_GUESSED = 10_000, 10_000


class KnownLocales:
    """Stores the locale of each user."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._unsaved: LRUCache[int, str] = LRUCache(_MAX_UNSAVED)
        self._guessed: LRUCache[int, str] = LRUCache(_MAX_GUESSED)

    async def of(self, user: hikari.Snowflakeish, default: str) -> str:
        """The Discord locale that ``user`` was last seen with, or else the guessed one, or else ``default``."""
        return await self._known(user) or self._guessed.get(user) or default

    async def guess(self, user: hikari.Snowflakeish, language: str, default: str) -> str:
        """The Discord locale of ``user``, who has just used ``language`` (BCP-47). If it is not known, ``language`` is
        assumed and remembered if Starling speaks it; else the earlier guess or ``default`` is returned."""
        if (known := await self._known(user)) is not None:
            return known
        if language_of(language) in {*catalogues(), SOURCE}:
            self._guessed[user] = language
        return self._guessed.get(user) or default

    async def _known(self, user: int) -> str | None:
        return self._unsaved.get(user) or (await self._preferences.user(user)).locale

    @property
    def hooks(self) -> list[lightbulb.ExecutionHook]:
        """Remember the locale of everyone who runs a command; it is stored afterwards, so that nobody waits for it."""

        @lightbulb.hook(lightbulb.ExecutionSteps.PRE_INVOKE)
        def note(_: lightbulb.ExecutionPipeline, context: lightbulb.Context) -> None:
            self._unsaved[context.user.id] = str(context.interaction.locale)

        @lightbulb.hook(lightbulb.ExecutionSteps.POST_INVOKE)
        async def save(_: lightbulb.ExecutionPipeline, context: lightbulb.Context) -> None:
            user = context.user.id
            if (locale := self._unsaved.get(user)) is not None:
                await self._preferences.change_user(user, lambda chosen: replace(chosen, locale=locale))
                # Until it is stored, the locale is known only from ``_unsaved``.
                if self._unsaved.get(user) == locale:
                    del self._unsaved[user]

        return [note, save]
