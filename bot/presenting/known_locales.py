"""The languages people use Discord in.

A message does not say its author's language, an interaction does: what the last one said is remembered.
"""

from __future__ import annotations

import hikari
import lightbulb

from bot.storage.settings import SettingsStore

_NAME = "locale"
_MOST_CACHED = 10_000


class KnownLocales:
    """Locales by user, stored, with a bounded cache in front."""

    def __init__(self, store: SettingsStore) -> None:
        self._store = store
        self._cache: dict[int, str | None] = {}

    async def of(self, user: hikari.Snowflakeish, default: str) -> str:
        """The Discord locale that ``user`` was last seen with, or ``default``."""
        user = int(user)
        if user not in self._cache:
            stored = await self._store.get("user", user, _NAME)
            self._keep(user, stored if isinstance(stored, str) else None)
        return self._cache[user] or default

    async def remember(self, user: hikari.Snowflakeish, locale: str) -> None:
        """Note that ``user`` uses Discord in ``locale``."""
        user = int(user)
        if self._cache.get(user) != locale:
            await self._store.set("user", user, _NAME, locale)
            self._keep(user, locale)

    def _keep(self, user: int, locale: str | None) -> None:
        if len(self._cache) >= _MOST_CACHED:
            del self._cache[next(iter(self._cache))]
        self._cache[user] = locale

    @property
    def hook(self) -> lightbulb.ExecutionHook:
        """Remembers the locale of everyone who runs a command; afterwards, so that nobody waits for it."""

        @lightbulb.hook(lightbulb.ExecutionSteps.POST_INVOKE)
        async def remember(_: lightbulb.ExecutionPipeline, context: lightbulb.Context) -> None:
            await self.remember(context.user.id, str(context.interaction.locale))

        return remember
